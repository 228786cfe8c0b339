"""Few candidates in plain Python against the kernel, and figures that int64 cannot hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import held

import rfsearch
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR
from rfsearch.network.bulk.few import FEW, figures_of_few
from rfsearch.network.bulk.layers import LayerArrays

ROUNDINGS = {"exact": EXACT, "floor": FLOOR, "ceil": CEIL}


@held
@given(seed=st.integers(0, 2**32 - 1), rounding=st.sampled_from(sorted(ROUNDINGS)))
def test_few_have_the_figures_of_the_kernel(seed, rounding):
    """Convolutions and pools, gaps between them, `same` and dilation: whatever is valid."""
    random = np.random.default_rng(seed)
    shape = (200, 4)
    op = random.choice([0, 1, 1, 1, 3, 4], shape)
    pool = op > 1
    arrays = {
        "op": op,
        "kernel": np.where(pool, random.integers(2, 4, shape), random.integers(1, 8, shape)),
        "stride": random.integers(1, 4, shape),
        "padding": random.integers(-1, 3, shape),
        "dilation": np.where(pool, 1, random.integers(1, 3, shape)),
        "channels": random.integers(0, 9, shape),
    }
    frame = rfsearch.evaluate(arrays, 40, rounding=rounding, input_channels=2, bytes_per_value=3)
    valid = frame["valid"].is_null().to_numpy()
    chosen = LayerArrays.of({name: array[valid] for name, array in arrays.items()})
    figures = figures_of_few(
        chosen, 40, input_channels=2, rounding=ROUNDINGS[rounding], bytes_per_value=3
    )
    kernel = frame.filter(valid).drop("valid")
    assert list(figures) == kernel.columns
    assert figures == {name: kernel[name].to_list() for name in kernel.columns}


def test_figures_beyond_int64_are_whole():
    """On one pixel a stride goes on for ever: jumps of 4^64, alone and among many stacks."""
    space = rfsearch.Space(
        kernel=[1], stride=[1, 4], padding=[0], channels=[1], depth=(64, 64), allow_gaps=True
    )
    found = space.search(1, 1, rounding="floor")
    assert found.count() == 2**64
    last = 2**64 - 1
    for rows in (1, FEW // 64 + 1):
        *_, frame = found.stacks(2**64 - rows, 2**64, batch=rows)
        assert frame["stack"][-1] == found.match(last)
        strides = [stack.count("S4") for stack in frame["stack"]]
        assert frame["jump"].to_list() == [str(4**number) for number in strides]
        assert frame["rf"].to_list() == [1] * rows
    assert strides[-1] == 64


def test_a_centre_beyond_every_float_is_a_limit():
    """Paddings of 65536 pixels under strides as large, 64 times."""
    space = rfsearch.Space(
        kernel=[1], stride=[65536], padding=[65536], channels=[1], depth=(64, 64),
        allow_gaps=True, allow_wide_padding=True,
    )  # fmt: skip
    found = space.search(1, 1, rounding="floor")
    assert found.count() == 1
    with pytest.raises(rfsearch.LimitError, match=r"^centre: "):
        found.top(1)


@pytest.mark.parametrize("k", [1, FEW // 6 + 1])
def test_a_list_has_the_same_rows_however_long_it_is(k):
    """The first rows of a long list, which the kernel prices, are those of a short one."""
    found = rfsearch.Space(depth=(6, 6)).search(60, 41, rounding="floor")
    frame = found.top(k, distinct="none")
    again = rfsearch.evaluate(frame["stack"], 60)
    columns = [name for name in again.columns if name not in ("stack", "valid")]
    assert frame.select(columns).equals(again.select(columns))


def test_families_behind_strides_beyond_32_bits_are_listed_once():
    """65536 on each of two axes: their product tells families apart, and int32 holds it not."""
    space = rfsearch.Space(
        kernel=[1, 3], stride=[1, 65536], padding=[0, 1], channels=[4], depth=(1, 3),
        allow_gaps=True,
    )  # fmt: skip
    found = space.search(9, "1..7", rounding="floor")
    listed = found.top(1000)
    assert len(listed) == found.families() == 13
    assert listed["twins"].sum() == found.count() == 114
