"""Torch modules give the network that their notation gives; torch's own counts agree."""

from __future__ import annotations

import warnings

import pytest

import rfsearch
from rfsearch.layers.notation import parse_stack
from rfsearch.network.names import published

torch = pytest.importorskip("torch", reason="torch is not installed; from_torch is for its users")

import build_torch  # noqa: E402, because it needs torch, which may be absent
from torch import nn  # noqa: E402, likewise
from torch.nn import functional  # noqa: E402, likewise

NAMES = [name for name in published() if not name.startswith("cp_resnet_")]
COUNTED = ["vgg16", "resnet50", "mobilenet_v2", "efficientnet_b0", "inception_v3", "convnext_tiny"]
COUNTED += ["unet_padded", "patchgan70", "alexnet_grouped", "tcn"]


def figures(net, *without):
    """Every figure of every row, names apart."""
    left_out = ("layer", "op", *without)
    fields = [field for field in net.rows[0].__slots__ if field not in left_out]
    return [[getattr(row, field) for field in fields] for row in net]


def built(name):
    net = rfsearch.parse(name)
    stack = parse_stack(published()[name].stack)
    return net, build_torch.build(stack, net.input, net.input_channels)


@pytest.mark.parametrize("name", NAMES)
def test_a_named_network_as_a_torch_module_gives_the_table_of_its_notation(name):
    net, module = built(name)
    traced = rfsearch.from_torch(module, net.input, net.input_channels)
    assert figures(traced) == figures(net)
    assert traced.totals == net.totals
    assert (traced.rf, traced.rf_min, traced.jump) == (net.rf, net.rf_min, net.jump)


@pytest.mark.parametrize("name", COUNTED)
def test_macs_are_half_of_torch_s_own_flops_and_params_are_its_parameters(name):
    from torch.utils.flop_counter import FlopCounterMode

    net, module = built(name)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, net.input_channels, *net.input, device="meta"))
    assert net.totals["macs"] * 2 == counter.get_total_flops()
    assert net.totals["params"] == sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet_v2", "unet_padded", "patchgan70"])
def test_torchinfo_s_params_agree_and_its_macs_but_for_biases_and_transposed_layers(name):
    """torchinfo multiplies a layer's whole parameter count, bias too, by its output positions.

    So each biased layer costs it one multiply-accumulate more an output value, and a transposed
    convolution is charged for each output position instead of each input position.
    """
    torchinfo = pytest.importorskip("torchinfo", reason="torchinfo is not installed")
    net, module = built(name)
    stack = parse_stack(published()[name].stack)
    module = build_torch.build(stack, net.input, net.input_channels, device="cpu")
    shape = (1, net.input_channels, *net.input)
    summary = torchinfo.summary(module, input_size=shape, verbose=0, device="cpu")
    assert summary.total_params == net.totals["params"]
    expected = 0
    for row, node in zip(net, net.nodes[1:], strict=True):
        positions = 1
        for size in row.output_size:
            positions *= size
        weights = row.params - node.norm_params
        expected += positions * weights
        if node.norm_params:
            # It counts a norm's values once, without positions.
            expected += node.norm_params
    assert summary.total_mult_adds == expected


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet_v2", "inception_v3"])
def test_fvcore_s_macs_agree_where_norms_and_pools_are_left_out(name):
    """fvcore calls a multiply-accumulate a flop, and counts norms and adaptive pools besides."""
    fvcore = pytest.importorskip("fvcore.nn", reason="fvcore is not installed")
    net, _ = built(name)
    stack = parse_stack(published()[name].stack)
    module = build_torch.build(stack, net.input, net.input_channels, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = fvcore.FlopCountAnalysis(
            module, torch.zeros(1, net.input_channels, *net.input)
        ).unsupported_ops_warnings(False)
        by_operator = counts.by_operator()
    assert by_operator["conv"] + by_operator["linear"] == net.totals["macs"]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("C3P1-MP2S2-C3P2D2-(C3P1|C1)-C3P1:0", (40, 40)),
        ("C5S2-T4S2P1-C3-UP2-C3", (30, 26)),
        ("C3P1-R(C3P1-C3P1)-AP2S2-C3Ps", (33, 33)),
    ],
)
def test_the_gradient_of_one_output_is_not_zero_on_exactly_the_pixels_that_reach_it(text, sizes):
    """Average for max pooling, since the gradient of a maximum sees one pixel of the window."""
    stack = parse_stack(text.replace("MP", "AP"))
    net = rfsearch.parse(text, sizes, 1)
    module = build_torch.build(stack, sizes, 1, device="cpu").double()
    for parameter in module.parameters():
        nn.init.constant_(parameter, 0.5)
    image = torch.ones(1, 1, *sizes, dtype=torch.double, requires_grad=True)
    output = module(image)
    index = tuple(n // 2 for n in net.features.sizes)
    output[(0, slice(None), *index)].sum().backward()
    touched = image.grad[0, 0] != 0
    rows = [row for row in range(sizes[0]) if touched[row].any()]
    columns = [column for column in range(sizes[1]) if touched[:, column].any()]
    assert (rows, columns) == net.reach(index)


class Basic(nn.Module):
    """A residual block in torchvision's own naming."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = None
        if stride > 1 or before != after:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return functional.relu(y, inplace=True)


class ResNet18(nn.Module):
    """Written out by hand as torchvision does, not from the notation."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = [64, 64, 128, 256, 512]
        for number in range(1, 5):
            before, after = widths[number - 1], widths[number]
            stage = nn.Sequential(Basic(before, after, 1 + (number > 1)), Basic(after, after, 1))
            setattr(self, f"layer{number}", stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def test_a_resnet_18_written_by_hand_gives_the_table_of_the_name_and_rows_by_module_path():
    with torch.device("meta"):
        module = ResNet18()
    traced = rfsearch.from_torch(module, 224)
    assert figures(traced) == figures(rfsearch.parse("resnet18"))
    names = [row.layer for row in traced]
    assert names[:3] == ["conv1", "maxpool", "layer1.0.conv1"]
    assert "layer2.0.downsample.0" in names
    assert names[-2:] == ["avgpool", "fc"]


class Shuffle(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding="same")
        self.second = nn.Conv2d(8, 8, 3, groups=8)

    def forward(self, x):
        x = self.first(x)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        one, two = x.chunk(2, dim=1)
        return self.second(torch.cat([two, one], 1)).mean((2, 3))


def test_views_chunks_and_means_are_followed():
    net = rfsearch.from_torch(Shuffle(), 20)
    assert net.rf == 5
    assert net.totals["params"] == 8 * 27 + 8 + 8 * 9 + 8
    assert net.rows[-1].op == "GAP"


class Mask(nn.Module):
    """Control flow that torch.fx's symbolic tracing cannot follow."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x)
        return y if y.sum() > 0 else -y


class Fourier(nn.Module):
    def forward(self, x):
        return torch.fft.fft2(x).real


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (Mask(), "torch.export cannot trace it"),
        ("resnet18", "not a torch.nn.Module"),
        (nn.Conv2d(3, 4, 40), "torch.export cannot trace it"),
    ],
)
def test_a_module_that_cannot_be_followed_is_answered_in_one_line(module, reason):
    with pytest.raises(rfsearch.UsageError) as raised:
        rfsearch.from_torch(module, 32)
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_operator_that_is_not_known_is_taken_to_see_everything_and_is_named():
    net = rfsearch.from_torch(nn.Sequential(nn.Conv2d(3, 4, 3), Fourier(), nn.Conv2d(4, 2, 3)), 32)
    assert net.totals["params"] == 4 * 28 + 2 * 37
    assert net.reach((0, 0)) == (list(range(32)), list(range(32)))
    named = [line for line in net.findings if line.startswith("taken to see everything")]
    assert len(named) == 1
    assert "fft" in named[0]
    assert "until=" in named[0]
    assert "treat=" in named[0]


def test_the_module_keeps_its_mode_and_its_statistics():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()).train()
    before = module[1].num_batches_tracked.clone()
    assert rfsearch.from_torch(module, 16).rf == 3
    assert module.training
    assert module[1].num_batches_tracked == before


@pytest.mark.parametrize("sizes", [(50,), (10, 12, 14)])
def test_one_and_three_axes_are_those_of_the_module_s_convolutions(sizes):
    conv = nn.Conv1d if len(sizes) == 1 else nn.Conv3d
    net = rfsearch.from_torch(nn.Sequential(conv(2, 4, 3), nn.ReLU(), conv(4, 4, 3)), sizes)
    assert net.input == sizes
    assert net.rf == 5


class NonLocal(nn.Module):
    """Wang et al. 2018: attention between all positions, added to the input."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.query, self.key, self.value = (nn.Conv2d(8, 4, 1) for _ in range(3))
        self.last = nn.Conv2d(4, 8, 1)

    def forward(self, x):
        x = self.first(x)
        n, _, h, w = x.shape
        query, key, value = (part(x).flatten(2) for part in (self.query, self.key, self.value))
        weights = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        mixed = (weights @ value.transpose(1, 2)).transpose(1, 2).reshape(n, 4, h, w)
        return x + self.last(mixed)


def test_attention_makes_the_rf_global_and_its_products_count():
    net = rfsearch.from_torch(NonLocal(), (6, 8))
    assert net.sees_all
    assert net.rf == 3
    assert net.reach((0, 0)) == (list(range(6)), list(range(8)))
    positions = 6 * 8
    convolutions = positions * (27 * 8 + 3 * 8 * 4 + 4 * 8)
    assert net.totals["macs"] == convolutions + 2 * positions * positions * 4


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "convnext_tiny", "unet", "yolov3"])
def test_what_torch_exports_to_onnx_gives_the_table_of_the_notation(name, tmp_path):
    pytest.importorskip("onnx", reason="reading ONNX needs onnx")
    net = rfsearch.parse(name)
    stack = parse_stack(published()[name].stack)
    module = build_torch.build(stack, net.input, net.input_channels, device="cpu")
    image = torch.zeros(1, net.input_channels, *net.input)
    path = tmp_path / "model.onnx"
    options = {"dynamo": False, "opset_version": 18, "do_constant_folding": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (image,), path, **options)
    loaded = rfsearch.load(path)
    assert figures(loaded) == figures(net)
    assert loaded.rf == net.rf


def test_norms_that_the_exporter_folded_leave_one_bias_a_channel_for_two_values(tmp_path):
    pytest.importorskip("onnx", reason="reading ONNX needs onnx")
    pytest.importorskip("onnxscript", reason="torch's newer exporter needs onnxscript")
    net, module = rfsearch.parse("resnet18"), ResNet18().eval()
    for tensor in module.state_dict().values():
        if tensor.dtype.is_floating_point:
            tensor.uniform_(0.5, 1.5)
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(1, 3, 224, 224),), path, dynamo=True, verbose=False)
    loaded = rfsearch.load(path)
    assert figures(loaded, "params") == figures(net, "params")
    normed = sum(row.channels for row in net if row.op == "C")
    assert loaded.totals["params"] == net.totals["params"] - normed
    assert any("folded into the biases of 20 convolutions" in line for line in loaded.findings)
