"""Our side of the comparisons: from the question to an answer that a peer's can be held against."""

from __future__ import annotations

from typing import NamedTuple

from queries import Measured

from benchmarks.peers.runner import plain


class Best(NamedTuple):
    """The least memory, in bytes, and a stack that has it."""

    memory: int
    stack: str


def count(asked: Measured) -> int:
    """The exact number of matches."""
    return asked.search().count()


def best(asked: Measured) -> Best:
    """The match proven to have the least memory."""
    row = asked.search().top(1, by=["memory"], distinct="none").row(0, named=True)
    return Best(row["memory"], row["stack"])


def best_memories(asked: Measured, k: int) -> list[int]:
    """The k least memories of single matches, ascending."""
    return asked.search().top(k, by=["memory"], distinct="none")["memory"].to_list()


def count_and_best(asked: Measured) -> tuple[int, int]:
    """(number of matches, least memory)."""
    found = asked.search()
    least = found.least("memory")["memory"]
    assert least is not None
    return found.count(), least


def front(asked: Measured, costs: tuple[str, ...] = ("memory", "macs")) -> list[tuple[int, ...]]:
    """The cost vectors that no match beats, ascending."""
    return sorted(asked.search().front(list(costs)).select(costs).rows())


def enumerated(asked: Measured) -> int:
    """Every match as a row with all its columns; how many there were."""
    return sum(len(frame) for frame in asked.search().stacks())


def best_of(layers: list[plain.Layer], asked: Measured) -> Best:
    """A peer's stack, worked out anew in plain Python; memory -1 where it is no match."""
    found = plain.figures(layers, asked)
    if found is None or found[0][2] != asked.target:
        return Best(-1, "no match")
    return Best(found[1][0] * plain.BYTES, plain.notation(layers, asked))


def same_memory(ours: Best, theirs: Best) -> bool:
    """The same optimum; its stack may be another where several have it."""
    return ours.memory == theirs.memory


def same_stack(ours: Best, theirs: Best) -> dict[str, str]:
    """Whether the stack is the same one, too."""
    return {"same stack": "yes" if ours.stack == theirs.stack else f"no, {theirs.stack}"}


def shown_best(answer: Best) -> str:
    """The optimum in words."""
    return f"{answer.memory:,} bytes"
