"""Peak memory of joins that hold one tensor again and again: in searches, parsed and listed.

A concatenation's parts are written side by side, each part once; one that holds a tensor twice has
a copy of it, so that no layer takes less than its input and its output.
"""

import naive_asides
import naive_notation as notation
import naive_patches
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spaces import held_shortly

import rfsearch

N = 9


def searched(items, size=N, channels=4, **bounds):
    """The question of the one network of a staged space with these items."""
    block = {f"part{number}": {"stack": item} for number, item in enumerate(items)}
    stages = [{"block": name} for name in block]
    space = rfsearch.StagedSpace(
        stages, block, axes=1, input_channels=channels, allow_gaps=True, allow_holes=True
    )
    return space.search((size,), rounding="floor", bytes_per_value=1, **bounds)


def parsed(text, size=N, channels=4):
    return rfsearch.parse(text, (size,), input_channels=channels, bytes_per_value=1)


def listed(text, size=N, channels=4):
    """The whole network as one trace."""
    return naive_asides.row_of((), notation.read(text), (), (size,), channels, "floor").peak


@pytest.mark.parametrize(
    ("text", "live"),
    [
        # Input, DW, C5 and 2C1 have 36, 36, 36 and 18 values; the outer join copies the input.
        ("((DW3PsN|ID|C5PsN-2C1)|ID)-2C1", [36, 72, 108, 126, 90, 126, 144]),
        ("(((DW3PsN|ID|C5PsN-2C1)-4C1)+ID)-2C1", [36, 72, 108, 126, 90, 126, 72, 54]),
        ("((DW3PsN|ID)+(ID|DW3PsN))-2C1", [36, 72, 72, 108, 108, 108, 90]),
        ("(ID|2C1|ID|ID)-2C1", [36, 54, 126, 144]),
        ("(ID|(ID|2C1))-(ID|2C1)", [36, 54, 54, 90, 108, 108]),
    ],
)
def test_a_tensor_that_a_join_holds_twice_is_there_twice(text, live):
    """As on paper, step by step; one item, or many."""
    network = parsed(text)
    assert network.live == live
    assert network.totals["peak_memory"] == listed(text) == max(live)
    for items in ([text], [notation.write((item,)) for item in notation.read(text)]):
        assert searched(items).top(1)["peak_memory"].to_list() == [max(live)]
        assert searched(items, min_peak_memory=max(live), max_peak_memory=max(live)).count() == 1
        assert searched(items, max_peak_memory=max(live) - 1).count() == 0
    near = rfsearch.like(network, (N,), changes=0, bytes_per_value=1)
    assert near.top(1)["peak_memory"].to_list() == [max(live)]


def test_of_three_copies_of_grey_a_layer_reads_all(tmp_path):
    """A file that makes grey RGB: three maps, and 8 of half the size, 4 bytes a value."""
    pytest.importorskip("onnx")
    from onnx_text import loaded, written

    body = "rgb = Concat<axis=1>(x, x, x) y = Conv<strides=[2, 2], pads=[1, 1, 1, 1]>(rgb, w)"
    found = loaded(written(body, "float[1,1,32,32]", w=(8, 3, 3, 3)), tmp_path)
    assert found.totals["peak_memory"] == 4 * (3 * 32**2 + 8 * 16**2)


def test_in_patches_a_copy_is_as_large_as_the_patch_needs_it():
    """Input 36 and output 18 whole; of 6 positions 4 channels, 1 channel and the copy of the 4."""
    window = naive_patches.Layer("C", (3,), (1,), (1,), (1,), 4)
    one = naive_patches.Layer("C", (1,), (1,), (0,), (1,), 1)
    last = naive_patches.Layer("C", (3,), (1,), (1,), (1,), 2)
    items = [("P", (2,), [window, ("|", [[], [one], []]), last])]
    found = parsed(naive_patches.text(items))
    assert found.totals["peak_memory"] == naive_patches.Naive(items, (N,), 4).peak
    assert found.totals["peak_memory"] == 36 + 18 + 9 * 6
    (peak,) = searched([found.notation]).top(1)["peak_memory"].to_list()
    assert peak == 36 + 18 + 9 * 6


def test_the_page_draws_copies_as_large_as_they_are():
    """What is alive at each step adds up to what the network says of it."""
    from rfsearch.answer.page.drawing import drawing

    network = parsed("((DW3PsN|ID|C5PsN-2C1)|ID)-2C1")
    tensors = drawing(network)["tensors"]
    for tensor, live in zip(tensors, network.live, strict=True):
        held = tensor.get("held", [tensors[one]["bytes"] for one in tensor["alive"]])
        assert sum(held) == live


@st.composite
def joins(draw, width, deep):
    """(text, channels) of one item that keeps the size: a layer, or branches with ID among them."""
    kind = draw(st.sampled_from(("layer", "|", "|", "+", "R"))) if deep else "layer"
    if kind == "layer":
        made = draw(st.integers(1, 5))
        text, made = draw(
            st.sampled_from([(f"{made}C3Ps", made), (f"{made}C1", made), ("DW3PsN", width)])
        )
        return text, made
    if kind == "R":
        text, made = draw(chains(width, deep - 1))
        return f"R({text}{'' if made == width else f'-{width}C1'})", width
    total = 0 if kind == "|" else draw(st.sampled_from((width, width, 2 * width)))
    branches, widths = [], []
    for _ in range(draw(st.integers(2, 3))):
        text, made = ("ID", width) if draw(st.booleans()) else draw(chains(width, deep - 1))
        if kind == "+" and made != total:
            text, made = (f"{total}C1" if text == "ID" else f"{text}-{total}C1"), total
        if text == "ID" and set(branches) == {"ID"}:  # one of them has to be something else
            text, made = f"{made}C1", made
        branches.append(text)
        widths.append(made)
    return f"({kind.join(branches)})", sum(widths) if kind == "|" else total


@st.composite
def chains(draw, width, deep=2):
    """(text, channels) of one or two items."""
    items = []
    for _ in range(draw(st.integers(1, 2))):
        text, width = draw(joins(width, deep))
        items.append(text)
    return "-".join(items), width


@st.composite
def networks(draw):
    """(items, channels) of a network, each of its items a stage of its own."""
    channels = width = draw(st.integers(1, 4))
    items = []
    for _ in range(draw(st.integers(1, 3))):
        text, width = draw(joins(width, 3))
        items.append(text)
    return items, channels


@held_shortly
@given(networks(), st.integers(3, 7))
@example((["((DW3PsN|ID|C5PsN-2C1)|ID)", "2C1"], 4), 9)
@example((["(ID|1C1|ID)", "(ID|ID|DW3PsN)", "R(1C1-27C1)"], 4), 5)
def test_nested_joins_have_one_peak_in_a_search_parsed_and_listed(network, size):
    """Each item a stage of a space, or the whole text at once; none below a layer's two tensors."""
    items, channels = network
    text = "-".join(items)
    found = parsed(text, size, channels)
    peak = found.totals["peak_memory"]
    assert peak == listed(text, size, channels)
    question = searched(items, size, channels, min_peak_memory=peak, max_peak_memory=peak)
    assert question.top(1)["peak_memory"].to_list() == [peak]
    near = rfsearch.like(found, (size,), changes=0, bytes_per_value=1)
    assert near.top(1)["peak_memory"].to_list() == [peak]
    for node in found.nodes:
        if node.op in ("C", "DW"):
            assert node.values + sum(found.nodes[read].values for read in node.inputs) <= peak
