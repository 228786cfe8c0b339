"""What each Keras layer and operation does, by the name of its class.

Each function takes the call and the reading so far, and returns its tensor, or a list of them.
NotFollowed where it cannot be followed: then it is taken to see everything. What is not named here
is traced inside if it is made of others, or is taken to see everything.
"""

from __future__ import annotations

from rfsearch.network.keras.call import Call
from rfsearch.network.keras.layout import LAYOUT
from rfsearch.network.keras.products import PRODUCTS, softmax
from rfsearch.network.keras.reading import Made, Operator, Reading
from rfsearch.network.keras.windows import WINDOWS

# Elementwise layers, and those that do nothing but while training.
_SILENT = (
    "Activation", "ReLU", "LeakyReLU", "ELU", "Identity", "Dropout", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout", "GaussianNoise",
    "ActivityRegularization", "Rescaling", "Normalization", "Masking", "InputLayer",
    "RandomFlip", "RandomCrop", "RandomTranslation", "RandomRotation", "RandomZoom",
    "RandomContrast", "RandomBrightness", "RandomErasing", "RandomHue", "RandomSaturation",
)  # fmt: skip
_POINTWISE = (
    "Relu", "Relu6", "Sigmoid", "SparseSigmoid", "Softplus", "Softsign", "SoftShrink",
    "SparsePlus", "Silu", "Squareplus", "LogSigmoid", "LeakyRelu", "HardSigmoid", "HardSilu",
    "Elu", "Selu", "Gelu", "Celu", "TanhShrink", "HardTanh", "HardShrink", "Threshold",
    "Absolute", "Abs", "Fabs", "Ceil", "Clip", "Copy", "Cos", "Sin", "Tan", "Tanh", "Cosh", "Sinh",
    "Exp", "Exp2", "Expm1", "Floor", "Log", "Log10", "Log1p", "Log2", "NanToNum", "Reciprocal",
    "Round", "Sign", "Negative", "Square", "Sqrt", "Rsqrt", "Erf", "Erfc", "Trunc", "Cast",
    "SaturateCast", "StopGradient", "ConvertToTensor", "Power", "Arctan", "Arctanh", "Cbrt",
)  # fmt: skip
_SUMS = ("Add", "Subtract", "Average", "Maximum", "Minimum", "Where", "Logaddexp", "Fmax", "Fmin")
_PRODUCTS = ("Multiply", "Divide", "TrueDivide", "DivideNoNan")
# What the ops + and * stand for.
_MEANT = ("Add", "Multiply", "Mean")


def silent(call: Call, reading: Reading) -> Made:
    """Every output is its own position's; a softmax is an activation like others by name."""
    if call.op == "Activation" and getattr(call.layer.activation, "__name__", "") == "softmax":
        return softmax(call, reading)
    return call.tensor


def joined(call: Call, reading: Reading) -> Made:
    """Add, Multiply and their like, of layers and of operations."""
    op = "*" if call.op in _PRODUCTS else "+"
    if len(call.tensors) == 1:
        tensor = call.tensor
        if list(tensor.shape) != call.shape:
            return reading.tracer.expanded(tensor, call.shape, call.name, call.place)
        if op == "*":
            reading.scaled.add(tensor.node)
        return tensor
    made = reading.tracer.joined(call.tensors, op, call.name, call.place)
    return reading.tracer.told(made, call.name, call.op, _MEANT)


def concatenated(call: Call, reading: Reading) -> Made:
    """Concatenate along a dimension, channels or positions."""
    axis = int(call.setting("axis", -1)) % len(call.shape)
    return reading.tracer.laid_to(call.tensors, axis, call.shape[axis], call.name, call.place)


def reduced(call: Call, reading: Reading) -> Made:
    """Mean, Sum, Max … over dimensions; without any, over all."""
    axis = call.setting("axis")
    rank = len(call.tensor.dims)
    given = range(rank) if axis is None else axis
    dims = [int(at) for at in (given if isinstance(given, (list, tuple, range)) else [given])]
    keep = bool(call.setting("keepdims", False))
    made = reading.tracer.reduced(call.tensor, dims, keep, call.name, call.place)
    return reading.tracer.told(made, call.name, call.op, _MEANT)


def gated(call: Call, reading: Reading) -> Made:
    """Glu."""
    axis = int(call.setting("axis", -1))
    return reading.tracer.gated(call.tensor, axis, call.name, call.place)


_REDUCTIONS = ("Mean", "Sum", "Max", "Min", "Amax", "Amin", "Std", "Var", "Prod", "Logsumexp")

OPERATORS: dict[str, Operator] = {
    **WINDOWS,
    **LAYOUT,
    **PRODUCTS,
    **dict.fromkeys((*_SILENT, *_POINTWISE), silent),
    **dict.fromkeys((*_SUMS, *_PRODUCTS), joined),
    "Concatenate": concatenated,
    **dict.fromkeys(_REDUCTIONS, reduced),
    "Glu": gated,
}
