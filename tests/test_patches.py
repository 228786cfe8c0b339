"""Patches: a stage that makes its output patch by patch, against every position listed one by one."""

from __future__ import annotations

import naive_patches as naive
import pytest
from conftest import often
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch


@st.composite
def layers(draw, axes, width, keeps=False):
    """A layer; one that `keeps` has the sizes and the width of its input."""
    op = draw(st.sampled_from(("C", "C", "DW") if keeps else ("C", "C", "DW", "MP")))

    def each(strategy):
        if draw(st.booleans()):
            return (draw(strategy),) * axes
        return tuple(draw(strategy) for _ in range(axes))

    kernel = each(st.sampled_from((1, 3)) if keeps else st.integers(1 if op != "MP" else 2, 4))
    dilation = (1,) * axes
    if op != "MP" and min(kernel) > 1:
        dilation = each(st.integers(1, 2))
    if keeps:
        stride = (1,) * axes
        padding = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))
    else:
        stride = tuple(min(s, k) for s, k in zip(each(st.integers(1, 3)), kernel, strict=True))
        padding = tuple(min(p, k // 2) for p, k in zip(each(st.integers(0, 2)), kernel, strict=True))
    channels = width if keeps else draw(st.integers(1, 3))
    return naive.Layer(op, kernel, stride, padding, dilation, channels if op == "C" else 0)


@st.composite
def branches(draw, axes, width, keeps=False, depth=2):
    """Items in a row; those that keep sizes and width may stand in a block."""
    items = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("layer", "layer", "R", "|", "+"))) if depth else "layer"
        if kind == "layer":
            items.append(draw(layers(axes, width, keeps)))
            width = items[-1].channels or width
        elif kind == "R":
            items.append(("R", draw(branches(axes, width, True, depth - 1))))
        else:
            one = draw(branches(axes, width, True, depth - 1))
            other = draw(st.one_of(st.just([]), branches(axes, width, True, depth - 1)))
            if kind == "|" and keeps:
                kind = "+"
            items.append((kind, draw(st.permutations([one, other]))))
            width *= 2 if kind == "|" else 1
    return items


@st.composite
def networks(draw):
    """(items, sizes, channels) of a network with patches, before and after which others stand."""
    axes = draw(st.sampled_from((1, 2)))
    channels = draw(st.integers(1, 3))
    sizes = tuple(draw(st.integers(5, 17)) for _ in range(axes))
    counts = (draw(st.integers(2, 4)),) * axes
    if axes > 1 and draw(st.booleans()):
        counts = (*counts[:-1], draw(st.integers(1, 3)))
    items, width = [], channels
    if draw(st.booleans()):
        items.append(draw(layers(axes, width)))
        width = items[-1].channels or width
    items.append(("P", counts, draw(branches(axes, width))))
    return items, sizes, channels


def shown(sizes):
    return f"1d:{sizes[0]}" if len(sizes) == 1 else "x".join(map(str, sizes))


@settings(max_examples=often(200, 4000))
@given(networks())
def test_a_network_costs_what_its_patches_cost_one_by_one(network):
    items, sizes, channels = network
    try:
        oracle = naive.Naive(items, sizes, channels)
    except ValueError:
        with pytest.raises(rfsearch.UsageError):
            rfsearch.parse(naive.text(items), shown(sizes), input_channels=channels)
        return
    found = rfsearch.parse(naive.text(items), shown(sizes), input_channels=channels, bytes_per_value=1)
    assert rfsearch.parse(found.notation, shown(sizes), channels).notation == found.notation
    assert found.totals["macs"] == oracle.macs
    assert found.totals["params"] == oracle.params
    assert found.totals["peak_memory"] == oracle.peak
