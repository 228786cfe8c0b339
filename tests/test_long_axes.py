"""Long signals: what is found of 16,384 samples is found of ten million."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rfsearch
from rfsearch.errors import UsageError
from rfsearch.network.axis import Resize, Transposed, Window
from rfsearch.network.bits import every, positions, runs, spread
from rfsearch.network.reach import MOST_PHASES, _read

MASKS = st.integers(0, 2**80)


def read_one_by_one(one, n, mask):
    """Positions of the n that outputs of the mask read, each output by itself."""
    found = set()
    for index in range(mask.bit_length()):
        if mask >> index & 1:
            for at in one.reads(index, n):
                if one.clamps:
                    found.add(min(max(at, 0), n - 1))
                elif 0 <= at < n:
                    found.add(at)
    return sum(1 << at for at in found)


_MAPS = st.one_of(
    st.builds(
        Transposed, st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3),
        st.integers(1, 3),
    ),
    st.builds(
        Resize, st.fractions(1, 5, max_denominator=6),
        st.sampled_from(["nearest", "linear", "cubic"]),
        st.sampled_from(["asymmetric", "half_pixel"]),
    ),
    st.builds(Window, st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3)),
)  # fmt: skip


@given(_MAPS, st.integers(8, 30), st.data())
def test_positions_read_at_once_are_those_read_one_by_one(one, n, data):
    size = one.size(n)
    if size < 1 or one.period(n)[0] > MOST_PHASES:
        return
    mask = data.draw(st.integers(0, 2**size - 1))
    assert _read(one, n, mask) == read_one_by_one(one, n, mask)


@given(MASKS, st.integers(1, 5))
def test_bits_are_moved_as_their_names_say(mask, step):
    at = [index for index in range(mask.bit_length()) if mask >> index & 1]
    assert positions(mask) == at
    assert positions(spread(mask, step)) == [index * step for index in at]
    assert positions(every(mask, step)) == [index // step for index in at if index % step == 0]
    assert [index for a, b in runs(mask) for index in range(a, b + 1)] == at


@pytest.mark.parametrize("samples", [16_384, 16_385, 10_000_000])
def test_holes_and_unseen_samples_are_found_at_any_length(samples):
    stack = "32C2P1024:0D1024-32C2P2048:0D2048"
    said = "\n".join(rfsearch.parse(stack, (samples,), 32).findings)
    assert "gridding: the middle output sees 4 of the 3073 positions of its box" in said
    said = "\n".join(rfsearch.parse("8C3S5", (samples,), 1).findings)
    assert f"input pixels never seen: {2 * samples // 5} of {samples} samples (3..4, 8..9" in said


def test_only_signals_are_so_long():
    assert rfsearch.parse("8C3", (10_000_000,)).output_size == 9_999_998
    with pytest.raises(UsageError, match=r"10000001 is not a whole number in 1\.\.10000000"):
        rfsearch.parse("8C3", (10_000_001,))
    with pytest.raises(UsageError, match=r"65537 is not a whole number in 1\.\.65536"):
        rfsearch.parse("8C3", (65_537, 8))


def test_a_decoder_of_a_long_signal_is_followed_at_once():
    net = rfsearch.parse("8C8S4-8T8S4-UPL2", (2_000_000,), 1)
    assert net.output_size == 4_000_000
    assert not any("never seen" in line for line in net.findings)
