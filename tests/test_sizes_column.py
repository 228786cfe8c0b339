"""Lists and fronts know the sizes that their stacks pass through, held against parsing them."""

import pytest

import rfsearch

SPACES = {
    "one run of layers": (rfsearch.Space(depth=(1, 6)), 64, 64, {}),
    "strides, pools, ceil": (
        rfsearch.Space(op=["conv", "maxpool"], kernel=[2, 3], stride=[1, 2], padding=[0, 1]),
        33,
        (15, 31),
        {"rounding": "ceil", "max_depth": 5},
    ),
    "a stem, blocks and a head": (
        rfsearch.Space(
            stages=[{"block": "res", "c": [8, 16], "s": [1, 2], "repeat": "1..2"}],
            block={"res": {"stack": "R({c}C3S{s}P1N-{c}C3P1N)"}},
            stem="8C7S2P3N-MP3S2P1",
            head="GAP-10FC",
        ),
        64,
        None,
        {"rounding": "floor"},
    ),
    "two axes": (
        rfsearch.Space(kernel=["3x5", 3], stride=[1, "2x1"], padding="half", depth=(1, 3)),
        "32x48",
        None,
        {"rounding": "floor"},
    ),
    "several inputs": (rfsearch.Space(depth=(1, 3)), [32, 48], 24, {}),
}


@pytest.mark.parametrize("name", SPACES)
def test_sizes_are_those_that_the_stack_passes_through(name):
    space, input, target, more = SPACES[name]
    found = space.search(input, target, **more)
    for frame in (found.top(20, distinct="none"), found.front()):
        assert len(frame)
        for row in frame.iter_rows(named=True):
            assert row["sizes"] == ",".join(map(_text, passed(row, input, space.input_channels)))


def passed(row, input, channels):
    """The input, and what follows each item written before the head."""
    stack = row["stack"].removesuffix("-GAP-10FC")
    items = split(stack)
    start = row.get("input", input)
    return [
        rfsearch.parse("-".join(items[:count]) if count else "1C1", start, channels).output_size
        for count in range(len(items) + 1)
    ]


def split(stack):
    """The items of a stack; a block is one."""
    items, depth = [""], 0
    for sign in stack:
        depth += (sign == "(") - (sign == ")")
        if sign == "-" and depth == 0:
            items.append("")
        else:
            items[-1] += sign
    return items


def _text(size):
    return "x".join(map(str, size)) if isinstance(size, tuple) else str(size)
