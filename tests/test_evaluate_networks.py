"""evaluate on published networks, on suffixes, and at the ends of int64."""

from itertools import pairwise

import numpy as np
import pytest

import rfsearch

ALEXNET = "96C11S4-MP3S2-256C5P2-MP3S2-384C3P1-384C3P1-256C3P1-MP3S2"
VGG16 = "(64C3P1)x2-MP2S2-(128C3P1)x2-MP2S2-(256C3P1)x3-MP2S2-(512C3P1)x3-MP2S2-(512C3P1)x3-MP2S2"


def one(stack, size, **settings):
    (row,) = rfsearch.evaluate([stack], size, **settings).to_dicts()
    return row


def test_alexnet_features_have_the_published_receptive_field():
    """Distill 2019's table: RF 195, jump 32, padding 64; 227 pixels become 6."""
    row = one(ALEXNET, 227, rounding="exact")
    assert (row["output_size"], row["rf"], row["jump"], row["padding_total"]) == (6, 195, 32, 64)


def test_vgg16_convolutions_have_the_published_costs():
    """15,346,630,656 MACs, 14,714,688 params, RF 212, peak 6,422,528 values."""
    row = one(VGG16, 224)
    assert (row["output_size"], row["rf"], row["jump"], row["padding_total"]) == (7, 212, 32, 90)
    assert (row["macs"], row["params"]) == (15_346_630_656, 14_714_688)
    assert row["peak_memory"] == 4 * 6_422_528
    assert row["memory"] == 4 * row["activations"] == 4 * (15_237_608 - 2 * 4_096 - 1_000)


def test_suffixes_change_what_is_learned():
    """A bias is one value a channel, a norm two instead, B0 none."""
    weights = 9 * 3 * 8
    params = {stack: one(stack, 9)["params"] for stack in ("8C3", "8C3N", "8C3B0", "8C3L")}
    assert params == {
        "8C3": weights + 8,
        "8C3N": weights + 16,
        "8C3B0": weights,
        "8C3L": weights + 16,
    }


def test_groups_and_depthwise_divide_the_weights():
    """G2 halves the input channels of each filter; DW has one input channel for each."""
    assert one("8C1-8C3G2", 9)["macs"] == 81 * 3 * 8 + 49 * 9 * 4 * 8
    assert one("8C1-DW3", 9)["macs"] == 81 * 3 * 8 + 49 * 9 * 1 * 8
    assert one("8C1-16DW3", 9)["params"] == 3 * 8 + 8 + 9 * 16 + 16
    assert one("8C1-12DW3", 9)["valid"] == "layer 2: groups 8 do not divide channels 8 and 12"


def test_a_pool_with_u_rounds_up_in_every_rounding():
    """7 pixels under a 2x2 window of stride 2: 4 with U, 3 without, none under exact."""
    for rounding in ("exact", "floor", "ceil"):
        assert one("MP2S2U", 7, rounding=rounding)["output_size"] == 4
    assert one("MP2S2", 7)["output_size"] == 3
    assert one("MP2S2", 7, rounding="exact")["valid"] == "layer 1: remainder 1 of (7 - 2) / 2"
    assert one("MP2S2", 7, rounding="ceil")["output_size"] == 4
    assert one("C2S2", 7, rounding="ceil")["output_size"] == 3


def test_same_padding_puts_the_odd_pixel_after():
    """4 pixels under a window of 4: padding 3 in all, 1 before, so the centre moves by a half."""
    row = one("C4Ps", 4)
    assert (row["output_size"], row["padding_total"], row["centre"]) == (4, 1, 0.5)


def python_macs(size, kernel, channels, layers, input_channels):
    """The MACs of `layers` equal 'same' convolutions in Python's own integers."""
    widths = [input_channels] + [channels] * layers
    return sum(size**2 * kernel**2 * a * b for a, b in pairwise(widths))


@pytest.mark.parametrize("kernel", [43, 44, 45, 46, 47])
def test_macs_beyond_int64_are_refused_and_never_wrap(kernel):
    """Just under 2^63 the figure is exact, from it on `valid` says what does not fit."""
    size, channels = 65_536, 1 << 10
    arrays = {"kernel": np.full((1, 2), kernel), "channels": channels, "padding": -1}
    (row,) = rfsearch.evaluate(arrays, size, input_channels=channels).to_dicts()
    exact = python_macs(size, kernel, channels, 2, channels)
    if exact < 2**63 - 2**44:
        assert (row["macs"], row["valid"]) == (exact, None)
    else:
        assert row["macs"] is None
        assert row["valid"].endswith(": macs passes 2^63, the largest number kept")


def test_every_other_figure_beyond_int64_is_refused_too():
    """Memory, peak memory, variance, receptive field and jump, each named."""
    wide = {"kernel": [[1, 1]], "groups": 1 << 20, "channels": 1 << 20}
    stack = rfsearch.evaluate(wide, 65_536, input_channels=1 << 20, bytes_per_value=1024)
    assert stack["valid"].to_list() == ["layer 1: memory passes 2^63, the largest number kept"]
    gaps = {"kernel": [[1] * 4 + [3]], "stride": [[65_536] * 3 + [1, 1]], "padding": -1}
    far = rfsearch.evaluate({**gaps, "channels": 1}, 65_536)["valid"].to_list()
    assert far == ["layer 5: erf_variance passes 2^63, the largest number kept"]
    jump = {"kernel": [[1] * 4], "stride": 65_536}
    row = rfsearch.evaluate({**jump, "channels": 1}, 65_536).to_dicts()[0]
    assert row["valid"] == "layer 4: jump passes 2^63, the largest number kept"
    padded = {"kernel": [[1] * 4], "stride": 65_536, "padding": 65_536}
    row = rfsearch.evaluate({**padded, "channels": 1}, 65_536).to_dicts()[0]
    assert row["valid"].startswith("layer 4: receptive field or padding passes 2^63")


def test_a_jump_of_up_to_63_bits_is_exact():
    """2^62 is kept whole."""
    row = one("-".join(["C1S4"] * 31), 227)
    assert (row["jump"], row["rf"], row["valid"]) == (2**62, 1, None)
