"""Answer: everything a search has to say, filled question by question.

It is filled in place, so that whoever is interrupted, or stopped at a limit, still has what was
found before. Nothing here prints; the screen and the JSON object are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError
from rfsearch.kernels.threads import default_threads
from rfsearch.layers.cost import CHANGES
from rfsearch.question.exact import asked_of_device
from rfsearch.question.found import Found
from rfsearch.question.in_time import Deadline
from rfsearch.request.asked import set_aside
from rfsearch.request.query import Query
from rfsearch.request.request import Request
from rfsearch.request.running import Progress
from rfsearch.schema import SCHEMA
from rfsearch.space.space import Space
from rfsearch.why.reasons import identity, reasons, why

if TYPE_CHECKING:
    from rfsearch.question.rows import Rows
    from rfsearch.question.timed import Gap
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.why.nearby.ask import Near

Tell = Callable[[str], None]

# The parts of an answer in the order in which they are found out, with the keys of its JSON object
# that are not known by then.
PARTS = {
    "counts": ("families", "front", "results", "nearby"),
    "front": ("results", "nearby"),
    "list": ("nearby",),
    "all": (),
}


# Seconds for front and list within arena or flash, where --time-limit says nothing.
OF_DEVICE = 60

# The columns that tell one match from another: the input where there are several.
_ONE_STACK = ("input", "stack")

# Transitions of an automaton below which its neighbours are searched beside it, not after it.
LARGEST_SIDE_BY_SIDE = 2_000_000


@dataclass
class Answer:
    """What is known so far. None stands for "not asked, or not found out".

    `matches` is exact, or None with the proven bounds `at_least` and `at_most` where a budget
    makes counting infeasible. `front` and `results` are rows; `listed` is the length of
    `results` before --where. `stopped` says at which limits something was given up.

    Under --time-limit `gaps` and `proven` say of `front` and `results` how far they are proven (see
    rfsearch.question.timed), `cut` which of them are cut short.
    """

    request: Request
    space: Space | Neighbourhood
    query: Query
    matches: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    by_depth: dict[int, int] | None = None
    by_changes: dict[int, int] | None = None
    families: int | None = None
    front: Rows | None = None
    results: Rows | None = None
    listed: int = 0
    why: list[str] = field(default_factory=list)
    nearby: list[Near] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    gaps: dict[str, Gap] = field(default_factory=dict)
    proven: dict[str, int] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether it is proven that nothing matches."""
        return self.at_most == 0

    @property
    def of_device(self) -> bool:
        """Whether arena or flash is ranked or bounded, of which each row is worked out."""
        ranked = (*self.request["rank_by"], *self.request["front"])
        return bool(asked_of_device(self.query, (one.split(":")[-1] for one in ranked)))

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


def fill(
    answer: Answer,
    progress: Progress,
    deadline: Deadline | None = None,
    tell: Tell | None = None,
) -> None:
    """Ask everything that the request wants. Raises UsageError; limits are noted in the answer.

    With a `deadline` what is not finished by then is cut short, and said to be. `tell` is called
    with the name of each of PARTS but the last as soon as it is known; the questions next door are
    then asked last, not beside the list. Raises LimitError where the stacks are too many to be
    written out as an automaton's control: nothing is known.
    """
    request, space = answer.request, answer.space
    with request.placing_errors():
        candidates(answer)
    found: Found | None = None
    with answer.stage("automaton"), request.placing_errors():
        found = Found._build(space, answer.query, **request.running, progress=progress)
    if found is None:
        return
    answer.query = found.query  # with the bounds of --better
    if deadline is not None:
        from rfsearch.answer.in_time import ask_in_time

        ask_in_time(answer, found, progress, deadline)
        return
    _count(answer, found)
    explain(answer, found)
    if answer.only_counts:
        return
    if answer.of_device:
        from rfsearch.answer.in_time import front_and_list

        with answer.stage("families"):
            answer.families = found.families()
        front_and_list(answer, found, Deadline(OF_DEVICE))
        add_identity(answer)
        return
    threads = request["threads"] or default_threads()
    large = found.transitions > LARGEST_SIDE_BY_SIDE
    if tell is not None:
        tell("counts")
        _list(answer, found, tell)
        look_around(answer, found, progress, 1 if large else threads)
    elif threads == 1 or large or answer.nothing:
        _list(answer, found)
        look_around(answer, found, progress)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            neighbours = pool.submit(look_around, answer, found, progress, threads)
            _list(answer, found)
            neighbours.result()


def explain(answer: Answer, found: Found) -> None:
    """Why so many match, or why nothing does."""
    space, query = answer.space, answer.query
    has_changes = CHANGES.name in found.automaton.spots.figures
    if has_changes and answer.matches is not None and found.decided:
        with answer.stage("count"):
            answer.by_changes = found.count_by_changes()
    with answer.stage("why"):
        if answer.nothing:
            answer.why = reasons(space, query, found.memory_limit)
        else:
            answer.why = why(space, query, found)
    if aside := set_aside(answer.request.options):
        answer.why.append(f"set aside: {' and '.join(aside)}, which networks like one do not keep")


def add_identity(answer: Answer) -> None:
    """The one-layer formula with the numbers of the front's first row, ahead of the reasons."""
    if answer.front is not None and len(answer.front):
        answer.why[:0] = identity(answer.space, answer.query, answer.front[0])


def look_around(answer: Answer, found: Found, progress: Progress, at_once: int = 1) -> None:
    """The questions next door, `at_once` of them side by side; what helps where nothing matches."""
    request = answer.request
    with answer.stage("nearby"):
        asked = (answer.space, answer.query, request.running, progress)
        from rfsearch.why.nearby import around, rescues

        spots = found.automaton.spots
        answer.nearby.extend(rescues(*asked) if answer.nothing else around(*asked, at_once, spots))


def _count(answer: Answer, found: Found) -> None:
    with answer.stage("count"):
        answer.at_least, answer.at_most = found.count_bounds()
        if answer.at_least == answer.at_most:
            answer.matches = answer.at_least
            answer.by_depth = found.count_by_depth() if found.decided else None
        elif len(found._list_rows(1, distinct="none")):
            # The bounds leave open whether there is any match; the best one settles it.
            answer.at_least = max(answer.at_least, 1)
        else:
            answer.matches = answer.at_least = answer.at_most = 0
            answer.by_depth = {}


def _list(answer: Answer, found: Found, tell: Tell = lambda part: None) -> None:
    request = answer.request
    with answer.stage("families"):
        answer.families = found.families()
    if request["front"]:
        with answer.stage("front"):
            answer.front = found._front_rows(request["front"])
    add_identity(answer)
    tell("front")
    if request["top"]:
        with answer.stage("top"):
            best = found._list_rows(request["top"], request["rank_by"], request["distinct"])
            answer.listed = len(best)
            answer.results = best
    count_listed(answer)
    filter_listed(answer)
    tell("list")


def count_listed(answer: Answer) -> None:
    """Where the matches are not counted: at least the stacks of front and list, before --where."""
    if answer.matches is not None:
        return
    known: set[tuple[object, ...]] = set()
    for rows in (answer.front, answer.results):
        if rows is not None:
            names = [name for name in _ONE_STACK if name in rows.names]
            known.update(tuple(row[name] for name in names) for row in rows)
    answer.at_least = max(answer.at_least or 0, len(known))


def filter_listed(answer: Answer) -> None:
    """What --where keeps of the list."""
    if answer.request["where"] is not None and answer.results is not None:
        from rfsearch.answer.where import kept_of_list

        answer.results = kept_of_list(answer.results, answer.request["where"])


def candidates(answer: Answer) -> int:
    """Every stack that could be written, once for each input to choose from."""
    query = answer.query
    return answer.space._candidates_of(query.rounding, len(query.inputs))


def as_document(answer: Answer, part: str = "all") -> dict[str, Any]:
    """The JSON object, keys in their fixed order (docs/json.md); of one of PARTS what is known."""
    from rfsearch.answer.output.frames import rows

    counts: dict[str, Any] = {"matches": answer.matches}
    if answer.matches is None:
        most = candidates(answer) if answer.at_most is None else answer.at_most
        counts = {"matches_at_least": answer.at_least or 0, "matches_at_most": most}
    listed: dict[str, Any] = {}
    if not answer.only_counts:
        counts["families"] = answer.families
        for name, asked in (("front", "front"), ("results", "top")):
            known = getattr(answer, name)
            # Nothing asked for is an empty list; null is what a limit kept from being known.
            empty: list[Any] | None = None if answer.request[asked] else []
            listed[name] = empty if known is None else rows(known)
    document = {
        "schema": SCHEMA,
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
    if answer.gaps:
        from rfsearch.answer.in_time import joint_gap

        document["gap"] = joint_gap(answer.gaps)
        document["gaps"], document["proven"] = answer.gaps, answer.proven
    if answer.stopped:
        document["stopped"] = answer.stopped
    document["seconds"] = {stage: round(s, 6) for stage, s in answer.seconds.items()}
    return {key: value for key, value in document.items() if key not in PARTS[part]}
