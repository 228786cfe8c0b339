"""What a user writes first: itertools.product and the formulas, every stack in turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from queries import Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import PRODUCT, TINY, sizes, text, to_depth

NEEDS = ()
LIMIT = 300


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Count and least memory."""
    asked = to_depth(3, TINY if tiny else PRODUCT)
    yield Comparison(
        task="count and least memory", question=text(asked), form="product and formulas",
        ours=lambda: answers.count_and_best(asked), theirs=lambda: listed(asked),
        shown=lambda answer: f"{answer[0]:,}; {answer[1]:,} bytes", sizes=sizes(asked),
    )  # fmt: skip


def listed(asked: Measured) -> tuple[int, int]:
    """(number of matches, least memory), stack by stack."""
    choices, row = plain.layers(asked), plain.widths(asked)
    exact, last = asked.rounding == "exact", len(row) - 1
    count, least = 0, 1 << 62
    for depth in range(1, asked.depth + 1):
        for stack in product(choices, repeat=depth):
            size, jump, rf, place = plain.start(asked)
            values = plain.input_values(asked)
            for kernel, stride, padding in stack:
                slack = size + 2 * padding - kernel
                if slack < 0 or (exact and slack % stride):
                    break
                size = slack // stride + 1
                rf += (kernel - 1) * jump
                jump *= stride
                place = 1 if place == 0 else min(place + (stride > 1), last)
                values += size * size * row[place]
            else:
                if rf == asked.target:
                    count += 1
                    least = min(least, values)
    return count, least * plain.BYTES
