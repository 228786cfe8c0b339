"""Running: how a question is worked out, whatever it asks: memory, and who is told of progress."""

from __future__ import annotations

from typing import Protocol

MEMORY_LIMIT = 4 << 30  # bytes that the states of one question may take


class Progress(Protocol):
    """Told what is under way, the part of it that is done, and how many things that are (0: none).

    The things are those that the stage makes: states, labels, stacks.
    """

    def __call__(self, stage: str, done: float, count: int = 0, /) -> None: ...


def silent(stage: str, done: float, count: int = 0) -> None:
    """No progress is shown."""
