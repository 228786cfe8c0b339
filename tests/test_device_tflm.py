"""TensorFlow Lite Micro: arena and file against what was measured, parts against simple oracles."""

import flatbuffers
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from tflm_measured import MEASURED

import rfsearch
from rfsearch.device.tflm import arena, flash
from rfsearch.device.tflm.flatbuffer import FileSize
from rfsearch.device.tflm.item import NETWORK, end_cost, item_cost
from rfsearch.device.tflm.planner import Buffer, peak, planned
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Layer
from rfsearch.layers.notation import parse_stack


def _network(stack, input="12", channels=3):
    sizes = tuple(map(int, input.split("x")))
    return rfsearch.parse(stack, sizes if len(sizes) > 1 else sizes * 2, channels)


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: f"{row[0][:40]} on {row[1]}")
def test_arena_and_file_are_those_measured_to_the_byte(row):
    stack, input, channels, persistent, tensors, file = row
    network = rfsearch.parse(stack, tuple(map(int, input.split("x"))), channels)
    found = arena(network)
    assert (found.persistent, found.tensors, flash(network)) == (persistent, tensors, file)


def test_mobilenet_fragments_by_a_third():
    row = next(row for row in MEASURED if "256C1N" in row[0] and row[4] == 73728)
    found = arena(_network(row[0], row[1], row[2]))
    assert (found.tensors, found.peak) == (73_728, 55_296)


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("8C3B0", "8C3B0: TensorFlow Lite Micro's figures are not known for a convolution with"),
        ("8C3D2", "8C3D2: TensorFlow Lite Micro's figures are not known for dilation"),
        ("8C3L", "8C3L: TensorFlow Lite Micro's figures are not known for layer norms"),
        ("MP3P1-8C1", "MP3P1: TensorFlow Lite Micro's figures are not known for a maximum padded"),
        ("8C3-UP2", "UP2: TensorFlow Lite Micro's figures are not known for this layer"),
        ("8C3-BN-8C1", "BN: TensorFlow Lite Micro's figures are not known for this layer"),
        ("8C3-A(4C1)-SUM", "A(…): TensorFlow Lite Micro's figures are not known for outputs"),
        ("8C3-GAP-4FC-4C1", "4C1: TensorFlow Lite Micro's figures are not known for layers on one"),
        ("8C3-(4C1+4C1+4C1)", "(4C1+4C1+4C1): TensorFlow Lite Micro's figures are not known for"),
        ("AP3S2U-4C1", "AP3S2U: TensorFlow Lite Micro's figures are not known for averages of"),
    ],
)
def test_what_is_not_known_exactly_is_refused_by_name(stack, said):
    with pytest.raises(UsageError) as error:
        arena(_network(stack))
    assert str(error.value).startswith(said)


def test_one_axis_is_refused_but_for_fully_connected_layers():
    with pytest.raises(UsageError, match=r"16C3: .* layers on one axis"):
        flash(rfsearch.parse("16C3-GAP-2FC", (32,), 2))
    assert flash(rfsearch.parse("8FC-2FC", (32,), 1)) > 0


# --- the planner -------------------------------------------------------------------------------

buffers = st.lists(
    st.builds(
        lambda size, first, length: Buffer(size, first, first + length),
        st.integers(1, 12),
        st.integers(0, 8),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=9,
)


def _naive_plan(buffers):
    """Largest first, of equals the last; each at the lowest place that nothing alive occupies."""
    order = sorted(range(len(buffers) - 1, -1, -1), key=lambda at: -buffers[at].bytes)
    taken = {}
    for at in order:
        mine = buffers[at]
        others = [
            byte
            for other, place in taken.items()
            if buffers[other].first <= mine.last and mine.first <= buffers[other].last
            for byte in range(place, place + buffers[other].bytes)
        ]
        place = 0
        while any(byte in others for byte in range(place, place + mine.bytes)):
            place += 1
        taken[at] = place
    return max(place + buffers[at].bytes for at, place in taken.items())


@settings(deadline=None)
@given(buffers)
def test_the_planner_places_each_buffer_as_low_as_it_can(buffers):
    assert planned(buffers) == _naive_plan(buffers)


@settings(deadline=None)
@given(buffers)
def test_no_plan_is_smaller_than_the_peak(buffers):
    alive = [
        sum(one.bytes for one in buffers if one.first <= time <= one.last) for time in range(13)
    ]
    assert peak(buffers) == max(alive) <= planned(buffers)


# --- the file ----------------------------------------------------------------------------------

# What may be written: a text, a vector of elements of a width, a table of slots with widths.
pieces = st.lists(
    st.one_of(
        st.tuples(st.just("string"), st.integers(0, 20)),
        st.tuples(st.just("vector"), st.integers(0, 9), st.sampled_from((1, 4, 8))),
        st.tuples(
            st.just("table"),
            st.lists(
                st.tuples(st.integers(0, 6), st.sampled_from((1, 4, 8))),
                max_size=5,
                unique_by=lambda field: field[0],
            ),
        ),
    ),
    max_size=12,
)
WRITERS = {
    1: flatbuffers.Builder.PrependUint8,
    4: flatbuffers.Builder.PrependUint32,
    8: flatbuffers.Builder.PrependUint64,
}


def _built(pieces):
    builder = flatbuffers.Builder(64)
    for kind, *numbers in pieces:
        if kind == "string":
            builder.CreateString("x" * numbers[0])
        elif kind == "vector":
            count, width = numbers
            builder.StartVector(width, count, width)
            for _ in range(count):
                WRITERS[width](builder, 1)
            builder.EndVector()
        else:
            builder.StartObject(7)
            for slot, width in numbers[0]:
                WRITERS[width](builder, 1)
                builder.Slot(slot)
            builder.EndObject()
    builder.StartObject(1)
    builder.Finish(builder.EndObject(), file_identifier=b"TEST")
    return len(builder.Output())


@settings(deadline=None)
@given(pieces)
def test_a_file_is_as_large_as_the_flatbuffers_library_makes_it(pieces):
    size = FileSize()
    for kind, *numbers in pieces:
        getattr(size, kind)(*numbers)
    size.table([])
    assert size.finished() == _built(pieces)


# --- what items add ----------------------------------------------------------------------------

widths = st.sampled_from((4, 6, 8))
norms = st.sampled_from(("", "N"))
layers = st.one_of(
    st.builds("{}C{}S{}P{}{}".format, widths, st.just(3), st.sampled_from((1, 2)),
              st.sampled_from(("0", "1", "s")), norms),
    st.builds("DW{}S{}Ps{}".format, st.sampled_from((3, 5)), st.sampled_from((1, 2)), norms),
    st.sampled_from(("MP2S2", "AP3S1P1", "SE2", "MP3S2Ps")),
)  # fmt: skip
blocks = st.one_of(
    st.builds("R({0}C3P1N-{0}C3P1N)".format, widths),
    st.builds("I({}C1N-DW3S{}PsN-{}C1N)".format, widths, st.sampled_from((1, 2)), widths),
)
parallel = st.builds("({}C1|{}C3PsN-DW3Ps|MP3S1Ps)".format, widths, widths)
heads = st.sampled_from(("GAP-3FC", "5FC-3FC", "6C1", "GAP"))


def _valid(stack, input, channels):
    try:
        return _network(stack, input, channels)
    except UsageError:
        reject()  # the image is too small for it


def _sums(stack, sizes, channels):
    """(persistent, peak, flash) of NETWORK and the items, each where it stands."""
    items = parse_stack(stack)
    costs, ends = [], []
    for item in items:
        costs.append(item_cost(item, channels, sizes))
        ends.append(end_cost(item, channels, sizes))
        node = rfsearch.network.from_notation.describe((item,), sizes, channels).nodes[-1]
        sizes, channels = node.sizes, node.channels
    end = 0
    for item, less in zip(reversed(items), reversed(ends), strict=True):
        end += less
        if not (isinstance(item, Layer) and item.op == "GAP"):
            break
    return (
        NETWORK.persistent + sum(cost.persistent for cost in costs),
        max(cost.peak for cost in costs),
        NETWORK.flash + sum(cost.flash for cost in costs) + end,
    )


@settings(deadline=None)
@given(st.lists(st.one_of(layers, blocks), min_size=1, max_size=4), heads)
def test_items_bound_a_chain_and_their_largest_peak_is_its_peak(items, head):
    stack = "-".join(["4C1", *items, head])
    network = _valid(stack, "19x18", 2)
    found, file = arena(network), flash(network)
    persistent, largest, bytes_ = _sums(stack, (19, 18), 2)
    # Rounding, and constants that several items may read, are some tens of bytes an item.
    # An item at a size of one position cannot know whether a global pool made it, after which
    # no reshape is needed: its bound leaves the reshape out, some 520 bytes and 700 of the file.
    body = parse_stack("-".join(["4C1", *items]))
    last = rfsearch.network.from_notation.describe(body, (19, 18), 2).nodes[-1]
    spare = 1 if last.sizes == (1, 1) and head.startswith("5FC") else 0
    assert 0 <= found.persistent - persistent <= 130 + 30 * len(items) + 530 * spare
    assert largest == found.peak <= found.tensors
    assert 0 <= file - bytes_ <= 900 + 150 * len(items) + 700 * spare


@settings(deadline=None)
@given(st.lists(st.one_of(parallel, layers), min_size=1, max_size=3), heads)
def test_items_bound_networks_with_parallel_branches(items, head):
    stack = "-".join(["4C1", *items, head])
    network = _valid(stack, "19x18", 2)
    found = arena(network)
    persistent, largest, bytes_ = _sums(stack, (19, 18), 2)
    assert persistent <= found.persistent
    assert largest <= found.peak
    assert bytes_ <= flash(network)
