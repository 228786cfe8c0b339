"""Hypothesis strategies of the fuzzer: TOML files, results as JSON, and ONNX files, all damaged."""

from __future__ import annotations

import json
import re
from functools import cache

from fuzz_case import Case
from fuzz_commands import LIMITED, WILD, edited
from hypothesis import strategies as st

FILES = (
    """input = [16, 20]
target_rf = "7..12"
rounding = "floor"
max_params = "12K"
rank_by = ["max:entropy", "macs"]
front = ["max:entropy", "macs"]
stem = "4C3P1"
head = "GAP-10FC"
never_falls = ["channels"]

[[stage]]
repeat = 2
  [[stage.slot]]
  kernel = [3, 5]
  channels = [4, 8]
  repeat = "1..2"
  uniform = ["channels"]
  [[stage.slot]]
  op = "maxpool"
  kernel = 2
  stride = 2
  padding = "valid"
""",
    """input = "12x16"
target_rf = "3..9x5..11"
bytes = { weight = 1, activation = 2 }
max_peak_memory = "64KiB"
reserve = "1KiB"

[block.mb]
stack = ["I({in*t}C1N-DW{k}S{s}P{k//2}N-{c}C1N)", "I(DW{k}S{s}P{k//2}N-{c}C1N)"]
t = [2, 3]
k = [3, 5]

[[stage]]
block = "mb"
s = 1
c = [4, "keep"]
repeat = "0..2"
""",
    """target_rf = 9
input = 15
op = ["conv", "maxpool"]
kernel = [1, 2, 3]
stride = [1, 2]
padding = "0..1"
depth = "1..3"
channels = "double:4:16"
max_macs = "100K"
top = 3
""",
    """axes = 1
input = 64
hop = "10ms"
target_rf = "80ms..120ms"

[[stage]]
kernel = [3, "5"]
padding = "causal"
dilation = [1, 2]
channels = [2, 4]
repeat = "1..3"
groups = [1, 2]
""",
)
_VALUES = (
    "0", "-1", "1", "3", "1.5", "true", '""', "[]", "{}", "nan", "1e400", "99999999999999999999",
    "[1, 2]", '[["a"]]', '{ a = 1 }', "1979-05-27", "[3, \"x\"]", '"1..100000"', "1000000",
    *(json.dumps(one) for one in WILD if len(one) < 60),
)  # fmt: skip
_WAYS = ("value", "value", "value", "drop", "twice", "swap", "key", "letters")


@st.composite
def damaged_text(draw, text):
    """A text with some lines changed: values, keys, order, single characters."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(0, 4))):
        place, way = draw(st.integers(0, 40)) % len(lines), draw(st.sampled_from(_WAYS))
        line = lines[place]
        if way == "value" and "=" in line:
            lines[place] = f"{line.partition('=')[0]}= {draw(st.sampled_from(_VALUES))}"
        elif way == "drop" and len(lines) > 1:
            del lines[place]
        elif way == "twice":
            lines.insert(draw(st.integers(0, 40)) % len(lines), line)
        elif way == "swap":
            other = draw(st.integers(0, 40)) % len(lines)
            lines[place], lines[other] = lines[other], lines[place]
        elif way == "key" and "=" in line:
            lines[place] = f"{draw(st.sampled_from(('block', 'slot', 'c', 'x', 'stage')))} = 3"
        else:
            letters = st.sampled_from((*'[]{}="#.,0', "", "\x00", "é"))
            lines[place] = edited(
                line, draw(st.lists(st.tuples(st.integers(0, 40), letters), max_size=2))
            )
    return "\n".join(lines) + "\n"


@st.composite
def files(draw):
    """A search, reach, ladder or show with a damaged TOML file; verify of damaged results."""
    if draw(st.integers(0, 7)) == 0:
        return Case(("verify", "found.json"), (("found.json", draw(damaged_results())),))
    text = draw(st.sampled_from(FILES).flatmap(damaged_text))
    words = draw(
        st.sampled_from(
            (
                ("--config=f.toml", "--top=3", "--format=json", *LIMITED),
                ("--config=f.toml", "--top=3", "--distinct=none", *LIMITED),
                ("--config=f.toml", "--count", *LIMITED),
                ("reach", "--config=f.toml", *LIMITED),
                ("ladder", "--config=f.toml", "--target-rf=7..11:2", *LIMITED),
                ("show", "4C3P1-4C3P1-MP2S2-4C3P1-MP2S2-GAP-10FC", "--in=f.toml"),
                ("--config=f.toml", "--like=4C3P1-8C3", "--changes=1", "--count", *LIMITED),
            )
        )
    )
    return Case(words, (("f.toml", text.encode()),))


RESULTS = {
    "schema": 2,
    "query": {"input": 15, "target_rf": 5, "rounding": "exact", "input_channels": 3},
    "matches": 1,
    "front": [],
    "results": [
        {"rank": 1, "stack": "4C3-4C3", "output_size": 11, "rf": 5, "jump": 1, "params": 260,
         "macs": 20_748, "depth": 2, "centre": 2.0, "padding_total": 0}
    ],
}  # fmt: skip


@st.composite
def damaged_results(draw):
    """Results as JSON with one value changed, or single characters."""
    text = json.dumps(RESULTS)
    spots = [found.span(1) for found in re.finditer(r'": ([^,{}\[\]]+)', text)]
    if draw(st.booleans()):
        start, end = draw(st.sampled_from(spots))
        value = draw(st.sampled_from(("null", "-1", "1e99", '"x"', "[]", "{}", "true", '"4C3-"')))
        text = text[:start] + value + text[end:]
    letters = st.sampled_from((*'[]{}":,0', "", "\x00"))
    return edited(
        text, draw(st.lists(st.tuples(st.integers(0, 400), letters), max_size=2))
    ).encode()


# ONNX

_PLAIN = """<ir_version: 8, opset_import: ["" : 18]>
g (float[1, 3, 16, 16] x) => (float[1, 5] y)
<float[4, 3, 3, 3] w, float[4] b, float[5, 4] f, float[5] c>
{
  a = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, w, b)
  r = Relu (a)
  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (r)
  q = GlobalAveragePool (p)
  s = Flatten (q)
  y = Gemm <transB = 1> (s, f, c)
}"""
_WOVEN = """<ir_version: 8, opset_import: ["" : 18]>
g (float[1, 4, 16, 16] x) => (float[1, 8, 16, 16] y)
<float[4, 1, 3, 3] w, float[4, 4, 2, 2] t>
{
  shape = Constant <value_ints = [1, 4, 16, 16]> ()
  starts = Constant <value_ints = [0]> ()
  ends = Constant <value_ints = [4]> ()
  axes = Constant <value_ints = [1]> ()
  half = Constant <value_floats = [1.0, 1.0, 0.5, 0.5]> ()
  a = Conv <kernel_shape = [3, 3], pads = [2, 2, 2, 2], dilations = [2, 2], group = 4> (x, w)
  d = Resize <mode = "nearest"> (a, , half)
  u = ConvTranspose <kernel_shape = [2, 2], strides = [2, 2]> (d, t)
  v = Slice (u, starts, ends, axes)
  z = Reshape (v, shape)
  m = Transpose <perm = [0, 2, 3, 1]> (z)
  n = Transpose <perm = [0, 3, 1, 2]> (m)
  o = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (n)
  y = Concat <axis = 1> (o, x)
}"""
_EXTREMES = (0, -1, 1, 2, 3, 7, 1 << 16, 1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 62, -(1 << 63))
_OTHER_OPS = (
    "MaxPool", "AveragePool", "Conv", "ConvTranspose", "Concat", "Slice", "Reshape", "Resize",
    "Pad", "Gather", "If", "Loop", "LSTM", "ReduceMean", "Softmax", "Unsqueeze", "Expand",
    "Nonsense", "",
)  # fmt: skip


@cache
def models():
    """The sound models; weights of zeros."""
    import onnx
    from onnx import TensorProto, helper, parser

    made = []
    for text in (_PLAIN, _WOVEN):
        model = parser.parse_model(text.replace(re.search(r"\n<[^>]*>\n", text).group(), "\n"))
        for kind, name in re.findall(r"float\[([\d, ]+)\] (\w)(?=[,>])", text.split("\n<")[1]):
            shape = [int(one) for one in kind.split(",")]
            size = 1
            for one in shape:
                size *= one
            model.graph.initializer.append(
                helper.make_tensor(name, TensorProto.FLOAT, shape, [0.0] * size)
            )
        onnx.checker.check_model(model)
        made.append(model)
    return tuple(made)


@st.composite
def onnx_files(draw):
    """show, verify or export of an ONNX file whose numbers, operators or bytes are damaged."""
    import onnx

    model = onnx.ModelProto()
    model.CopyFrom(models()[draw(st.integers(0, len(models()) - 1))])
    for _ in range(draw(st.integers(0, 3))):
        _damage(draw, model.graph)
    data = model.SerializeToString()
    flips = st.tuples(st.integers(0, 1 << 12), st.integers(0, 255))
    for place, value in draw(st.one_of(st.just([]), st.lists(flips, max_size=4))):
        place %= len(data)
        data = data[:place] + bytes([value]) + data[place + 1 :]
    if draw(st.integers(0, 9)) == 0:
        data = data[: draw(st.integers(0, 1 << 12)) % (len(data) + 1)]
    words = draw(
        st.sampled_from(
            (
                ("show", "m.onnx"),
                ("show", "m.onnx", "--format=json"),
                ("show", "m.onnx", "--input=8"),
                ("export", "m.onnx", "--to=torch"),
                ("verify", "m.onnx"),
            )
        )
    )
    return Case(words, (("m.onnx", data),))


def _damage(draw, graph):
    """One number, operator, wire or shape of the graph made another."""
    node = graph.node[draw(st.integers(0, 40)) % len(graph.node)]
    way = draw(st.sampled_from(("number", "number", "operator", "wire", "shape", "drop")))
    if way == "number" and node.attribute:
        attribute = node.attribute[draw(st.integers(0, 9)) % len(node.attribute)]
        value = draw(st.sampled_from(_EXTREMES))
        if attribute.ints:
            attribute.ints[draw(st.integers(0, 9)) % len(attribute.ints)] = value
        else:
            attribute.i = value
    elif way == "operator":
        node.op_type = draw(st.sampled_from(_OTHER_OPS))
    elif way == "wire" and node.input:
        names = [*(one.output[0] for one in graph.node), "x", "w", "nothing", ""]
        node.input[draw(st.integers(0, 9)) % len(node.input)] = draw(st.sampled_from(names))
    elif way == "shape":
        tensor = graph.initializer[draw(st.integers(0, 9)) % len(graph.initializer)]
        tensor.dims[draw(st.integers(0, 9)) % len(tensor.dims)] = draw(st.sampled_from(_EXTREMES))
    elif way == "drop":
        graph.node.remove(node)
