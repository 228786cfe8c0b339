"""Input sizes: the rule is that of every size tried one by one, for any network, for ever."""

from __future__ import annotations

from itertools import islice

import pytest
from described import EVERYTHING
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.errors import LimitError, SizeError, UsageError
from rfsearch.layers.notation import parse_stack
from rfsearch.network.from_notation import describe
from rfsearch.network.sizes import Repeating
from rfsearch.network.sizes.axis_sizes import axis_sizes

# Sizes that are tried one by one: beyond every start and period of most stacks below.
TRIED = 500


def size_after(item, n):
    """The output size of one drawn item on n samples, written down anew; None where it has none."""
    kind, *numbers = item
    if kind == "conv":
        k, s, p, d = numbers
        slack = n + 2 * p - d * (k - 1) - 1
        return slack // s + 1 if slack >= 0 else None
    if kind == "same":
        return -(-n // numbers[1])
    if kind == "pool":
        k, s, p, ceil = numbers
        slack = n + 2 * p - k
        if slack < 0:
            return None
        size = -(-slack // s) + 1 if ceil else slack // s + 1
        return size - 1 if ceil and (size - 1) * s >= n + p else size
    if kind == "transposed":
        k, s, p = numbers
        return max((n - 1) * s + k - 2 * p, 0) or None
    if kind == "resize":
        return n * numbers[0]
    if kind == "crop":
        return max(n - sum(numbers), 0) or None
    if kind == "whole":
        return 1
    return joined(item, n)


def joined(item, n):
    """Branches of one size; in a sum or product one position is spread over the others.

    Image-level branches are written out over the others in a concatenation, too.
    """
    _, sign, branches = item
    if sign == "|":
        branches = [branch for branch in branches if branch != (("whole",),)]
    sizes = [size_of(branch, n) for branch in branches]
    if None in sizes or len(set(sizes) - ({1} if sign != "|" else set())) > 1:
        return None
    return max(sizes)


def size_of(items, n):
    for item in items:
        n = n and size_after(item, n)
    return n


def drops(items, n):
    """Whether a stride of a chain leaves a remainder."""
    dropped = False
    for kind, *numbers in items:
        if kind in ("conv", "pool"):
            k, s, p, d = numbers if kind == "conv" else (*numbers[:3], 1)
            dropped = dropped or (n + 2 * p - d * (k - 1) - 1) % s > 0
        n = size_after((kind, *numbers), n)
    return dropped


def written(items):
    """The notation of drawn items."""
    return "-".join(map(written_item, items)) or "ID"


def written_item(item):
    kind, *numbers = item
    if kind == "branches":
        sign, branches = numbers
        return f"({sign.join(map(written, branches))})"
    form = {
        "conv": "4C{}S{}P{}D{}", "same": "4C{}S{}Ps", "transposed": "4T{}S{}P{}",
        "resize": "UP{}", "crop": "CROP{}:{}", "whole": "GAP-4C1",
    }.get(kind)  # fmt: skip
    if kind == "pool":
        return "MP{}S{}P{}".format(*numbers[:3]) + "U" * numbers[3]
    return form.format(*numbers)


def rule_of(notation):
    """What is proven of a signal's sizes, from a description at a size that may not work."""
    graph = describe(parse_stack(notation), (64,), 4, lenient=True)
    return axis_sizes(graph.finish(), 0)


_ints = st.integers
_ITEMS = st.one_of(
    st.tuples(_ints(1, 5), _ints(1, 3), _ints(0, 3), _ints(1, 3)).map(
        lambda one: ("conv", *one[:3], one[3] if one[0] > 1 else 1)
    ),
    st.tuples(st.just("same"), _ints(1, 5), _ints(1, 3)),
    st.tuples(_ints(2, 4), _ints(1, 3), _ints(0, 1), st.booleans()).map(lambda one: ("pool", *one)),
    st.tuples(st.just("transposed"), _ints(1, 4), _ints(1, 3), _ints(0, 1)),
    st.tuples(st.just("resize"), _ints(2, 3)),
    st.tuples(st.just("crop"), _ints(0, 2), _ints(1, 3)),
)
CHAINS = st.lists(_ITEMS, min_size=1, max_size=4).map(tuple)
_ENDS = st.one_of(CHAINS, st.just(()), st.just((("whole",),)))
_BRANCHES = st.tuples(
    st.just("branches"), st.sampled_from("|+*"), st.lists(_ENDS, min_size=2, max_size=3)
).filter(lambda item: any(branch and branch != (("whole",),) for branch in item[2]))
STACKS = st.lists(st.one_of(_ITEMS, _BRANCHES), min_size=1, max_size=4).map(tuple)


@settings(max_examples=300, deadline=None)
@given(STACKS)
def test_the_rule_is_that_of_every_size_tried(items):
    try:
        works = rule_of(written(items)).works
    except LimitError:
        assume(False)
    assume(works.start + 2 * works.period < TRIED)
    found = [n for n in range(1, TRIED) if size_of(items, n)]
    assert [n for n in range(1, TRIED) if n in works] == found
    assert list(islice((n for n in works), len(found))) == found
    assert works.least == found[0] if found else works.least is None


@settings(max_examples=200, deadline=None)
@given(CHAINS)
def test_sizes_that_divide_are_those_at_which_no_window_leaves_a_remainder(items):
    sizes = rule_of(written(items)).divides
    assume(sizes.start + 2 * sizes.period < TRIED)
    found = [n for n in range(1, TRIED) if size_of(items, n) and not drops(items, n)]
    assert [n for n in range(1, TRIED) if n in sizes] == found


@pytest.mark.parametrize(("notation", "given"), EVERYTHING)
def test_every_construct_has_a_rule_along_each_axis(notation, given):
    net = rfsearch.parse(notation, given)
    for axis, n in enumerate(net.input):
        sizes = net.sizes(axis)
        assert n in sizes.works
        for other in range(max(n - 12, 1), n + 12):
            shape = tuple(other if place == axis else m for place, m in enumerate(net.input))
            try:
                rfsearch.parse(notation, shape)
            except SizeError:
                assert other not in sizes.works
            else:
                assert other in sizes.works


@given(
    st.lists(st.integers(1, 40), unique=True).map(sorted),
    st.integers(1, 12),
    st.data(),
)
def test_the_nearest_sizes_are_the_nearest(listed, period, data):
    rests = data.draw(st.lists(st.integers(0, period - 1), unique=True).map(sorted))
    n = data.draw(st.integers(1, 120))
    sizes = Repeating(tuple(listed), 41, period, tuple(rests))
    every = [one for one in range(1, 400) if one in sizes]
    assert sizes.above(n, 3) == [one for one in every if one > n][:3]
    assert sizes.below(n, 3) == [one for one in every if one < n][-3:]
    assert list(islice(sizes, 5)) == every[:5]
    assert sizes.least == (every[0] if every else None)


@pytest.mark.parametrize(
    ("name", "rule", "divides"),
    [
        ("unet", "16 n + 60 from 188 on", "16 n + 60 from 188 on"),
        ("unet_padded", "multiples of 16", "multiples of 16"),
        ("alexnet", "every size from 67 on", "32 n + 35 from 67 on"),
        ("inception_v3", "every size from 75 on", "32 n + 43 from 75 on"),
        ("resnet50", "every size", "32 n + 1"),
        ("vgg16", "every size from 32 on", "multiples of 32"),
    ],
)
def test_published_networks_have_the_rules_that_their_users_know(name, rule, divides):
    sizes = rfsearch.parse(name).sizes()
    assert (sizes.rule, sizes.divides.rule) == (rule, divides)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("unet_padded", "1364x659", "for 1364: 1360, 1376 (multiples of 16)"),
        ("unet_padded", "1364x659", "for 659: 656, 672 (multiples of 16)"),
        ("unet", "570", "nearest input sizes that work: 556, 572 (16 n + 60 from 188 on)"),
        ("alexnet", "62", "least input size that works: 67 (every size from 67 on)"),
        ("inception_v3", "74", "least input size that works: 75"),
        ("8C3-GAP-8C3", "30", "no input size works"),
    ],
)
def test_an_error_of_sizes_says_which_are_near(name, given, said):
    with pytest.raises(SizeError) as raised:
        rfsearch.parse(name, given)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_axis_that_is_none_is_an_error():
    net = rfsearch.parse("8C3", 30)
    for axis in (2, -1, True, "rows"):
        with pytest.raises(UsageError, match="axis: "):
            net.sizes(axis)


def test_a_rule_too_long_to_be_worked_out_is_a_limit():
    pools = "-".join(["MP2S2"] * 40)
    with pytest.raises(LimitError, match="repeats only after"):
        rule_of(f"(4C1-{pools}|4C3S3-{pools})")
    assert rule_of(pools).divides is None
    assert rule_of(pools).works.rule == f"every size from {2**40} on"
