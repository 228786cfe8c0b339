"""Questions next to the one asked, each with its own exact count.

`around` answers "what if it were a pixel more": RF ± 1, input ± 1, the other roundings.
`rescues` answers "what is the least change after which something matches at all".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.space.plain import Space
from rfsearch.why.nearby.ask import Near, ask
from rfsearch.why.nearby.change import (
    Change,
    Question,
    input_change,
    relaxations,
    rounding_changes,
    target_change,
)
from rfsearch.why.nearby.possible import possible_inputs, possible_targets
from rfsearch.why.reasons.wording import counted

# How far from the target and the input a rescue is looked for, in pixels.
FARTHEST = 32

# Transitions of automata without a match, together, after which farther ones are not built: they
# are some seconds. Not a time, so that the answer is the same everywhere.
MOST_IN_VAIN = 10_000_000

Progress = Callable[[str, float], None]
Running = Mapping[str, Any]  # threads and memory_limit, as Space.search takes them


def around(
    space: Space, question: Question, running: Running, progress: Progress, at_once: int = 1
) -> Iterator[Near]:
    """The neighbours of the question, in a fixed order; those that cannot be asked are absent.

    `at_once` of them are searched side by side.
    """
    pixels = [make(question, by) for make in (target_change, input_change) for by in (-1, 1)]
    changes = [change for change in pixels if change] + rounding_changes(space, question)

    def ask_one(number: int) -> Near | None:
        told = _told(running, progress, "nearby", number / len(changes))
        return ask(space, question, changes[number], told, least=True)

    numbers = range(len(changes))
    if at_once == 1:
        yield from filter(None, map(ask_one, numbers))
        return
    with ThreadPoolExecutor(at_once) as pool:
        yield from filter(None, pool.map(ask_one, numbers))


def rescues(
    space: Space, question: Question, running: Running, progress: Progress
) -> Iterator[Near]:
    """Changes after which something matches: the nearest in each direction, nearest first.

    Raises LimitError at the end, in words, where budgets made so many automata vain that not every
    distance was looked at.
    """
    possible = _possible(space, question, _told(running, progress, "suggestions", 0.0))
    helped: set[str] = set()
    vain, beyond = 0, None
    for distance in range(1, FARTHEST + 1):
        told = _told(running, progress, "suggestions", (distance - 1) / FARTHEST)
        for make, offsets in possible:
            for offset in (-distance, distance):
                change = make(question, offset) if offset in offsets else None
                if change is None or change.way in helped:
                    continue
                if vain > MOST_IN_VAIN:
                    beyond = beyond or distance
                    continue
                near = ask(space, question, change, told, least=False)
                if near and near.at_least:
                    helped.add(change.way)
                    yield near
                elif near:
                    vain += near.transitions
    for change in [*rounding_changes(space, question), *relaxations(space, question)]:
        near = ask(space, question, change, told, least=False)
        if near and near.at_least:
            yield near
    if beyond is not None:
        raise LimitError(
            f"not every RF and input {counted(beyond, 'pixel')} away or more was searched: nearer "
            f"ones took automata of {vain:,} transitions in vain; loosen a budget"
        )


def _possible(
    space: Space, question: Question, running: Running
) -> list[tuple[Callable[[Question, int], Change | None], set[int]]]:
    """The offsets within FARTHEST at which a target, then an input, may match."""
    every = {sign * distance for sign in (-1, 1) for distance in range(1, FARTHEST + 1)}
    found: list[tuple[Callable[[Question, int], Change | None], set[int]]] = []
    for make, offsets in (
        (target_change, possible_targets),
        (input_change, possible_inputs),
    ):
        try:
            found.append((make, offsets(space, question, running, FARTHEST)))
        except (LimitError, UsageError):  # what does not fit together may do so one by one
            found.append((make, every))
    return found


def _told(running: Running, progress: Progress, stage: str, done: float) -> dict[str, Any]:
    """`running` for one neighbour: its own stages are reported as this one's."""
    progress(stage, done)
    return {**running, "progress": lambda *_: progress(stage, done)}
