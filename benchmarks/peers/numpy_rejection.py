"""numpy: draw stacks uniformly from the whole space, keep those that match.

Exact uniform samples of the matches, as ours are, at the price of all that is thrown away. One
call is a million draws; how many matches to expect of them is the exact share, which is known.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from queries import DEFAULT, Measured

from benchmarks.peers.runner import plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("numpy",)
LIMIT = 300
DRAWS, SAMPLES = 1_000_000, 100_000


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Seconds a uniform sample."""
    asked = TINY if tiny else DEFAULT
    found = asked.search()
    matches = found.count()
    share = matches / found.space.candidates
    generator = np.random.default_rng(0)
    draws, samples = (DRAWS // 10, SAMPLES // 10) if tiny else (DRAWS, SAMPLES)
    expected = draws * share
    yield Comparison(
        task="uniform samples", question=text(asked), form="draw and reject",
        ours=lambda: len(asked.search().sample(samples)),
        theirs=lambda: drawn(asked, generator, draws),
        agree=lambda _, kept: abs(kept - expected) <= 6 * expected**0.5 + 1,
        shown="{:,} samples".format, scale=lambda ours, _: (ours, expected),
        goal=None if tiny else 1e6, sizes=sizes(asked),
        more=lambda _, kept: {"draws": draws, "kept": kept, "expected": f"{expected:.3g}"},
        note="seconds a sample; theirs by the exact share of matches, without luck",
    )  # fmt: skip


def drawn(asked: Measured, generator: np.random.Generator, draws: int) -> int:
    """How many of so many uniform stacks match; a depth's share is that of its stacks."""
    choices = np.array(plain.layers(asked), np.int64)
    stacks = np.array([float(len(choices)) ** depth for depth in range(1, asked.depth + 1)])
    depth = generator.choice(len(stacks), draws, p=stacks / stacks.sum()) + 1
    size = np.full(draws, asked.input)
    rf, jump, valid = np.ones(draws, np.int64), np.ones(draws, np.int64), np.ones(draws, bool)
    for at in range(asked.depth):
        used = at < depth
        layer = choices[generator.integers(0, len(choices), draws)]
        kernel, stride, padding = layer[:, 0], layer[:, 1], layer[:, 2]
        slack = size + 2 * padding - kernel
        fits = slack >= 0
        if asked.rounding == "exact":
            fits &= slack % stride == 0
        valid &= fits | ~used
        size = np.where(used, slack // stride + 1, size)
        rf = np.where(used, rf + (kernel - 1) * jump, rf)
        jump = np.where(used, jump * stride, jump)
    return int((valid & (rf == asked.target)).sum())
