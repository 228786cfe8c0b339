"""numpy over the full product: every stack of a depth at once, a column a layer, no pruning.

The last three layers are vectors over all their choices; those before them are a loop, so that the
arrays stay within the processor's caches.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from queries import Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import PRODUCT, TINY, sizes, text

NEEDS = ("numpy",)
LIMIT = 300
TOGETHER = 3  # layers


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Count and least memory."""
    asked = TINY if tiny else PRODUCT
    yield Comparison(
        task="count and least memory", question=text(asked), form="arrays over the product",
        ours=lambda: answers.count_and_best(asked), theirs=lambda: counted(asked),
        shown=lambda answer: f"{answer[0]:,}; {answer[1]:,} bytes", sizes=sizes(asked),
    )  # fmt: skip


def counted(asked: Measured) -> tuple[int, int]:
    """(number of matches, least memory)."""
    choices = np.array(plain.layers(asked), np.int64)
    count, least = 0, 1 << 62
    for depth in range(1, asked.depth + 1):
        together = min(depth, TOGETHER)
        inner = choices[np.indices((len(choices),) * together).reshape(together, -1)]
        for outer in product(choices, repeat=depth - together):
            found, values = _matches([*outer, *inner], asked)
            count += int(found.sum())
            least = min(least, int(values[found].min(initial=least)))
    return count, least * plain.BYTES


def _matches(stack: list[np.ndarray], asked: Measured) -> tuple[np.ndarray, np.ndarray]:
    """(whether it is a match, values) of each stack; layers are […, 3] arrays."""
    row = np.array(plain.widths(asked))
    size, jump, rf, place = (np.int64(one) for one in plain.start(asked))
    values, valid = np.int64(plain.input_values(asked)), np.bool_(True)
    for layer in stack:
        kernel, stride, padding = layer[..., 0], layer[..., 1], layer[..., 2]
        slack = size + 2 * padding - kernel
        valid = valid & (slack >= 0)
        if asked.rounding == "exact":
            valid = valid & (slack % stride == 0)
        size = slack // stride + 1
        rf = rf + (kernel - 1) * jump
        jump = jump * stride
        place = np.where(place == 0, 1, np.minimum(place + (stride > 1), len(row) - 1))
        values = values + size * size * row[place]
    return valid & (rf == asked.target), values
