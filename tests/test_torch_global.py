"""Norms over positions and other global paths of torch modules are said, and measured."""

from __future__ import annotations

import pytest

import rfsearch

torch = pytest.importorskip("torch", reason="torch is not installed; from_torch is for its users")

from gradient import positive, seen  # noqa: E402, because it needs torch
from torch import nn  # noqa: E402, likewise

SIZE = 14
EVERYTHING = (list(range(SIZE)), list(range(SIZE)))


class Function(nn.Module):
    """A convolution before, a function of its output, a convolution after."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.before, self.after = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        return self.after(self.function(self.before(x)))


def between(norm):
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), norm, nn.Conv2d(8, 8, 3, padding=1))


GLOBAL = {
    "group norm": between(nn.GroupNorm(2, 8)),
    "instance norm": between(nn.InstanceNorm2d(8, affine=True)),
    "layer norm over positions": between(nn.LayerNorm((8, SIZE, SIZE))),
    "batch norm without running statistics": between(nn.BatchNorm2d(8, track_running_stats=False)),
    "softmax over positions": Function(lambda y: y.flatten(2).softmax(-1).view_as(y)),
    "mean taken off": Function(lambda y: y - y.mean((2, 3), keepdim=True)),
    "norm written out": Function(
        lambda y: (
            (y - y.mean((1, 2, 3), keepdim=True)) / (y.var((1, 2, 3), keepdim=True) + 1).sqrt()
        )
    ),
    "pooled and resized back": Function(
        lambda y: y + nn.functional.interpolate(nn.functional.adaptive_avg_pool2d(y, 1), size=SIZE)
    ),
}
LOCAL = {
    "batch norm": between(nn.BatchNorm2d(8)),
    "layer norm over channels": Function(
        lambda y: nn.functional.layer_norm(y.permute(0, 2, 3, 1), (8,)).permute(0, 3, 1, 2)
    ),
    "response norm across channels": between(nn.LocalResponseNorm(3)),
    "softmax over channels": between(nn.Softmax2d()),
}


@pytest.mark.parametrize("name", GLOBAL)
def test_through_a_norm_over_positions_every_output_sees_all_while_rf_stays_the_windows(name):
    module = positive(GLOBAL[name])
    net = rfsearch.from_torch(module, SIZE)
    assert seen(module, (1, 3, SIZE, SIZE), (2, 7)) == EVERYTHING
    assert net.reach((2, 7)) == EVERYTHING
    assert net.box((2, 7)) == ((0, SIZE - 1), (0, SIZE - 1))
    assert net.sees_all
    assert net.rf == 5


@pytest.mark.parametrize("name", LOCAL)
def test_a_norm_at_each_position_sees_no_other(name):
    module = positive(LOCAL[name])
    net = rfsearch.from_torch(module, SIZE)
    assert not net.sees_all
    assert net.reach((2, 7)) == seen(module, (1, 3, SIZE, SIZE), (2, 7))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("group norm", "norm over positions, row 2 (1)"),
        ("softmax over positions", "attention, row 2"),
        ("mean taken off", "sum with a pooled branch"),
    ],
)
def test_the_finding_names_the_row_and_what_it_is(name, words):
    findings = rfsearch.from_torch(GLOBAL[name].eval(), SIZE).findings
    assert any(words in line for line in findings), findings


def causal(*norms):
    return nn.Sequential(
        nn.ConstantPad1d((4, 0), 0.0), nn.Conv1d(2, 8, 5), *norms, nn.ReLU(), nn.Conv1d(8, 8, 1)
    )


def test_a_causal_network_with_a_norm_over_time_is_said_not_to_be_causal():
    later = "outputs see later samples, too: the network is not causal"
    assert any(
        later in line for line in rfsearch.from_torch(causal(nn.GroupNorm(1, 8)), 50).findings
    )
    quiet = rfsearch.from_torch(causal(nn.BatchNorm1d(8)), 50).findings
    assert not any("causal" in line for line in quiet)


class Recurrent(nn.Module):
    def __init__(self, kind, both):
        super().__init__()
        self.before = nn.Conv1d(2, 6, 3, padding=1)
        self.layer = kind(6, 4, batch_first=True, bidirectional=both, num_layers=2)

    def forward(self, x):
        return self.layer(self.before(x).transpose(1, 2))[0].transpose(1, 2)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("both", [False, True])
def test_a_recurrent_layer_sees_all_that_came_before_or_everything(kind, both):
    module = positive(Recurrent(kind, both))
    for parameter in module.parameters():
        # Small enough that no state saturates.
        parameter.data *= 0.1
    net = rfsearch.from_torch(module, 12)
    assert net.reach((5,)) == seen(module, (1, 2, 12), (5,))
    assert net.reach((5,)) == ([*range(12)] if both else [*range(7)],)
    assert net.totals["params"] == sum(one.numel() for one in module.parameters())
    assert any("recurrent layer" in line for line in net.findings)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular", "zeros"])
@pytest.mark.parametrize("index", [(0, 0), (1, 13), (7, 12)])
def test_padding_made_of_pixels_reaches_these_pixels(mode, index):
    module = positive(
        nn.Sequential(
            nn.Conv2d(1, 2, 5, padding=2, padding_mode=mode),
            nn.Conv2d(2, 2, 3, padding=1, padding_mode=mode),
        )
    )
    net = rfsearch.from_torch(module, SIZE)
    assert net.rf == 7
    assert net.reach(index) == seen(module, (1, 1, SIZE, SIZE), index)
