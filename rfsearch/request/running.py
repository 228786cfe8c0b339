"""Running: how a question is worked out, whatever it asks: memory, and who is told of progress."""

from __future__ import annotations

from collections.abc import Callable

MEMORY_LIMIT = 4 << 30  # bytes that the states of one question may take

Progress = Callable[[str, float], None]  # what is under way, and the part of it that is done


def silent(stage: str, done: float) -> None:
    """No progress is shown."""
