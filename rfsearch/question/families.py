"""Families: how many there are, and how many twins each listed one has. Both exact."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton import MEMORY_LIMIT, Automaton, Progress
from rfsearch.errors import LimitError
from rfsearch.kernels import families as kernel
from rfsearch.kernels.graph import DONE, FULL
from rfsearch.question.count import join
from rfsearch.question.top import spots

FRONTIERS = 2_000  # expanded between two looks at the progress and at Ctrl-C


def count_families(
    automaton: Automaton,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = lambda stage, done: None,
) -> int:
    """Exact number of families. Raises LimitError beyond `memory_limit` bytes."""
    if automaton.transitions == 0:
        return 0
    strides, stride_of = np.unique(automaton.arcs.layer[:, 2], return_inverse=True)
    if strides[0] != 1:  # index 0 is stride 1, whether it occurs or not
        stride_of = stride_of + 1
        strides = np.append(1, strides)
    low, high = automaton.depth
    depths = np.uint64((1 << high) - (1 << (low - 1)))
    spot = spots(automaton)
    frontiers = _frontiers(automaton, len(strides))
    while True:
        outcome = kernel.expand(
            automaton.first, automaton.to, automaton.arc, automaton.alive, automaton.final,
            automaton.rf, spot, stride_of, len(strides), automaton.start, depths, frontiers,
            FRONTIERS,
        )  # fmt: skip
        progress("families", int(frontiers.used[3]) / int(frontiers.used[0]))
        if outcome == DONE:
            break
        if outcome == FULL:
            frontiers = _grown(frontiers, memory_limit)
    return _sum(frontiers)


def _sum(frontiers: kernel.Frontiers) -> int:
    count = int(frontiers.used[0])
    # A strided layer raises the least depth, so that links lead to greater ones.
    order = np.argsort(-frontiers.earliest[:count], kind="stable")
    order = np.append(order[order != 0], 0)
    links = np.diff(frontiers.link_first[: count + 1])
    bits = 63 - int(links.max(initial=1) + 1).bit_length()
    digits = 1
    while True:
        total = np.zeros((count, digits), np.uint64)
        if not kernel.sum_words(
            order, frontiers.finals, frontiers.link_first, frontiers.link, bits, total
        ):
            return join(total[0], bits)
        digits += 1


def _frontiers(automaton: Automaton, strides: int) -> kernel.Frontiers:
    states = automaton.states
    capacity = 1 << (2 * states * strides + 4096).bit_length()
    return kernel.Frontiers(
        first=np.zeros(capacity, np.int64),
        state=np.zeros(capacity, np.int32),
        word=np.zeros(capacity, np.uint64),
        earliest=np.zeros(capacity, np.int32),
        finals=np.zeros(capacity, np.int64),
        link_first=np.zeros(capacity, np.int64),
        link=np.zeros(capacity, np.int32),
        bucket=np.full(capacity, -1, np.int32),
        chain=np.full(capacity, -1, np.int32),
        word_at=np.zeros(states, np.uint64),
        strided_at=np.zeros((states, strides), np.uint64),
        seen_rf=np.zeros(automaton.query.target_rf[1] + 1, np.bool_),
        used=np.zeros(4, np.int64),
    )


def _grown(frontiers: kernel.Frontiers, memory_limit: int) -> kernel.Frontiers:
    size = sum(array.nbytes for array in frontiers)
    if 2 * size > memory_limit:
        raise LimitError(
            f"counting families holds {int(frontiers.used[0])} sets of states so far, "
            f"{size / 2**30:.1f} GiB; twice that passes the limit of "
            f"{memory_limit / 2**30:.1f} GiB; reduce depth or strides"
        )
    fixed = ("word_at", "strided_at", "seen_rf", "used", "bucket")
    grown = frontiers._replace(
        **{
            name: np.concatenate([array, np.zeros_like(array)])
            for name, array in frontiers._asdict().items()
            if name not in fixed
        },
        bucket=np.full(2 * len(frontiers.bucket), -1, np.int32),
    )
    kernel.reenter(grown)
    return grown


def twins(automaton: Automaton, rows: np.ndarray, matches: int) -> list[int]:
    """Members of the family of each stack [k, D] of arcs, itself included; `matches` in all."""
    bits = 63 - int(np.bincount(automaton.to).max(initial=1)).bit_length()
    digits = max(1, -(-matches.bit_length() // bits))
    now = np.zeros((automaton.states, digits), np.uint64)
    after = np.zeros_like(now)
    spot = spots(automaton)
    stride = np.ascontiguousarray(automaton.arcs.layer[:, 2])
    found = []
    for row in rows:
        states, arcs = _walk(automaton, row)
        strided = [i for i, arc in enumerate(arcs) if stride[arc] > 1]
        points = np.array([states[i + 1] for i in strided], np.int64)
        total = np.zeros(digits, np.uint64)
        kernel.members(
            automaton.first, automaton.to, automaton.arc, automaton.alive, automaton.final,
            automaton.rf, spot, stride, automaton.start, *automaton.depth,
            spot[points], stride[[arcs[i] for i in strided]].astype(np.int64),
            automaton.rf[points].astype(np.int64), int(automaton.rf[states[-1]]), bits, now,
            after, total,
        )  # fmt: skip
        found.append(join(total, bits))
    return found


def _walk(automaton: Automaton, row: np.ndarray) -> tuple[list[int], list[int]]:
    """The states and arcs that a stack passes."""
    states, arcs = [automaton.start], []
    for arc in row:
        if arc < 0:
            break
        low, high = automaton.first[states[-1]], automaton.first[states[-1] + 1]
        edge = low + int(np.flatnonzero(automaton.arc[low:high] == arc)[0])
        states.append(int(automaton.to[edge]))
        arcs.append(int(arc))
    return states, arcs
