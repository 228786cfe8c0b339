"""What two items leave every plan of a network, and what items take on other sizes."""

from itertools import pairwise

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st
from test_device_tflm import _naive_plan, blocks, layers, parallel

import rfsearch
from rfsearch.device.tflm import arena
from rfsearch.device.tflm.border import around, border
from rfsearch.device.tflm.item import _Template, item_cost
from rfsearch.device.tflm.planner import Buffer, peak
from rfsearch.errors import UsageError
from rfsearch.layers.notation import parse_stack


@st.composite
def pieces(draw):
    """An item as its operators' outputs: (bytes, operators on which each is alive), scratches.

    `read` is the operator that reads the item's input last.
    """
    count = draw(st.integers(1, 4))
    sizes = st.sampled_from((1, 2, 2, 3, 4, 6, 8))
    inner = [(draw(sizes), at, draw(st.integers(at, count))) for at in range(1, count)]
    scratches = draw(st.lists(st.tuples(sizes, st.integers(1, count)), max_size=2))
    return inner, draw(st.integers(1, count)), count, scratches


def _alone(piece, before, behind):
    """The buffers of one item, its input of `before` and its output of `behind` bytes."""
    inner, read, count, scratches = piece
    return [
        Buffer(before, 0, read),
        *(Buffer(*one) for one in inner),
        Buffer(behind, count, count),
        *(Buffer(size, at, at) for size, at in scratches),
    ]


def _whole(chain, sizes):
    """The buffers of all items one after another, `sizes` those of what is between them."""
    made, scratches = [Buffer(sizes[0], 0, chain[0][1])], []
    begun = 0
    for number, (inner, _, count, own) in enumerate(chain):
        made += [Buffer(size, begun + first, begun + last) for size, first, last in inner]
        end = begun + count
        last = end + chain[number + 1][1] if number + 1 < len(chain) else end
        made.append(Buffer(sizes[number + 1], end, last))
        scratches += [Buffer(size, begun + at, begun + at) for size, at in own]
        begun = end
    return made + scratches


RESIDUAL = ([(6, 1, 2), (6, 2, 3), (2, 3, 4)], 4, 4, [])


@settings(deadline=None)
@given(st.lists(pieces(), min_size=2, max_size=4), st.data())
@example([RESIDUAL] * 3, None)
def test_no_plan_falls_below_what_two_items_leave_it(chain, data):
    sizes = [
        data.draw(st.sampled_from((1, 2, 2, 3, 5))) if data else 2 for _ in range(len(chain) + 1)
    ]
    plan = _naive_plan(_whole(chain, sizes))
    known = [border(_alone(piece, *sizes[at : at + 2]), piece[2]) for at, piece in enumerate(chain)]
    for first, second in pairwise(known):
        assert around(first, second) <= plan


def test_two_sums_of_equal_width_lie_above_what_both_blocks_fill():
    chain, sizes = [RESIDUAL] * 3, [2] * 4
    whole = _whole(chain, sizes)
    known = border(_alone(RESIDUAL, 2, 2), 4)
    assert (known.before, known.behind, known.meet) == (((0, 12),), (), True)
    assert peak(whole) == 14 and around(known, known) == _naive_plan(whole) == 16


def _costs(items, sizes, channels):
    found = []
    for item in items:
        found.append(item_cost(item, channels, sizes))
        node = rfsearch.network.from_notation.describe((item,), sizes, channels).nodes[-1]
        sizes, channels = node.sizes, node.channels
    return found


repeated = st.builds(
    "{0}C1-{1}".format,
    st.shared(st.sampled_from((4, 6, 8)), key="width"),
    st.lists(
        st.builds(
            "I({1}C1N-DW{2}PsN-{0}C1N)".format,
            st.shared(st.sampled_from((4, 6, 8)), key="width"),
            st.sampled_from((8, 12, 16, 24)),
            st.sampled_from((3, 5)),
        ),
        min_size=2,
        max_size=3,
    ).map("-".join),
)


@settings(deadline=None)
@given(st.lists(st.one_of(layers, blocks, parallel, repeated), min_size=1, max_size=4))
def test_no_network_takes_less_than_its_items_and_what_they_leave_each_other(items):
    stack = "-".join(["4C3S2Ps", *items, "GAP-3FC"])
    try:
        found = arena(rfsearch.parse(stack, (21, 18), 2))
        costs = _costs(parse_stack(stack), (21, 18), 2)
    except UsageError:
        reject()  # the image is too small for it
    assert max(cost.peak for cost in costs) <= found.tensors
    for first, second in pairwise(costs):
        assert around(first.border, second.border) <= found.tensors


def test_what_blocks_leave_each_other_is_the_plan_of_a_network():
    block = "I(192C1N-DW3PsN-64C1N)"
    stack = f"16C3S2P1N-I(64C1N-DW7S2PsN-64C1N)-{block}-{block}-{block}-GAP-10FC"
    found = arena(rfsearch.parse(stack, 96, 3))
    costs = _costs(parse_stack(stack), (96, 96), 3)
    pairs = pairwise(costs)
    assert found.peak == 258_048
    assert max(around(a.border, b.border) for a, b in pairs) == found.tensors == 294_912


paddings = st.sampled_from(("Ps", "P0", "P1", "P2", ""))
convolutions = st.one_of(
    st.builds("{}C{}S{}{}N".format, st.sampled_from((4, 6)), st.sampled_from((1, 2, 3, "3x2")),
              st.sampled_from((1, 2, 3)), paddings),
    st.builds("DW{}S{}{}N".format, st.sampled_from((2, 3, 5)), st.sampled_from((1, 2)), paddings),
)  # fmt: skip
chains = st.one_of(
    convolutions,
    st.builds("I({}C1N-{}-{}C1N)".format, st.sampled_from((4, 12)), convolutions,
              st.sampled_from((4, 6))),
    st.builds("I({}-{}C1)".format, convolutions, st.sampled_from((4, 6))),
    blocks,
)  # fmt: skip


@settings(deadline=None)
@given(chains)
@example("4C3S2P1N")
@example("I(DW2S2PsN-4C1)")
def test_what_is_known_of_an_item_on_some_sizes_is_right_on_others(text):
    every = [(n, m) for n in (8, 7, 6, 5, 2, 1) for m in {n, 7, 8}]
    (item,) = parse_stack(text)
    known = _Template(item, 4)
    for sizes in every:
        try:
            alone = _Template(item, 4)._worked_out(sizes)[0]
        except UsageError:
            with pytest.raises(UsageError):
                known.cost(sizes)
            continue
        assert known.cost(sizes) == alone
