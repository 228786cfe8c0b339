"""Params of a torch module are its own: each learned tensor once, whatever is made of it."""

from __future__ import annotations

import pytest

import rfsearch

torch = pytest.importorskip("torch", reason="torch is not installed; from_torch is for its users")

from gradient import counted  # noqa: E402, because it needs torch
from torch import nn  # noqa: E402, likewise
from torch.nn import functional  # noqa: E402, likewise


class Net(nn.Module):
    """A forward function over parts, which are modules, parameters or buffers."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            if type(part) is torch.Tensor:
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def same(channels=8, before=None):
    return nn.Conv2d(channels if before is None else before, channels, 3, padding=1)


def kernels(count):
    return nn.ParameterList([nn.Parameter(torch.ones(8, 3, 3, 3)) for _ in range(count)])


def aliased():
    net = Net(lambda s, x: s.b(s.a(x)), a=same(3))
    net.b = net.a
    return net


OWN = {
    "a layer used three times": Net(lambda s, x: s.c(s.c(s.c(s.a(x)))), a=same(8, 3), c=same()),
    "a module under two names": aliased(),
    "a head on two levels": Net(
        lambda s, x: (s.h(s.a(x)), s.h(s.b(s.a(x)))),
        a=same(8, 3),
        b=nn.Conv2d(8, 8, 3, 2),
        h=nn.Conv2d(8, 4, 1),
    ),
    "weight norm": nn.utils.parametrizations.weight_norm(same(8, 3)),
    "an interpolated parameter": Net(
        lambda s, x: s.a(x) + functional.interpolate(s.p, size=(32, 32)),
        a=same(8, 3),
        p=nn.Parameter(torch.zeros(1, 8, 7, 7)),
    ),
    "an expanded parameter": Net(
        lambda s, x: s.a(x) * s.g.expand(1, 8, 32, 32),
        a=same(8, 3),
        g=nn.Parameter(torch.ones(1, 8, 1, 1)),
    ),
    "a sum of kernels": Net(lambda s, x: functional.conv2d(x, sum(s.k)), k=kernels(4)),
    "a parameter beside the input": Net(
        lambda s, x: s.a(torch.cat([x, s.p.expand(1, 2, 32, 32)], 1)),
        a=same(8, 5),
        p=nn.Parameter(torch.ones(1, 2, 1, 1)),
    ),
    "tied weights of a linear layer": Net(
        lambda s, x: functional.linear(s.a(x.mean((2, 3))), s.a.weight.t()), a=nn.Linear(3, 8)
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_params_are_those_of_the_module_and_macs_those_of_every_use(name):
    module = OWN[name].eval()
    net = rfsearch.from_torch(module, 32, 3)
    assert (net.totals["params"], net.totals["macs"]) == counted(module, torch.zeros(1, 3, 32, 32))
    assert not any("params" in line for line in net.findings)


def test_a_layer_that_is_used_again_has_its_params_in_the_first_row_alone():
    rows = rfsearch.from_torch(OWN["a layer used three times"], 32).rows
    assert [row.params for row in rows] == [224, 584, 0, 0]
    assert len({row.macs for row in rows[1:]}) == 1


def test_a_weight_norm_keeps_the_name_of_its_module():
    assert rfsearch.from_torch(nn.Sequential(OWN["weight norm"]), 32).rows[0].layer == "0"


def test_params_that_no_output_needs_are_left_out_and_said():
    module = Net(lambda s, x: (s.a(x), s.b(x))[0], a=same(8, 3), b=same(8, 3), c=nn.Linear(4, 4))
    net = rfsearch.from_torch(module, 32)
    assert net.totals["params"] == 224
    assert any(
        "no output needs 1 layers" in line and "224 params and" in line for line in net.findings
    )
    assert any("nothing reads, left out: 20 (c.weight, c.bias)" in line for line in net.findings)


def test_params_that_reach_an_output_past_the_input_are_said():
    module = Net(lambda s, x: (s.a(x), s.p * 2), a=same(8, 3), p=nn.Parameter(torch.ones(5)))
    findings = rfsearch.from_torch(module, 32).findings
    assert any("the outputs need, but no row has: 5 (p)" in line for line in findings)


CHANNELS = {
    "a sum of two halves": (lambda s, x: s.c(s.a(x).view(1, 2, 4, 32, 32).sum(1)), 4),
    "maxout": (lambda s, x: s.c(s.a(x).view(1, 4, 2, 32, 32).amax(2)), 4),
    "one of two halves": (lambda s, x: s.c(s.a(x).view(1, 2, 4, 32, 32)[:, 1]), 4),
    "a stack written as a concatenation": (
        lambda s, x: s.c(torch.cat([s.a(x).unsqueeze(1), s.a(-x).unsqueeze(1)], 1).sum(1)),
        8,
    ),
    "a stack": (lambda s, x: s.c(torch.stack([s.a(x), s.a(-x)]).mean(0)), 8),
    "two images in a batch": (lambda s, x: s.c(torch.cat([s.a(x), s.a(-x)], 0)), 8),
    "the larger of two": (lambda s, x: s.c(torch.max(s.a(x), s.a(-x))), 8),
    "the largest of two halves": (lambda s, x: s.c(torch.max(*s.a(x).chunk(2, 1))), 4),
}


@pytest.mark.parametrize("name", CHANNELS)
def test_a_reduction_over_a_part_of_the_channels_leaves_the_others(name):
    function, left = CHANNELS[name]
    module = Net(function, a=same(8, 3), c=nn.Conv2d(left, 6, 3))
    net = rfsearch.from_torch(module, 32, 3)
    assert (net.totals["params"], net.totals["macs"]) == counted(module, torch.zeros(1, 3, 32, 32))
    assert net.output_size == 30


@pytest.mark.parametrize("pool", [nn.AvgPool2d(8), nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(8, 1)])
def test_an_average_over_the_whole_map_is_the_head(pool):
    net = rfsearch.from_torch(
        nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), pool, nn.Flatten(), nn.Linear(8, 10)), 32
    )
    assert (net.rf, net.output_size, net.totals["depth"]) == (3, 8, 1)


class Resized(nn.Module):
    """A pooled branch that is resized back, as in GhostNetV2, SCNet and HoVerNet."""

    def __init__(self, channels=1):
        super().__init__()
        self.c = nn.Conv2d(channels, channels, 3, padding=1)
        self.d = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        pooled = self.c(functional.avg_pool2d(x, 4))
        return self.d(x + functional.interpolate(pooled, x.shape[2:]))


@pytest.mark.parametrize("size", [40, 42, 43])
def test_where_a_resize_has_no_whole_ratio_rf_is_the_largest_of_the_outputs_that_exist(size):
    module = nn.Sequential(Resized(), Resized()).double()
    for parameter in module.parameters():
        parameter.data.fill_(1)
    image = torch.ones(1, 1, size, size, dtype=torch.double, requires_grad=True)
    output, largest = module(image), 0
    net = rfsearch.from_torch(module, size)
    for row in range(size):
        (grad,) = torch.autograd.grad(output[0, 0, row, size // 2], image, retain_graph=True)
        rows = grad[0, 0].sum(1).nonzero().flatten()
        largest = max(largest, int(rows[-1] - rows[0]) + 1)
        assert net.box((row, size // 2))[0] == (int(rows[0]), int(rows[-1]))
    assert net.rf == largest


def test_resizes_without_whole_ratios_may_follow_each_other():
    net = rfsearch.from_torch(nn.Sequential(*[Resized(4) for _ in range(8)]), 14)
    assert net.rf == 79
    assert not any("period" in line for line in net.findings)
