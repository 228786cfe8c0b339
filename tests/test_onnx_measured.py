"""What an ONNX file's outputs see is what onnxruntime shows when positions are disturbed.

Each model stands for a kind of what exporters write; weights are random, so that every path
counts. Shapes are compared as well.
"""

from __future__ import annotations

import numpy as np
import pytest
from onnx_text import loaded, measured, written

INT = np.int64
CONV = "Conv <pads: ints = [1, 1, 1, 1]>"
RANGE = np.arange(8)
GRID = np.stack(np.meshgrid(RANGE, RANGE))[None].astype(np.float32)

MODELS = {
    "CastLike reads its first input alone": (
        f"a = {CONV} (x, w) b = Conv <pads: ints = [4, 4, 4, 4]> (x, v) y = CastLike (a, b)",
        {"w": (4, 3, 3, 3), "v": (4, 3, 9, 9)},
    ),
    "the mean of the image beside it": (
        "g = GlobalAveragePool (x) e = Expand (g, s) c = Concat <axis: int = 1> (x, e) "
        "y = Conv (c, w)",
        {"s": INT([1, 3, 8, 8]), "w": (4, 6, 3, 3)},
    ),
    "a gate": (
        f"c = {CONV} (x, w) g = GlobalAveragePool (c) s = Sigmoid (g) y = Mul (c, s)",
        {"w": (4, 3, 3, 3)},
    ),
    "a group norm written out": (
        f"c = {CONV} (x, w) r = Reshape (c, r1) i = InstanceNormalization (r, one, zero) "
        "o = Reshape (i, r2) m = Mul (o, g) y = Add (m, g)",
        {
            "w": (4, 3, 3, 3),
            "r1": INT([1, 2, -1]),
            "r2": INT([1, 4, 8, 8]),
            "one": np.ones(2, "f"),
            "zero": np.zeros(2, "f"),
            "g": (4, 1, 1),
        },
    ),
    "a layer norm over channels, written out": (
        f"c = {CONV} (x, w) m = ReduceMean <axes: ints = [1]> (c) d = Sub (c, m) q = Mul (d, d) "
        "v = ReduceMean <axes: ints = [1]> (q) s = Sqrt (v) n = Div (d, s) y = Mul (n, g)",
        {"w": (4, 3, 3, 3), "g": (4, 1, 1)},
    ),
    "a layer norm over channels and positions": (
        f"c = {CONV} (x, w) y = LayerNormalization <axis: int = 1> (c, g, g)",
        {"w": (4, 3, 3, 3), "g": (4, 8, 8)},
    ),
    "a softmax over columns": ("y = Softmax <axis: int = 3> (x)", {}),
    "channels that are padded": (
        "c = Conv <pads: ints = [1, 1, 1, 1], strides: ints = [2, 2]> (x, w) "
        "s = Slice (x, z, e, a, t) d = Pad (s, p) y = Add (c, d)",
        {
            "w": (5, 3, 3, 3),
            "z": INT([0, 0]),
            "e": INT([99, 99]),
            "a": INT([2, 3]),
            "t": INT([2, 2]),
            "p": INT([0, 1, 0, 0, 0, 1, 0, 0]),
        },
    ),
    "coordinates beside the image": (
        "c = Concat <axis: int = 1> (x, g) y = Conv (c, w)",
        {"g": GRID, "w": (4, 5, 3, 3)},
    ),
    "circular padding by concatenation": (
        "l = Slice (x, m1, far, a3) f = Slice (x, z, p1, a3) c = Concat <axis: int = 3> (l, x, f) "
        "y = Conv (c, w)",
        {
            "m1": INT([-1]),
            "far": INT([99]),
            "a3": INT([3]),
            "z": INT([0]),
            "p1": INT([1]),
            "w": (4, 3, 3, 3),
        },
    ),
    "zeros beside the rows": (
        "c = Concat <axis: int = 2> (o, x, o) y = Conv (c, w)",
        {"o": np.zeros((1, 3, 1, 8), "f"), "w": (4, 3, 3, 3)},
    ),
    "channels in another order": ("g = Gather <axis: int = 1> (x, i) y = Conv (g, w)",
        {"i": INT([2, 1, 0]), "w": (4, 3, 3, 3)}),
    "columns in another order": ("g = Gather <axis: int = 3> (x, i) y = Conv (g, w)",
        {"i": INT([7, 6, 5, 4, 0, 0, 3]), "w": (4, 3, 3, 3)}),
    "rows from back to front": (
        "s = Slice (x, b, e, a, t) y = Conv (s, w)",
        {
            "b": INT([-1]),
            "e": INT([-99]),
            "a": INT([2]),
            "t": INT([-1]),
            "w": (4, 3, 3, 3),
        },
    ),
    "a pixel unshuffle by reshapes": (
        "a = Reshape (x, r1) b = Transpose <perm: ints = [0, 1, 3, 5, 2, 4]> (a) "
        "c = Reshape (b, r2) y = Conv (c, w)",
        {"r1": INT([1, 3, 4, 2, 4, 2]), "r2": INT([1, 12, 4, 4]), "w": (4, 12, 3, 3)},
    ),
    "a pixel shuffle by reshapes": (
        "c = Conv (x, w) a = Reshape (c, r1) b = Transpose <perm: ints = [0, 1, 4, 2, 5, 3]> (a) "
        "d = Reshape (b, r2) y = Conv (d, v)",
        {
            "w": (8, 3, 3, 3),
            "r1": INT([1, 2, 2, 2, 6, 6]),
            "r2": INT([1, 2, 12, 12]),
            "v": (1, 2, 3, 3),
        },
    ),
    "focus by strided slices": (
        "a = Slice (x, z, f, x2, s) b = Slice (x, o, f, x2, s) c = Concat <axis: int = 1> (a, b) "
        "y = Conv (c, w)",
        {
            "z": INT([0, 0]),
            "o": INT([1, 1]),
            "f": INT([99, 99]),
            "x2": INT([2, 3]),
            "s": INT([2, 2]),
            "w": (4, 6, 3, 3),
        },
    ),
    "weights on the left": (
        "r = Reshape (x, s) y = MatMul (v, r)",
        {"s": INT([1, 3, 64]), "v": (4, 3)},
    ),
    "a layer along the columns": (
        "y = MatMul (x, v)", {"v": (8, 8)},
    ),
    "a layer along the columns to fewer": (
        "f = Flatten <axis: int = -1> (x) y = Gemm <transB: int = 1> (f, v, b)",
        {"v": (7, 8), "b": (7,)},
    ),
    "attention": (
        f"c = {CONV} (x, w) t = Reshape (c, r1) q = Transpose <perm: ints = [0, 2, 1]> (t) "
        "s = MatMul (q, t) p = Softmax <axis: int = -1> (s) v = MatMul (p, q) "
        "u = Transpose <perm: ints = [0, 2, 1]> (v) y = Reshape (u, r2)",
        {"w": (4, 3, 3, 3), "r1": INT([1, 4, 64]), "r2": INT([1, 4, 8, 8])},
    ),
    "a mean over rows, and a convolution along what is left": (
        "m = ReduceMean <axes: ints = [2], keepdims: int = 0> (x) y = Conv (m, w)",
        {"w": (4, 3, 3)},
    ),
    "einsum as a convolution": (
        f'c = {CONV} (x, w) y = Einsum <equation: string = "nchw,oc->nohw"> (c, v)',
        {"w": (4, 3, 3, 3), "v": (5, 4)},
    ),
    "a running sum": ("y = CumSum (x, a)", {"a": INT(3)}),
    "a repetition": ("y = Tile (x, t)", {"t": INT([1, 2, 1, 2])}),
    "the largest channel": (
        f"c = {CONV} (x, w) y = ArgMax <axis: int = 1, keepdims: int = 0> (c)", {"w": (4, 3, 3, 3)},
    ),
    "an average over the whole map": (
        f"c = {CONV} (x, w) p = AveragePool <kernel_shape: ints = [8, 8]> (c) f = Flatten (p) "
        "y = Gemm <transB: int = 1> (f, v, b)",
        {"w": (4, 3, 3, 3), "v": (5, 4), "b": (5,)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", MODELS)
def test_outputs_see_what_onnxruntime_shows(kind, tmp_path):
    body, stored = MODELS[kind]
    word = measured(written(body, **stored), tmp_path)
    # Where dimensions hold several axes at once the shape alone is compared.
    assert word in ("right", "right shape"), word


@pytest.mark.parametrize("mode", ["reflect", "edge", "wrap"])
@pytest.mark.parametrize("side", [1, 3])
def test_padding_with_the_image_itself_sees_it(mode, side, tmp_path):
    pads = INT([0, 0, side, side - 1, 0, 0, 1, side])
    body = f'p = Pad <mode: string = "{mode}"> (x, s) y = Conv (p, w)'
    model = written(body, opset=19, s=pads, w=(4, 3, 3, 3))
    assert measured(model, tmp_path) == "right"


@pytest.mark.parametrize(
    ("strides", "asked", "size"), [(2, (10, 10), 10), (2, (9, 8), (9, 8)), (3, (11, 12), (11, 12))]
)
def test_a_transposed_convolution_has_the_size_that_is_asked_for(strides, asked, size, tmp_path):
    shape, stride = list(asked), [strides] * 2
    body = f"y = ConvTranspose <output_shape: ints = {shape}, strides: ints = {stride}> (x, w)"
    model = written(body, "float[1,3,4,4]", w=(3, 2, 3, 3))
    assert loaded(model, tmp_path).output_size == size
    assert measured(model, tmp_path) == "right"


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("scale", [0.25, 0.5, 0.75])
def test_a_reduction_without_aliases_reads_all_positions_between(mode, scale, tmp_path):
    body = f'y = Resize <antialias: int = 1, mode: string = "{mode}"> (x, "", sc)'
    model = written(body, "float[1,1,16,16]", opset=18, sc=np.float32([1, 1, scale, scale]))
    assert measured(model, tmp_path) == "right"


@pytest.mark.parametrize(
    ("place", "size"),
    [
        ("half_pixel_symmetric", 5),
        ("half_pixel_symmetric", 11),
        ("half_pixel", 1),
        ("pytorch_half_pixel", 1),
        ("align_corners", 1),
        ("asymmetric", 1),
    ],
)
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_a_resize_to_few_positions_reads_what_onnxruntime_reads(mode, place, size, tmp_path):
    options = f'mode: string = "{mode}", coordinate_transformation_mode: string = "{place}"'
    body = f'y = Resize <{options}> (x, "", "", s)'
    model = written(body, opset=19, s=INT([1, 3, size, size]))
    assert measured(model, tmp_path) == "right"


@pytest.mark.parametrize("policy", ["not_larger", "not_smaller"])
def test_a_resize_that_keeps_the_proportions_has_its_size(policy, tmp_path):
    options = f'keep_aspect_ratio_policy: string = "{policy}", axes: ints = [2, 3]'
    body = f'y = Resize <{options}> (x, "", "", s)'
    model = written(body, "float[1,3,6,9]", opset=18, s=INT([12, 27]))
    assert measured(model, tmp_path) == "right"
