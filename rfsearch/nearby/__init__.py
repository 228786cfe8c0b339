"""Questions next to the one asked, each with its own exact count.

`around` answers "what if it were a pixel more": RF ± 1, input ± 1, the other roundings.
`rescues` answers "what is the least change after which something matches at all".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rfsearch.nearby.ask import Near, ask
from rfsearch.nearby.change import (
    Question,
    all_targets,
    input_change,
    relaxations,
    rounding_changes,
    target_change,
)
from rfsearch.space import Space

# How far from the target and the input a rescue is looked for, in pixels.
FARTHEST = 32

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
    """Changes after which something matches: the nearest in each direction, nearest first."""
    helped = _in_vain(space, question, _told(running, progress, "suggestions", 0.0))
    for distance in range(1, FARTHEST + 1):
        told = _told(running, progress, "suggestions", (distance - 1) / FARTHEST)
        for make in (target_change, input_change):
            for offset in (-distance, distance):
                change = make(question, offset)
                if change is None or change.way in helped:
                    continue
                near = ask(space, question, change, told, least=False)
                if near and near.at_least:
                    helped.add(change.way)
                    yield near
        if len(helped) == 4:
            break
    for change in [*rounding_changes(space, question), *relaxations(space, question)]:
        near = ask(space, question, change, told, least=False)
        if near and near.at_least:
            yield near


def _in_vain(space: Space, question: Question, running: Running) -> set[str]:
    """Directions of the target in which nothing matches as far as is looked: one query each."""
    in_vain = set()
    for sign in (-1, 1):
        change = all_targets(question, FARTHEST, sign)
        low, high = change.values["target_rf"]
        near = ask(space, question, change, running, least=False) if low <= high else None
        if low > high or (near and not near.at_most):
            in_vain.add(change.way)
    return in_vain


def _told(running: Running, progress: Progress, stage: str, done: float) -> dict[str, Any]:
    """`running` for one neighbour: its own stages are reported as this one's."""
    progress(stage, done)
    return {**running, "progress": lambda *_: progress(stage, done)}
