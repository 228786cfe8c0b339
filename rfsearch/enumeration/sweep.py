"""A grid of questions: for each input and target, at each depth, how many match and the cheapest.

A cell is one input and one target. Its matches are counted once for all depths; a depth that has
some is then asked for its front, whose first row is the cheapest. What the cells of an input share
is made once (see rfsearch.automaton.together): its states, and what steps add to costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from rfsearch.enumeration.columns import schema_of
from rfsearch.enumeration.question import asked
from rfsearch.errors import LimitError, UsageError
from rfsearch.ladder.targets import read_targets
from rfsearch.quantity import whole
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.automaton.together import Together
    from rfsearch.question.found import Found
    from rfsearch.request.keywords import Asked, Targets
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

FRONT = ("memory", "macs")
MOST_CELLS = 1_000_000
LEAST_TOGETHER = 8  # targets: fewer are compiled sooner one by one
RUNS_A_WORKER = 4  # at least, where the grid has so many, so that none waits long for the last
RUNNING = ("threads", "memory_limit", "progress")
LEFT_OUT = ("rank", "twins", "input", "depth")  # columns that a row has already, or not at all
Row = dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """What is asked of every cell: the front's costs, and by which the cheapest is chosen.

    Without front costs nothing is listed but counts and least costs.
    """

    front: tuple[str, ...] = FRONT
    rank_by: tuple[str, ...] = FRONT

    def of_input(
        self,
        space: Space | Neighbourhood,
        input: Any,
        targets: Sequence[Any],
        question: Mapping[str, Any],
    ) -> Iterator[list[Row]]:
        """The rows of each target, see rows."""
        shared = None
        if len(targets) >= LEAST_TOGETHER and all(isinstance(one, int) for one in targets):
            # Where all at once would not fit, each alone may.
            with suppress(LimitError, UsageError):
                every = f"{min(targets)}..{max(targets)}"
                shared = AtInput.of(space, input, every, question)
        for target in targets:
            own = shared or AtInput.of(space, input, target, question)
            yield self.rows(own, target)

    def rows(self, asked: AtInput, target: Any) -> list[Row]:
        """A row for each depth, those without a match too. Raises as a search does."""
        found = asked.found(target)
        costs = dict.fromkeys(one.removeprefix("max:") for one in (*self.front, *self.rank_by))
        schema = found._no_rows(tuple(costs)).schema
        types = {name: str(kind) for name, kind in schema.items() if name not in LEFT_OUT}
        place = {"input": asked.input, "target_rf": target, "types": types}
        rows = []
        for depth, matches in _counts(found).items():
            row: Row = {**place, "depth": depth, "matches": matches}
            if matches != 0:
                row |= self._best(asked.found(target, depth)) or {"matches": 0}
            rows.append(row)
        return rows

    def _best(self, found: Found) -> Row:
        """The front of one depth, and its cheapest stack's figures; empty without a match."""
        front = found._front_rows(self.front) if self.front else None
        if front is not None and self.front[: len(self.rank_by)] == self.rank_by:
            best = front[:1]  # the front stands in the order of its costs
        else:
            best = found._list_rows(1, self.rank_by, "none")
        if not len(best):
            return {}
        row = {name: value for name, value in best[0].items() if name not in LEFT_OUT}
        if front is not None:
            row |= {"front_size": len(front), "front": front.values("stack")}
        return row


@dataclass(frozen=True)
class AtInput:
    """What is asked of one input: `together` has the automata of its targets and depths."""

    space: Space | Neighbourhood
    input: Any
    question: Mapping[str, Any]
    running: Mapping[str, Any]
    together: Together

    @classmethod
    def of(
        cls, space: Space | Neighbourhood, input: Any, target: Any, question: Mapping[str, Any]
    ) -> AtInput:
        """Of one target, or of all within a range. Raises as a search does."""
        from rfsearch.automaton.together import Together
        from rfsearch.request.query import Query

        own = {name: value for name, value in question.items() if name not in RUNNING}
        running = {name: question[name] for name in RUNNING if name in question}
        limit = running.get("memory_limit", MEMORY_LIMIT)
        running["memory_limit"] = whole(limit, "memory_limit", 1, in_bytes=True)
        query = Query.of(space.axes, input, target, **own)
        progress = running.get("progress", silent)
        together = Together(space, query, running["memory_limit"], progress)
        return cls(space, input, own, running, together)

    def found(self, target: Any, depth: int | None = None) -> Found:
        """One cell, at all depths or at one."""
        from rfsearch.question.found import Found
        from rfsearch.request.query import Query

        at = {} if depth is None else {"min_depth": depth, "max_depth": depth}
        query = Query.of(self.space.axes, self.input, target, **{**self.question, **at})
        if query.better:
            return Found._build(self.space, query, **self.running)
        return Found(self.together.automaton(query), **self.running)


def sweep(
    space: Space | Neighbourhood,
    input: Targets,
    target_rf: Targets,
    *,
    front: Sequence[str] = FRONT,
    rank_by: Sequence[str] = FRONT,
    threads: int | None = None,
    memory_limit: int | str = MEMORY_LIMIT,
    progress: Progress = silent,
    **question: Unpack[Asked],
) -> pl.DataFrame:
    """One row for each input, target and depth: `matches`, the cheapest stack's figures, its front.

    input, target_rf: numbers, or text such as 32..512:32. front: its costs, or none at all;
    rank_by: the costs by which the cheapest is chosen; the rest as Space.search takes it. Columns
    `front_size` and `front` (its stacks). Raises as a search does.
    """
    cells = Cells(tuple(front), tuple(rank_by))
    running = {"threads": threads, "memory_limit": memory_limit, "progress": progress}
    asked_for = {**question, **running}
    targets = read_targets(target_rf, "target_rf", "targets")
    rows = [
        row
        for one in read_targets(input, "input", "inputs")
        for own in cells.of_input(space, one, targets, asked_for)
        for row in own
    ]
    return table(rows, cells)


def runs(inputs: Sequence[Any], targets: Sequence[Any], workers: int) -> list[list[Any]]:
    """The grid in runs [input, targets], an input's together as far as all workers have some.

    UsageError where it has too many cells.
    """
    if len(inputs) * len(targets) > MOST_CELLS:
        raise UsageError(
            f"--input: {len(inputs)} inputs and {len(targets)} targets make more than "
            f"{MOST_CELLS:,} cells"
        )
    each = -(-RUNS_A_WORKER * workers // len(inputs))  # runs of an input
    size = max(-(-len(targets) // each), 1)
    cuts = range(0, len(targets), size)
    return [[one, list(targets[cut : cut + size])] for one in inputs for cut in cuts]


def run(common: dict[str, Any], own: list[Any]) -> list[Row]:
    """A worker's task: the rows of a run [input, targets] of a question told as a file's keys."""
    one, targets = own
    place = {"input": one, "target_rf": targets[0]}
    request = asked(common["question"] | place, "sweep")
    cells = Cells(tuple(common["front"]), tuple(common["rank_by"]))
    asked_for = request.question() | request.running | {"threads": common["threads"]}
    asked_for = {name: value for name, value in asked_for.items() if name not in place}
    with request.placing_errors():
        each = list(cells.of_input(request.space(), one, targets, asked_for))
    return [row for rows in each for row in rows]


def table(rows: Iterable[Row], cells: Cells) -> pl.DataFrame:
    """Rows as a frame: the place, `matches`, the front's size, the cheapest, the front's stacks.

    `matches` is text where int64 cannot hold one, and null where a budget makes it infeasible. Each
    row says the `types` of its figures, whether it has them or not; a list of one number an axis
    where the axes of any cell are told apart.
    """
    import polars as pl

    kept = list(rows)
    counts = [row["matches"] for row in kept]
    big = any(count is not None and count >= 1 << 63 for count in counts)
    texts = [str(count) if big and count is not None else count for count in counts]
    first: dict[str, Any] = {
        name: _place(name, [row[name] for row in kept]) for name in ("input", "target_rf")
    }
    first["depth"] = pl.Series("depth", [row["depth"] for row in kept], dtype=pl.Int64)
    first["matches"] = pl.Series("matches", texts, dtype=pl.String if big else pl.Int64)
    if cells.front:
        sizes = [row.get("front_size", 0) for row in kept]
        first["front_size"] = pl.Series("front_size", sizes, dtype=pl.Int64)
    names = dict.fromkeys(name for row in kept for name in row["types"])
    columns = [*first.values(), *(_figures(kept, name) for name in names)]
    if cells.front:
        fronts = [row.get("front", []) for row in kept]
        columns.append(pl.Series("front", fronts, dtype=pl.List(pl.String)))
    return pl.DataFrame(columns)


def _figures(rows: Sequence[Row], name: str) -> pl.Series:
    """A column of the cheapest's figures, of the widest type that some cell has for it."""
    import polars as pl

    texts = {row["types"][name] for row in rows if name in row["types"]}
    kinds = schema_of({text: text for text in texts}).values()
    lists = [kind for kind in kinds if isinstance(kind, pl.List)]
    kind = pl.String() if pl.String() in kinds else next(iter(lists or kinds))
    values = [row.get(name) for row in rows]
    if lists:
        axes = max((len(value) for value in values if isinstance(value, list)), default=0)
        values = [[value] * axes if isinstance(value, int | float) else value for value in values]
    return pl.Series(name, values, dtype=kind, strict=False)


def _counts(found: Found) -> dict[int, int | None]:
    """Matches at each depth; None where a budget leaves only bounds.

    Of a run of layers at every depth of its range, else at those that some match has.
    """
    slot = found.space.slot
    depths = range(slot[1][0], slot[1][1] + 1) if slot else None
    try:
        counts = found.count_by_depth()
    except LimitError:
        if depths is None:
            raise
        return dict.fromkeys(depths)
    return dict(counts) if depths is None else {depth: counts.get(depth, 0) for depth in depths}


def _place(name: str, values: list[Any]) -> pl.Series:
    """Numbers where all are, else text."""
    import polars as pl

    if all(isinstance(value, int) for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    return pl.Series(name, [str(value) for value in values], dtype=pl.String)
