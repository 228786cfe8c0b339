"""Questions next to the one asked, each with its own exact count.

`around` answers "what if it were a pixel more": RF ± 1, input ± 1, the other roundings.
`rescues` answers "what is the least change after which something matches at all".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.request.query import Query
from rfsearch.request.running import Progress
from rfsearch.why.nearby.ask import Near, ask
from rfsearch.why.nearby.change import (
    input_change,
    relaxations,
    rounding_changes,
    target_change,
)
from rfsearch.why.nearby.possible import possible_inputs, possible_targets
from rfsearch.why.nearby.targets import Targets
from rfsearch.why.reasons.wording import counted

if TYPE_CHECKING:
    from rfsearch.automaton.spots import Spots

# How far from the target and the input a rescue is looked for, in pixels. Inputs are looked for
# ring by ring, from the first to the last pixel of each, until there is one on each side.
FARTHEST = 32
RINGS = {1: 2, 3: 8, 9: FARTHEST}

# Transitions of automata without a match, together, after which farther ones are not built: they
# are some seconds. Not a time, so that the answer is the same everywhere.
MOST_IN_VAIN = 4_000_000

Running = Mapping[str, Any]  # threads and memory_limit, as Space.search takes them


def around(
    space: Any,
    query: Query,
    running: Running,
    progress: Progress,
    at_once: int = 1,
    spots: Spots | None = None,
) -> Iterator[Near]:
    """The neighbours of the question, in a fixed order; those that cannot be asked are absent.

    Where no stack has an RF a pixel away, the nearest on that side that some has takes its place.
    `at_once` of them are searched side by side. `spots`: of the question itself.
    """
    targets = None if spots is None else Targets(space, query, spots)
    pixels = [make(space, query, by) for make in (target_change, input_change) for by in (-1, 1)]
    changes = [change for change in pixels if change] + rounding_changes(space, query)

    def ask_one(number: int) -> Near | None:
        told = _told(running, progress, "nearby", number / len(changes))
        change = changes[number]
        moved = change.way.startswith("RF")
        near = ask(change, told, least=True, targets=targets if moved else None)
        if near is None or near.at_most or not moved:
            return near
        return _nearest_rf(space, query, 1 if change.way == "RF above" else -1, told) or near

    numbers = range(len(changes))
    if at_once == 1:
        yield from filter(None, map(ask_one, numbers))
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(at_once) as pool:
        yield from filter(None, pool.map(ask_one, numbers))


def _nearest_rf(space: Any, query: Query, sign: int, running: Running) -> Near | None:
    """The nearest RF on one side that some match has; None where none is found."""
    try:
        offsets = possible_targets(space, query, running, FARTHEST, (sign,))
    except (LimitError, UsageError):
        return None
    vain = 0
    for offset in sorted(offsets, key=abs):
        change = target_change(space, query, offset)
        near = None if change is None or vain > MOST_IN_VAIN else ask(change, running, least=True)
        if near and near.at_least:
            return near
        vain += near.transitions if near else 0
    return None


def rescues(space: Any, query: Query, running: Running, progress: Progress) -> Iterator[Near]:
    """Changes after which something matches: the nearest in each direction, nearest first.

    Raises LimitError at the end, in words, where so many automata were vain that not every
    distance was looked at.
    """
    targets = _targets(space, query, _told(running, progress, "suggestions", 0.0))
    inputs: set[int] = set()
    helped: set[str] = set()
    vain, beyond = 0, None
    for distance in range(1, FARTHEST + 1):
        told = _told(running, progress, "suggestions", (distance - 1) / FARTHEST)
        if distance in RINGS and not {"input below", "input above"} <= helped:
            if vain > MOST_IN_VAIN:
                beyond = beyond or distance
            else:
                some, transitions = _inputs(space, query, told, distance)
                inputs |= some
                vain += transitions
        for make, offsets in ((target_change, targets), (input_change, inputs)):
            for offset in (-distance, distance):
                change = make(space, query, offset) if offset in offsets else None
                if change is None or change.way in helped:
                    continue
                if vain > MOST_IN_VAIN:
                    beyond = beyond or distance
                    continue
                near = ask(change, told, least=False)
                if near and near.at_least:
                    helped.add(change.way)
                    yield near
                elif near:
                    vain += near.transitions
    for change in [*rounding_changes(space, query), *relaxations(space, query)]:
        near = None if change.way in helped else ask(change, told, least=False)
        if near and near.at_least:
            helped.add(change.way)
            yield near
    if beyond is not None:
        raise LimitError(
            f"not every RF and input {counted(beyond, 'pixel')} away or more was searched: nearer "
            f"ones took automata of {vain:,} transitions in vain; loosen a budget"
        )


def _targets(space: Any, query: Query, running: Running) -> set[int]:
    """The offsets within FARTHEST at which a target may match."""
    try:
        return possible_targets(space, query, running, FARTHEST)
    except (LimitError, UsageError):  # what does not fit together may do so one by one
        return {sign * distance for sign in (-1, 1) for distance in range(1, FARTHEST + 1)}


def _inputs(space: Any, query: Query, running: Running, first: int) -> tuple[set[int], int]:
    """The offsets of one ring at which an input may match, and the transitions that it took."""
    last = RINGS[first]
    try:
        return possible_inputs(space, query, running, first, last)
    except (LimitError, UsageError):
        return {sign * far for sign in (-1, 1) for far in range(first, last + 1)}, 0


def _told(running: Running, progress: Progress, stage: str, done: float) -> dict[str, Any]:
    """`running` for one neighbour: its own stages are reported as this one's."""
    progress(stage, done)
    return {**running, "progress": lambda *_: progress(stage, done)}
