"""Answer: everything a search has to say, filled question by question.

It is filled in place, so that whoever is interrupted, or stopped at a limit, still has what was
found before. Nothing here prints; the screen and the JSON object are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError
from rfsearch.explain import identity, reasons, why
from rfsearch.nearby import Near, around, rescues
from rfsearch.query import Query
from rfsearch.request import Request
from rfsearch.stages.like import LikeSpace
from rfsearch.stages.query import StagedQuery
from rfsearch.stages.space import StagedSpace
from rfsearch.threads import default_threads

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.found import Found
    from rfsearch.space import Space

Progress = Callable[[str, float], None]

# Transitions of an automaton below which its neighbours are searched beside it, not after it.
LARGEST_SIDE_BY_SIDE = 2_000_000


@dataclass
class Answer:
    """What is known so far. None stands for "not asked, or not found out".

    `matches` is exact, or None with the proven bounds `at_least` and `at_most` where a budget
    makes counting infeasible. `front` and `results` are frames; `listed` is the length of
    `results` before --where. `stopped` says at which limits something was given up.
    """

    request: Request
    space: Space | StagedSpace | LikeSpace
    query: Query | StagedQuery
    matches: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    by_depth: dict[int, int] | None = None
    by_changes: dict[int, int] | None = None
    families: int | None = None
    front: pl.DataFrame | None = None
    results: pl.DataFrame | None = None
    listed: int = 0
    why: list[str] = field(default_factory=list)
    nearby: list[Near] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether it is proven that nothing matches."""
        return self.at_most == 0

    @property
    def only_counts(self) -> bool:
        """Whether --count asked for nothing else."""
        return bool(self.request["count"])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one question; a limit met in it is noted, and the others go on."""
        began = perf_counter()
        try:
            yield
        except LimitError as error:
            self.stopped.append(f"{name}: {error}")
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - began


def fill(answer: Answer, progress: Progress) -> None:
    """Ask everything that the request wants. Raises UsageError; limits are noted in the answer."""
    request, space = answer.request, answer.space
    found: Found | None = None
    with answer.stage("automaton"), request.placing_errors():
        found = space.search(**request.question(), **request.running, progress=progress)
    if found is None:
        return
    _count(answer, found)
    if isinstance(space, LikeSpace):
        _like(answer, found, progress)
        return
    if isinstance(space, StagedSpace):
        _staged(answer, found, progress)
        return
    assert isinstance(answer.query, Query)
    if answer.nothing:
        answer.why = reasons(space, answer.query)
    else:
        answer.why = why(space, answer.query, found.moves_used())
    if answer.only_counts:
        return
    if answer.nothing:
        _list(answer, found)
        with answer.stage("nearby"):
            answer.nearby.extend(rescues(space, request.question(), request.running, progress))
        return
    _list_and_look_around(answer, found, progress)
    if answer.front is not None and len(answer.front):
        answer.why[:0] = identity(space, answer.query, answer.front.row(0, named=True))


def _staged(answer: Answer, found: Found, progress: Progress) -> None:
    """The rest of the answer over a staged space."""
    from rfsearch.stages.explain import staged_reasons, staged_why

    space, query = answer.space, answer.query
    assert isinstance(space, StagedSpace) and isinstance(query, StagedQuery)
    with answer.stage("why"):
        if answer.nothing:
            answer.why = staged_reasons(space, query, found.memory_limit)
        else:
            answer.why = staged_why(found.automaton)
    if answer.only_counts:
        return
    _list(answer, found)
    with answer.stage("nearby"):
        from rfsearch.stages.nearby import staged_around

        answer.nearby.extend(staged_around(space, query, answer.request.running, progress))


def _like(answer: Answer, found: Found, progress: Progress) -> None:
    """The rest of the answer over the networks like one."""
    from rfsearch.stages.like_found import LikeFound
    from rfsearch.stages.like_why import like_around, like_rescues, like_why

    space, query = answer.space, answer.query
    assert isinstance(space, LikeSpace) and isinstance(query, StagedQuery)
    assert isinstance(found, LikeFound)
    if answer.matches is not None:
        with answer.stage("count"):
            answer.by_changes = found.count_by_changes()
    with answer.stage("why"):
        answer.why = like_why(space, query, answer.by_changes)
    if answer.only_counts:
        return
    _list(answer, found)
    look = like_rescues if answer.nothing else like_around
    with answer.stage("nearby"):
        answer.nearby.extend(look(space, query, answer.request.running, progress))


def _list_and_look_around(answer: Answer, found: Found, progress: Progress) -> None:
    """Front, list and neighbours: side by side where they are small enough to be held at once."""
    request, space = answer.request, answer.space
    assert not isinstance(space, StagedSpace | LikeSpace)
    threads = request["threads"] or default_threads()
    at_once = threads if found.transitions <= LARGEST_SIDE_BY_SIDE else 1

    def look_around() -> None:
        with answer.stage("nearby"):
            answer.nearby.extend(
                around(space, request.question(), request.running, progress, at_once)
            )

    if at_once == 1:
        _list(answer, found)
        look_around()
        return
    with ThreadPoolExecutor(1) as pool:
        neighbours = pool.submit(look_around)
        _list(answer, found)
        neighbours.result()


def _count(answer: Answer, found: Found) -> None:
    with answer.stage("count"):
        answer.at_least, answer.at_most = found.count_bounds()
        if answer.at_least == answer.at_most:
            answer.matches = answer.at_least
            answer.by_depth = found.count_by_depth()
        elif len(found.top(1, distinct="none")):
            # The bounds leave open whether there is any match; the best one settles it.
            answer.at_least = max(answer.at_least, 1)
        else:
            answer.matches = answer.at_least = answer.at_most = 0
            low, high = getattr(answer.space, "depth", (1, 0))
            answer.by_depth = dict.fromkeys(range(low, high + 1), 0)


def _list(answer: Answer, found: Found) -> None:
    request = answer.request
    with answer.stage("families"):
        answer.families = found.families()
    if request["front"]:
        with answer.stage("front"):
            answer.front = found.front(request["front"])
    if request["top"]:
        with answer.stage("top"):
            best = found.top(request["top"], by=request["rank_by"], distinct=request["distinct"])
            answer.listed = len(best)
            answer.results = best
            if request["where"] is not None:
                from rfsearch.where import kept

                answer.results = kept(best, request["where"])


def candidates(answer: Answer) -> int:
    """Every stack that could be written, once for each input to choose from."""
    if isinstance(answer.query, StagedQuery):
        return answer.space.candidates * len(answer.query.inputs)
    return answer.space.candidates


def as_document(answer: Answer) -> dict[str, Any]:
    """The JSON object, keys in their fixed order; see the README for what each holds."""
    from rfsearch.output.frames import rows

    counts: dict[str, Any] = {"matches": answer.matches}
    if answer.matches is None:
        most = candidates(answer) if answer.at_most is None else answer.at_most
        counts = {"matches_at_least": answer.at_least or 0, "matches_at_most": most}
    listed: dict[str, Any] = {}
    if not answer.only_counts:
        counts["families"] = answer.families
        for name, asked in (("front", "front"), ("results", "top")):
            frame = getattr(answer, name)
            # Nothing asked for is an empty list; null is what a limit kept from being known.
            empty: list[Any] | None = None if answer.request[asked] else []
            listed[name] = empty if frame is None else rows(frame)
    document = {
        "schema": 1,
        "query": answer.request.resolved(answer.space, answer.query),
        "space": {"candidates": candidates(answer)},
        **counts,
        "matches_by_depth": answer.by_depth,
        **({} if answer.by_changes is None else {"matches_by_changes": answer.by_changes}),
        **listed,
        "why": answer.why,
    }
    if not answer.only_counts:
        document["nearby"] = [near.document() for near in answer.nearby]
    if answer.stopped:
        document["stopped"] = answer.stopped
    document["seconds"] = {stage: round(s, 6) for stage, s in answer.seconds.items()}
    return document
