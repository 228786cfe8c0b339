"""What a torch module is in the notation, where it can be said in it, and that it is the same."""

from __future__ import annotations

import pytest

import rfsearch
from rfsearch.layers.notation import parse_stack
from rfsearch.network.names import published

torch = pytest.importorskip("torch", reason="torch is not installed; from_torch is for its users")

import build_torch  # noqa: E402, because it needs torch, which may be absent
from gradient import positive  # noqa: E402, likewise
from test_torch_params import Net, same  # noqa: E402, likewise
from torch import nn  # noqa: E402, likewise


@pytest.mark.parametrize("name", ["patchgan70", "resnet18", "mobilenet_v2"])
def test_a_named_network_as_a_torch_module_is_said_in_the_notation(name):
    net = rfsearch.parse(name)
    module = build_torch.build(parse_stack(published()[name].stack), net.input, net.input_channels)
    read = rfsearch.from_torch(module, net.input, net.input_channels)
    again = rfsearch.parse(read.notation, net.input, net.input_channels)
    assert (again.totals, again.rf, len(again.rows)) == (net.totals, net.rf, len(net.rows))
    assert read.unsaid == ""


def gate(s, x):
    y = s.a(x)
    return y * s.e(s.s(y.mean((2, 3), keepdim=True)).relu()).sigmoid()


SAID = {
    "a sequence": (
        nn.Sequential(nn.Conv2d(3, 8, 5, 2, 1), nn.BatchNorm2d(8), nn.MaxPool2d(3, 2, 1), same()),
        "8C5S2P1NB1-MP3S2P1-8C3P1",
    ),
    "a skip": (
        Net(lambda s, x: (lambda y: y + s.b(y))(s.a(x)), a=same(8, 3), b=same()),
        "8C3P1-R(8C3P1)",
    ),
    "branches": (
        Net(
            lambda s, x: torch.cat([s.a(x), s.c(s.b(x))], 1),
            a=nn.Conv2d(3, 4, 1),
            b=nn.Conv2d(3, 6, 3, padding=1, groups=3),
            c=same(6),
        ),
        "(4C1|6DW3P1-6C3P1)",
    ),
    "a gate": (Net(gate, a=same(8, 3), s=nn.Conv2d(8, 2, 1), e=nn.Conv2d(2, 8, 1)), "8C3P1-SE4"),
    "a U": (
        Net(
            lambda s, x: s.c(torch.cat([x, s.b(s.a(x))], 1)),
            a=nn.Conv2d(3, 8, 3, 2, 1),
            b=nn.ConvTranspose2d(8, 4, 4, 2, 1),
            c=same(5, 7),
        ),
        "(ID|8C3S2P1-4T4S2P1)-5C3P1",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_module_is_said_in_the_notation(name):
    module, text = SAID[name]
    assert rfsearch.from_torch(module.eval(), 16, 3).notation == text


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_built_again_and_computes_the_same_with_the_same_weights(name):
    module = positive(SAID[name][0])
    read = rfsearch.from_torch(module, 16, 3)
    built = rfsearch.to_torch(rfsearch.parse(read.notation, 16, 3), activation="none")
    built.notation = ""  # so that it is read row by row, too
    again = rfsearch.from_torch(built.eval(), 16, 3)
    built = built.double()
    theirs, ours = dict(module.named_parameters()), dict(built.named_parameters())
    for one, other in zip(read.nodes, again.nodes, strict=True):
        for mine, its in zip(one.weights, other.weights, strict=True):
            ours[its].data = theirs[mine].data.reshape(ours[its].shape)
    image = torch.rand(1, 3, 16, 16, dtype=torch.double)
    torch.testing.assert_close(built(image), module(image))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (nn.Sequential(same(8, 3), nn.GroupNorm(2, 8)), "row 2 (1): the notation has no words"),
        (Net(lambda s, x: (s.a(x), s.a(-x)), a=same(8, 3)), "2 outputs"),
        (Net(lambda s, x: s.b(s.b(s.a(x))), a=same(8, 3), b=same()), "shares its weights"),
        (Net(lambda s, x: torch.maximum(s.a(x), s.b(x)), a=same(8, 3), b=same(8, 3)), "maximum"),
    ],
)
def test_what_cannot_be_said_names_the_row_that_stands_in_the_way(module, reason):
    net = rfsearch.from_torch(module.eval(), 16, 3)
    assert net.notation is None
    assert reason in net.unsaid
