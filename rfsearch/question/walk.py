"""The i-th match, uniform samples, and every match once: walks over the automaton.

Matches are numbered from 0 in the order of stacks, so that ranges of numbers partition them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import criteria_of
from rfsearch.errors import LimitError
from rfsearch.kernels import walk as kernel
from rfsearch.kernels.threads import shards
from rfsearch.question.bounds import bounds_of
from rfsearch.question.count import digit_bits, join
from rfsearch.question.top import graph_of
from rfsearch.request.running import MEMORY_LIMIT


class Completions(NamedTuple):
    """How many matches go on from each state at each depth: what numbering needs.

    `digits` [P, L] of `bits` bits, P the pairs of a state and a depth at which it is alive;
    `pair_first` [S] numbers each state's first pair. Pair 0 is the start.
    """

    automaton: Automaton
    pair_first: np.ndarray
    digits: np.ndarray
    bits: int
    matches: int


def completions_of(
    automaton: Automaton,
    matches: int,
    threads: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Completions:
    """Count completions; `matches` is their number from the start, known from counting.

    Raises LimitError beyond `memory_limit` bytes.
    """
    bits = digit_bits(automaton)
    length = max(1, -(-matches.bit_length() // bits))
    alive_depths = np.bitwise_count(automaton.alive).astype(np.int64)
    pair_first = 1 + np.concatenate([[0], np.cumsum(alive_depths)[:-1]])
    pairs = 1 + int(alive_depths.sum())
    if pairs * length * 8 > memory_limit:
        raise LimitError(
            f"numbering the matches needs {pairs} counts of {length} words, "
            f"{pairs * length * 8 / 2**30:.1f} GiB, above the limit of "
            f"{memory_limit / 2**30:.1f} GiB; reduce depth"
        )
    digits = np.zeros((pairs, length), np.uint64)
    low, high = automaton.depth
    with shards(automaton.states, threads) as run:
        for depth in range(high, -1, -1):
            overflow = run(
                kernel.complete_level, automaton.first, automaton.to, automaton.alive,
                automaton.final, automaton.start, pair_first, depth, low <= depth, bits, digits,
            )  # fmt: skip
            assert not any(overflow), "no state has more completions than there are matches"
    assert join(digits[0], bits) == matches
    return Completions(automaton, pair_first, digits, bits, matches)


def unrank(completions: Completions, numbers: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Edges and steps [n, D] of the matches with these numbers, -1 after each end."""
    automaton = completions.automaton
    bits, length = completions.bits, completions.digits.shape[1]
    mask = (1 << bits) - 1
    split = [[(number >> (bits * i)) & mask for i in range(length)] for number in numbers]
    shape = (len(numbers), automaton.width)
    edges, rows = np.full(shape, -1, np.int64), np.full(shape, -1, np.int64)
    if numbers and automaton.forks:
        from rfsearch.question.forks import Forked

        forked = Forked.whole(automaton)
        edges = forked.unrank(
            completions.pair_first, bits, completions.digits, np.array(split, np.uint64)
        )
        rows = forked.steps_of(edges)
    elif numbers:
        kernel.unrank(
            automaton.first, automaton.to, automaton.step, automaton.alive, automaton.final,
            automaton.start, completions.pair_first, automaton.depth[0], bits,
            completions.digits, np.array(split, np.uint64), edges, rows,
        )  # fmt: skip
    return edges, rows


def matches_of(automaton: Automaton, batch: int, memory_limit: int) -> Iterator[np.ndarray]:
    """Every match within the budgets once, as steps [n, D], in the order of stacks."""
    if criteria_of(automaton, []).names:
        return list_within_budgets(automaton, batch, memory_limit)
    return list_rows(automaton, batch)


def sample_numbers(matches: int, count: int, seed: int) -> list[int]:
    """`count` uniform numbers below `matches`, with replacement, the same for the same seed."""
    import random

    generator = random.Random(seed)
    bits = matches.bit_length()
    numbers: list[int] = []
    while len(numbers) < count:
        number = generator.getrandbits(bits)
        if number < matches:  # rejection keeps every number exactly as likely
            numbers.append(number)
    return numbers


def list_rows(
    automaton: Automaton, batch: int, first_edges: np.ndarray | None = None, stop: int | None = None
) -> Iterator[np.ndarray]:
    """Batches of steps [n, D]: every match once, in the order of stacks.

    `first_edges` [D] are the edges of the match to begin with (see `unrank`), `stop` how many to
    list from there.
    """
    if automaton.forks:
        from rfsearch.question.forks import Forked

        yield from Forked.whole(automaton).list_rows(batch, first_edges, stop)
        return
    depth_low, depth_high = automaton.depth
    state = np.zeros(depth_high + 2, np.int64)
    edge = np.full(depth_high + 2, -1, np.int64)
    depth = 0
    state[0] = automaton.start
    if first_edges is not None:
        for taken in first_edges[first_edges >= 0]:
            edge[depth] = taken + 1
            depth += 1
            state[depth] = automaton.to[taken]
    while depth >= 0 and (stop is None or stop > 0):
        size = batch if stop is None else min(batch, stop)
        rows = np.empty((size, max(depth_high, 1)), np.int32)
        count, depth = kernel.list_on(
            automaton.first, automaton.to, automaton.step, automaton.alive, automaton.final,
            depth_low, depth_high, state, edge, depth, rows,
        )  # fmt: skip
        if stop is not None:
            stop -= count
        if count:
            yield rows[:count]


def list_within_budgets(
    automaton: Automaton, batch: int, memory_limit: int = MEMORY_LIMIT
) -> Iterator[np.ndarray]:
    """As list_rows from the first match, those within the budgets on adding costs alone."""
    if automaton.forks:
        from rfsearch.question.forks import Forked

        yield from Forked.within_budgets(automaton, memory_limit).list_rows(batch)
        return
    criteria = criteria_of(automaton, [])
    least = bounds_of(automaton, criteria, 0, memory_limit=memory_limit)
    graph = graph_of(automaton, criteria, least, least, False)
    high = automaton.depth[1]
    state = np.zeros(high + 2, np.int64)
    edge = np.full(high + 2, -1, np.int64)
    g = np.zeros((high + 2, len(criteria.names)), np.int64)
    state[0] = automaton.start
    g[0] = criteria.begin
    depth = 0
    while depth >= 0:
        rows = np.empty((batch, max(high, 1)), np.int32)
        count, depth = kernel.list_within(graph, criteria.begin, state, edge, g, depth, rows)
        if count:
            yield rows[:count]
