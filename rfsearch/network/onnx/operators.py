"""What each ONNX operator does: one function an operator or kind of operator.

Each takes the node and the reading so far and returns the tensor of its first output, or a list
for several. Sources: the ONNX operator specification, opset 1 to 26, and onnxruntime's list of
contributed operators for those of the domain com.microsoft.
"""

from __future__ import annotations

from collections.abc import Callable

from rfsearch.network.onnx.call import Call
from rfsearch.network.onnx.elementwise import elementwise, expand, joined, softmax, tuned
from rfsearch.network.onnx.joins import concat
from rfsearch.network.onnx.layout import flatten, reshape, squeeze, transpose, unsqueeze
from rfsearch.network.onnx.names import (
    ACTIVATIONS,
    GLOBAL_POOLS,
    POINTWISE,
    REDUCTIONS,
    SOFTMAXES,
    TUNED,
)
from rfsearch.network.onnx.norms import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    local_norm,
    skip_layer_norm,
    unlearned_norm,
)
from rfsearch.network.onnx.pads import pad
from rfsearch.network.onnx.parts import gather, slice_, split, tile
from rfsearch.network.onnx.products import PRODUCTS, einsum, product
from rfsearch.network.onnx.quantized import dynamic_quantize, quantized_concat, quantized_join
from rfsearch.network.onnx.reading import Reading
from rfsearch.network.onnx.recurrent import RECURRENT_LAYERS, recurrent
from rfsearch.network.onnx.reductions import cumulated, global_pool, largest, reduce, top
from rfsearch.network.onnx.resize import depth_to_space, resize, space_to_depth, upsample
from rfsearch.network.onnx.unblock import reorder_output
from rfsearch.network.onnx.windows import CONVOLUTIONS, POOLS, convolution, pool, transposed
from rfsearch.network.tensor import Tensor

Operator = Callable[[Call, Reading], Tensor | list[Tensor]]

OPERATORS: dict[str, Operator] = {
    **dict.fromkeys(CONVOLUTIONS, convolution),
    **dict.fromkeys(POOLS, pool),
    "ConvTranspose": transposed,
    "Pad": pad,
    "Resize": resize,
    "Upsample": upsample,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    **dict.fromkeys(PRODUCTS, product),
    "Einsum": einsum,
    "Concat": concat,
    "com.microsoft.QLinearConcat": quantized_concat,
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Expand": expand,
    "Slice": slice_,
    "Gather": gather,
    "Tile": tile,
    "Split": split,
    **dict.fromkeys(GLOBAL_POOLS, global_pool),
    **dict.fromkeys(REDUCTIONS, reduce),
    **dict.fromkeys(("ArgMax", "ArgMin"), largest),
    "TopK": top,
    **dict.fromkeys(("CumSum", "CumProd"), cumulated),
    **dict.fromkeys(RECURRENT_LAYERS, recurrent),
    **dict.fromkeys(("Add", "Sub", "Sum", "Max", "Min", "Mean", "Mul", "Div", "Pow"), joined),
    **dict.fromkeys(("com.microsoft.QLinearAdd", "com.microsoft.QLinearMul"), quantized_join),
    **dict.fromkeys(SOFTMAXES, softmax),
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    **dict.fromkeys(("GroupNormalization", "com.microsoft.GroupNorm"), group_norm),
    **dict.fromkeys(
        ("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"), layer_norm
    ),
    **dict.fromkeys(
        ("com.microsoft.SkipLayerNormalization", "com.microsoft.SkipSimplifiedLayerNormalization"),
        skip_layer_norm,
    ),
    "LRN": local_norm,
    **dict.fromkeys(("MeanVarianceNormalization", "LpNormalization"), unlearned_norm),
    **dict.fromkeys(TUNED, tuned),
    "DynamicQuantizeLinear": dynamic_quantize,
    "com.microsoft.nchwc.ReorderOutput": reorder_output,
    **dict.fromkeys((*ACTIVATIONS, *POINTWISE), elementwise),
}
