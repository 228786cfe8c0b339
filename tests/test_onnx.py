"""ONNX files give the network that their notation gives, operator by operator."""

from __future__ import annotations

import build_onnx
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import rfsearch
from rfsearch.layers.notation import parse_stack
from rfsearch.network.names import published

NAMES = [name for name in published() if not name.startswith("cp_resnet_")]


def figures(net):
    """Every figure of every row, names apart."""
    fields = [field for field in net.rows[0].__slots__ if field not in ("layer", "op")]
    return [[getattr(row, field) for field in fields] for row in net]


@pytest.mark.parametrize("name", NAMES)
def test_a_named_network_as_an_onnx_file_gives_the_table_of_its_notation(name, tmp_path):
    net = rfsearch.parse(name)
    stack = parse_stack(published()[name].stack)
    path = build_onnx.full(stack, net.input, net.input_channels, tmp_path)
    loaded = rfsearch.load(path)
    assert figures(loaded) == figures(net)
    assert loaded.totals == net.totals
    assert (loaded.rf, loaded.rf_min, loaded.jump) == (net.rf, net.rf_min, net.jump)


@pytest.mark.parametrize(
    "text",
    [
        "8C3-PAD1:2-8C3-MP2S2U-UP3-8T4S2P1-CROP1:2-UPL2",
        "(8C3P1|ID)-(11C1*DW3P1)-10FC",
        "8C3x5P0:1x2-MP3x2S2x1P1x0-R(8C3PsN-8C3P1N)-LN-SCALE",
    ],
)
@pytest.mark.parametrize("sizes", [(31, 40)])
def test_every_notation_gives_the_table_of_its_onnx_file(text, sizes, tmp_path):
    path = build_onnx.full(parse_stack(text), sizes, 3, tmp_path)
    assert figures(rfsearch.load(path)) == figures(rfsearch.parse(text, sizes))


@pytest.mark.parametrize(
    ("text", "sizes"), [("8C3P1-MP2S2-R(8C3P1)-T2S2", (50,)), ("8C3S2-AP2", (9, 10, 11))]
)
def test_one_and_three_axes_give_the_table_of_their_onnx_file(text, sizes, tmp_path):
    path = build_onnx.full(parse_stack(text), sizes, 3, tmp_path)
    assert figures(rfsearch.load(path)) == figures(rfsearch.parse(text, sizes))


class Model:
    """A small model under construction."""

    def __init__(self, shape=(1, 3, 32, 32)):
        self.nodes, self.weights, self.last = [], [], "image"
        self.input = helper.make_tensor_value_info("image", TensorProto.FLOAT, list(shape))

    def weight(self, *shape, values=None, kind=TensorProto.FLOAT):
        name = f"w{len(self.weights)}"
        values = np.ones(shape) if values is None else values
        self.weights.append(helper.make_tensor(name, kind, shape, values))
        return name

    def numbers(self, *values):
        return self.weight(len(values), values=values, kind=TensorProto.INT64)

    def floats(self, *values):
        return self.weight(len(values), values=values)

    def add(self, op, *more, source=None, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{index}" for index in range(outputs)]
        inputs = [source or self.last, *more]
        self.nodes.append(
            helper.make_node(op, inputs, names, name=f"{op}{len(self.nodes)}", **attributes)
        )
        self.last = names[0]
        return names if outputs > 1 else names[0]

    def conv(self, channels_in=3, channels=4, kernel=3, **attributes):
        return self.add("Conv", self.weight(channels, channels_in, kernel, kernel), **attributes)

    def save(self, path, opset=18, outputs=None):
        values = [helper.make_empty_tensor_value_info(name) for name in outputs or [self.last]]
        graph = helper.make_graph(self.nodes, "test", [self.input], values, self.weights)
        opsets = [helper.make_opsetid("", opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        onnx.save(model, path)
        return path

    def load(self, folder, input=None, **options):
        return rfsearch.load(self.save(folder / "m.onnx", **options), input)


def test_auto_pad_same_upper_and_lower_differ_in_where_the_odd_pixel_goes(tmp_path):
    starts = {}
    for style in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        model = Model()
        model.conv(auto_pad=style, strides=[2, 2])
        net = model.load(tmp_path)
        starts[style] = (net.padding_total, net.output_size)
    assert starts == {"SAME_UPPER": (0, 16), "SAME_LOWER": (1, 16), "VALID": (0, 15)}


def test_a_padding_node_joins_the_window_after_it(tmp_path):
    model = Model()
    model.add("Pad", model.numbers(0, 0, 0, 0, 0, 0, 1, 1))
    model.conv(strides=[2, 2])
    net = model.load(tmp_path)
    assert len(net) == 1
    assert figures(net) == figures(rfsearch.parse("4C3S2P0:1B0", 32))


def test_shape_arithmetic_of_a_flatten_is_followed_to_a_layer_that_sees_everything(tmp_path):
    model = Model()
    conv = model.conv(pads=[1, 1, 1, 1])
    shape = model.add("Shape", source=conv)
    batch = model.add(
        "Gather", model.weight(values=[0], kind=TensorProto.INT64), source=shape, axis=0
    )
    first = model.add("Unsqueeze", model.numbers(0), source=batch)
    target = model.add("Concat", model.numbers(-1), source=first, axis=0)
    model.add("Reshape", target, source=conv)
    model.add("MatMul", model.weight(4 * 32 * 32, 10))
    net = model.load(tmp_path)
    assert figures(net) == figures(rfsearch.parse("4C3P1B0-10FCB0", 32))
    assert net.rf == 3


def test_a_linear_layer_on_channels_last_reads_each_position_by_itself(tmp_path):
    model = Model()
    model.conv(pads=[1, 1, 1, 1])
    model.add("Transpose", perm=[0, 2, 3, 1])
    model.add("MatMul", model.weight(4, 7))
    model.add("Add", model.weight(7))
    model.add("Transpose", perm=[0, 3, 1, 2])
    model.conv(7, 5)
    assert figures(model.load(tmp_path)) == figures(rfsearch.parse("4C3P1B0-7C1-5C3B0", 32)), (
        "the shift is the layer's bias"
    )


def test_an_input_with_channels_last_is_read_as_such(tmp_path):
    model = Model((1, 20, 30, 3))
    model.add("Transpose", perm=[0, 3, 1, 2])
    model.conv()
    net = model.load(tmp_path)
    assert (net.input, net.input_channels) == ((20, 30), 3)


def test_a_swish_is_an_activation_and_not_a_product_of_branches(tmp_path):
    model = Model()
    conv = model.conv()
    gate = model.add("Sigmoid")
    model.add("Mul", gate, source=conv)
    assert len(model.load(tmp_path)) == 1


def test_a_channel_shuffle_keeps_the_positions(tmp_path):
    model = Model()
    model.conv(pads=[1, 1, 1, 1])
    model.add("Reshape", model.numbers(1, 2, 2, 32, 32))
    model.add("Transpose", perm=[0, 2, 1, 3, 4])
    model.add("Reshape", model.numbers(0, -1, 32, 32))
    model.conv(4)
    net = model.load(tmp_path)
    assert net.rf == 5
    assert len(net) == 2


def test_split_channels_go_separate_ways_and_meet_again(tmp_path):
    model = Model()
    model.conv(pads=[1, 1, 1, 1])
    one, two = model.add("Split", model.numbers(1, 3), outputs=2, axis=1)
    model.last = two
    two = model.conv(3, 3, pads=[1, 1, 1, 1])
    model.add("Concat", two, source=one, axis=1)
    net = model.load(tmp_path)
    assert (net.rf, net.rf_min, net.features.channels) == (5, 3, 4)


def test_a_resize_to_sizes_makes_the_jump_a_fraction(tmp_path):
    model = Model()
    model.conv(pads=[1, 1, 1, 1])
    model.add("Resize", "", "", model.numbers(1, 4, 48, 48), mode="nearest")
    net = model.load(tmp_path)
    assert net.output_size == 48
    assert str(net.jump) == "2/3"


@pytest.mark.parametrize("op", ["DepthToSpace", "SpaceToDepth"])
def test_pixel_shuffles_move_the_jump_by_their_block(op, tmp_path):
    model = Model()
    model.conv(pads=[1, 1, 1, 1])
    model.add(op, blocksize=2)
    net = model.load(tmp_path)
    assert (net.output_size, str(net.jump)) == {
        "DepthToSpace": (64, "1/2"),
        "SpaceToDepth": (16, "2"),
    }[op]


def test_folded_norms_are_reported_and_kept_norms_counted(tmp_path):
    model = Model()
    model.add("Conv", model.weight(4, 3, 3, 3), model.weight(4))
    assert any("folded" in line for line in model.load(tmp_path).findings)
    model = Model()
    model.conv()
    model.add("BatchNormalization", *[model.weight(4) for _ in range(4)])
    net = model.load(tmp_path)
    assert net.totals["params"] == 4 * 27 + 8
    assert not any("folded" in line for line in net.findings)


def test_an_elementwise_operator_that_is_no_activation_is_named(tmp_path):
    model = Model()
    model.conv()
    model.add("Exp")
    net = model.load(tmp_path)
    assert any("Exp ×1" in line for line in net.findings)


def test_dynamic_axes_take_the_size_that_is_given(tmp_path):
    model = Model((None, 3, None, None))
    model.conv(strides=[2, 2])
    assert model.load(tmp_path, (64, 48)).output_size == (31, 23)


def test_quantized_models_give_the_table_of_their_floats(tmp_path):
    """Made by onnxruntime's own quantizer, both as quantize-dequantize pairs and as operators."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Images(CalibrationDataReader):
        def __init__(self):
            self.left = [{"image": np.ones((1, 3, 32, 32), np.float32)}] * 2

        def get_next(self):
            return self.left.pop() if self.left else None

    model = Model()
    model.add("Conv", model.weight(4, 3, 3, 3), model.weight(4), strides=[2, 2])
    model.add("Relu")
    model.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    model.add("Conv", model.weight(6, 4, 3, 3), model.weight(6))
    plain = model.save(tmp_path / "plain.onnx", opset=17)
    expected = figures(rfsearch.load(plain))
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        path = tmp_path / f"{form}.onnx"
        quantize_static(plain, path, Images(), quant_format=form)
        assert figures(rfsearch.load(path)) == expected


def test_rows_are_named_by_node(tmp_path):
    model = Model()
    model.conv()
    assert [row.layer for row in model.load(tmp_path)] == ["Conv0"]


def broken_cyclic(folder):
    model = Model()
    model.nodes.append(helper.make_node("Relu", ["b"], ["a"], name="first"))
    model.nodes.append(helper.make_node("Relu", ["a"], ["b"], name="second"))
    model.last = "b"
    return model.save(folder / "m.onnx")


def broken_truncated(folder):
    model = Model()
    model.conv(channels=64)
    path = model.save(folder / "m.onnx")
    path.write_bytes(path.read_bytes()[:-500])
    return path


def broken_text(folder):
    path = folder / "m.onnx"
    path.write_text("this is not a model")
    return path


def broken_empty(folder):
    path = folder / "m.onnx"
    path.write_bytes(b"")
    return path


def broken_dynamic(folder):
    model = Model((None, 3, None, None))
    model.conv()
    return model.save(folder / "m.onnx")


def broken_shapeless(folder):
    model = Model()
    model.input = helper.make_tensor_value_info("image", TensorProto.FLOAT, None)
    model.conv()
    return model.save(folder / "m.onnx")


def broken_external(folder):
    path = build_onnx.full(parse_stack("8C3"), (32, 32), 3, folder)
    (folder / "weights.bin").unlink()
    return path


def broken_window(folder):
    model = Model((1, 3, 2, 2))
    model.conv()
    return model.save(folder / "m.onnx")


def broken_sum(folder):
    model = Model()
    one = model.conv()
    model.last = "image"
    two = model.conv(pads=[1, 1, 1, 1])
    model.add("Add", two, source=one)
    return model.save(folder / "m.onnx")


def broken_inputs(folder):
    model = Model()
    model.add("Add", "other")
    graph = helper.make_graph(
        model.nodes,
        "two",
        [model.input, helper.make_tensor_value_info("other", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_empty_tensor_value_info(model.last)],
    )
    path = folder / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)
    return path


def broken_absent(folder):
    return folder / "absent.onnx"


def broken_folder(folder):
    (folder / "m.onnx").mkdir()
    return folder / "m.onnx"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (broken_cyclic, "a cycle"),
        (broken_truncated, "cut short"),
        (broken_text, "not an ONNX model"),
        (broken_empty, "not an ONNX model"),
        (broken_dynamic, "give --input"),
        (broken_shapeless, "has no shape"),
        (broken_external, "external data of 'w0' is absent: weights.bin"),
        (broken_window, "window of 3 is larger than its padded input of 2"),
        (broken_sum, "unequal size: 30×30 and 32×32"),
        (broken_inputs, "2 inputs"),
        (broken_absent, "No such file"),
        (broken_folder, "directory"),
    ],
)
def test_a_broken_file_is_answered_in_one_line(make, reason, tmp_path):
    with pytest.raises(rfsearch.UsageError) as raised:
        rfsearch.load(make(tmp_path))
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_absent_weight_of_any_constant_is_no_traceback(tmp_path):
    """A model cut at many places gives a network or one line, never another error."""
    model = Model()
    model.conv()
    model.add("Relu")
    model.conv(4)
    data = model.save(tmp_path / "m.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    for length in range(0, len(data), 17):
        path.write_bytes(data[:length])
        try:
            rfsearch.load(path)
        except rfsearch.UsageError as error:
            assert "\n" not in str(error)


def test_a_file_with_bytes_changed_anywhere_gives_a_network_or_one_line(tmp_path):
    """Seeded mutations of a model with every kind of attribute; many stay readable protobuf."""
    import random

    text = "8C3P1N-R(8C3P0:2N)-MP2S2-SE2-UP2-(8C1|ID)-LN-8T4S2-CROP1-GAP-10FC"
    path = build_onnx.full(parse_stack(text), (16, 16), 3, tmp_path)
    data, chance = path.read_bytes(), random.Random(0)
    outcomes = set()
    for _ in range(250):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            assert rfsearch.load(path).findings is not None
            outcomes.add("network")
        except rfsearch.RfsearchError as error:
            assert str(error).isprintable()
            outcomes.add("error")
    assert outcomes == {"network", "error"}
