"""Patches: a stage that makes its output patch by patch, against a listing and against a run."""

from __future__ import annotations

import naive_patches as naive
import numpy as np
import pytest
from conftest import often
from hypothesis import given, settings
from hypothesis import strategies as st
from run_patches import Run

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
        padding = tuple(
            min(p, k // 2) for p, k in zip(each(st.integers(0, 2)), kernel, strict=True)
        )
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
    if draw(st.booleans()):
        items.append(draw(layers(axes, 1)))
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
    found = rfsearch.parse(
        naive.text(items), shown(sizes), input_channels=channels, bytes_per_value=1
    )
    assert rfsearch.parse(found.notation, shown(sizes), channels).notation == found.notation
    assert found.totals["macs"] == oracle.macs
    assert found.totals["params"] == oracle.params
    assert found.totals["peak_memory"] == oracle.peak


@settings(max_examples=often(60, 1500))
@given(networks(), st.integers(0, 1000))
def test_what_runs_patch_by_patch_is_what_runs_whole(network, seed):
    items, sizes, channels = network
    try:
        oracle = naive.Naive(items, sizes, channels)
    except ValueError:
        return
    run = Run(oracle, seed)
    for number, values in run.patched.items():
        assert np.array_equal(values, run.whole[number])
    found = rfsearch.parse(naive.text(items), shown(sizes), channels)
    assert found.totals["macs"] == run.macs


@st.composite
def spaces(draw):
    """(blocks, patches, widths, sizes, channels): each block patched or not, then a convolution."""
    axes = draw(st.sampled_from((1, 2, 2)))
    channels = draw(st.integers(1, 3))
    sizes = (draw(st.integers(6, 14)),) * axes
    if axes > 1 and draw(st.booleans()):
        sizes = (sizes[0], draw(st.integers(6, 14)))
    blocks = draw(st.lists(branches(axes, channels), min_size=1, max_size=3))
    counts = [(p,) * axes for p in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))]
    if axes > 1 and draw(st.booleans()):
        counts.append((draw(st.integers(1, 3)), draw(st.integers(1, 3))))
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True))
    return blocks, sorted(set(counts)), sorted(widths), sizes, channels


def listed(space):
    """{notation: what it costs} of every stack whose sizes are valid."""
    blocks, counts, widths, sizes, channels = space
    found = {}
    for block in blocks:
        for count in counts:
            first = [("P", count, block)] if max(count) > 1 else block
            for width in widths:
                ones = (1,) * len(sizes)
                last = naive.Layer("C", ones, ones, (0,) * len(sizes), ones, width)
                try:
                    found[naive.text([*first, last])] = naive.Naive([*first, last], sizes, channels)
                except ValueError:
                    continue
    return found


def searched(space, **asked):
    blocks, counts, widths, sizes, channels = space
    names = [f"b{number}" for number in range(len(blocks))]
    holes = {"p": [naive.numbers(count) for count in counts]}
    built = rfsearch.Space(
        stages=[{"block": names}, {"kernel": 1, "channels": widths}],
        block={
            name: {"stack": f"P{{p}}({naive.text(block)})", **holes}
            for name, block in zip(names, blocks, strict=True)
        },
        axes=len(sizes),
        input_channels=channels,
        allow_gaps=True,
        allow_holes=True,
    )
    return built.search("x".join(map(str, sizes)), rounding="floor", bytes_per_value=1, **asked)


FIGURES = ("macs", "peak_memory", "params")


def figures(rows):
    return sorted(rows.select(FIGURES).rows())


def known(oracles):
    return sorted((one.macs, one.peak, one.params) for one in oracles)


@settings(max_examples=often(20, 1500))
@given(spaces(), st.data())
def test_a_search_is_a_plain_listing(space, data):
    every = listed(space)
    found = searched(space)
    assert found.count() == len(every)
    if not every:
        return
    rows = found.top(1000, by=["macs", "peak_memory"], distinct="none")
    assert dict(zip(rows["stack"], rows.select(FIGURES).rows(), strict=True)) == {
        stack: (one.macs, one.peak, one.params) for stack, one in every.items()
    }
    assert [(a, b) for a, b, _ in rows.select(FIGURES).rows()] == sorted(
        (one.macs, one.peak) for one in every.values()
    )
    vectors = {(one.macs, one.peak) for one in every.values()}
    best = {
        one
        for one in vectors
        if not any(a <= one[0] and b <= one[1] and (a, b) != one for a, b in vectors)
    }
    assert set(found.front(["macs", "peak_memory"]).select("macs", "peak_memory").rows()) == best
    limit = data.draw(st.sampled_from(sorted(one.peak for one in every.values())))
    most = data.draw(st.sampled_from(sorted(one.macs for one in every.values())))
    for asked, keeps in (
        ({"max_peak_memory": limit}, lambda one: one.peak <= limit),
        ({"min_peak_memory": limit}, lambda one: one.peak >= limit),
        ({"max_macs": most}, lambda one: one.macs <= most),
        (
            {"max_macs": most, "max_peak_memory": limit},
            lambda one: one.macs <= most and one.peak <= limit,
        ),
    ):
        kept = [one for one in every.values() if keeps(one)]
        narrower = searched(space, **asked)
        assert narrower.count() == len(kept)
        if kept:
            assert figures(narrower.top(1000, by=["params"], distinct="none")) == known(kept)
