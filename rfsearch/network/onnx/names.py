"""Names of ONNX operators, by what all those of a kind have in common."""

from __future__ import annotations


def names(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


# Activation functions and their parts; every reader expects these to be passed through.
ACTIVATIONS = names("""
    Relu LeakyRelu Sigmoid Tanh Clip HardSigmoid HardSwish Elu Selu Celu Gelu Mish Swish Softplus
    Softsign ThresholdedRelu Erf Identity Dropout Cast CastLike
    com.microsoft.Gelu com.microsoft.QuickGelu com.microsoft.QLinearSigmoid
    com.microsoft.QLinearLeakyRelu com.microsoft.nchwc.ReorderInput
""")

# Elementwise as well, but worth a word when they are passed over.
POINTWISE = names("""
    Abs Neg Exp Log Sqrt Reciprocal Floor Ceil Round Sign Sin Cos Tan Asin Acos Atan Sinh Cosh
    Asinh Acosh Atanh Not IsNaN IsInf BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot Shrink
    Bernoulli QuantizeLinear DequantizeLinear Where Equal Greater GreaterOrEqual Less LessOrEqual
    And Or Xor Mod Trilu com.microsoft.QuantizeLinear com.microsoft.DequantizeLinear
""")

# Of these the first input is the tensor; what else they read says only how.
FIRST_ALONE = names("CastLike QuantizeLinear DequantizeLinear Trilu Dropout Clip Shrink")

# Activations of the first input with what was learned in the second.
TUNED = names("PRelu com.microsoft.BiasGelu com.microsoft.FastGelu com.microsoft.BiasAdd")

SOFTMAXES = names("Softmax LogSoftmax Hardmax com.microsoft.QLinearSoftmax")

REDUCTIONS = names("""
    ReduceMean ReduceMax ReduceMin ReduceSum ReduceProd ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceSumSquare com.microsoft.QLinearReduceMean
""")

GLOBAL_POOLS = names("""
    GlobalAveragePool GlobalMaxPool GlobalLpPool com.microsoft.QLinearGlobalAveragePool
    com.microsoft.nchwc.GlobalAveragePool com.microsoft.nchwc.GlobalMaxPool
""")

# What may stand between the input and the Transpose that shows where its channels are.
BEFORE_LAYOUT = names("""
    Add Sub Mul Div Cast Identity Clip QuantizeLinear DequantizeLinear Neg Abs Sqrt Pow
""")

# Of constants: the shape is that of the first input.
SAME_SHAPE = names("""
    Identity Cast CastLike Abs Neg Exp Log Sqrt Reciprocal Floor Ceil Round Sign Not Relu Sigmoid
    Tanh Erf Sin Cos Tan Softmax Clip CumSum Trilu EyeLike QuantizeLinear DequantizeLinear
    ScatterND ScatterElements Scatter BitwiseNot IsNaN IsInf
""")

# Of constants: the shape is that of all inputs, broadcast.
BROADCAST = names("""
    Add Sub Mul Div Mod Pow Min Max Sum Mean Where Equal Greater GreaterOrEqual Less LessOrEqual
    And Or Xor BitwiseAnd BitwiseOr BitwiseXor BitShift
""")

# Nothing is computed: values are only seen under another shape.
VIEWS = names("Reshape Transpose Squeeze Unsqueeze Flatten Slice")
