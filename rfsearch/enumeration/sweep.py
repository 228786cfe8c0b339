"""A grid of questions: for each input and target, at each depth, how many match and the cheapest.

A cell is one input and one target. Its matches are counted once for all depths; a depth that has
some is then asked for its front, whose first row is the cheapest. Where a whole grid is asked of
one process, the program starts, compiles and reads its space once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from rfsearch.enumeration.columns import schema_of
from rfsearch.enumeration.question import asked
from rfsearch.errors import LimitError, UsageError
from rfsearch.ladder.targets import read_targets
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.question.found import Found
    from rfsearch.request.keywords import Asked, Targets
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

FRONT = ("memory", "macs")
MOST_CELLS = 1_000_000
Row = dict[str, Any]


RUNNING = ("threads", "memory_limit", "progress")


@dataclass(frozen=True)
class Cells:
    """What is asked of every cell: the front's costs, and by which the cheapest is chosen.

    Without front costs nothing is listed but counts and least costs.
    """

    front: tuple[str, ...] = FRONT
    rank_by: tuple[str, ...] = FRONT

    def rows(
        self, space: Space | Neighbourhood, input: Any, target: Any, question: Mapping[str, Any]
    ) -> list[Row]:
        """A row for each depth, those without a match too. Raises as a search does."""
        found = _found(space, input, target, question)
        costs = dict.fromkeys(one.removeprefix("max:") for one in (*self.front, *self.rank_by))
        none = found.no_rows(tuple(costs)).drop("input", "depth", strict=False)
        types = {name: str(kind) for name, kind in none.schema.items()}
        place = {"input": input, "target_rf": target, "types": types}
        rows = []
        for depth, matches in _counts(found).items():
            row: Row = {**place, "depth": depth, "matches": matches}
            if matches != 0:
                best = self._best(space, input, target, _at(question, depth))
                row |= best or {"matches": 0}
            rows.append(row)
        return rows

    def _best(
        self, space: Space | Neighbourhood, input: Any, target: Any, question: Mapping[str, Any]
    ) -> Row:
        """The front of one depth, and its cheapest stack's figures; empty without a match."""
        found = _found(space, input, target, question)
        front = found.front(self.front) if self.front else None
        if front is not None and self.front[: len(self.rank_by)] == self.rank_by:
            best = front[:1]  # the front stands in the order of its costs
        else:
            best = found.top(1, by=self.rank_by, distinct="none")
        if not len(best):
            return {}
        row: Row = best.drop("rank", "twins", "input", "depth", strict=False).to_dicts()[0]
        if front is not None:
            row |= {"front_size": len(front), "front": front["stack"].to_list()}
        return row


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
    rows = [
        row
        for one in read_targets(input, "input", "inputs")
        for target in read_targets(target_rf, "target_rf", "targets")
        for row in cells.rows(space, one, target, asked_for)
    ]
    return table(rows, cells)


def grid(inputs: Sequence[Any], targets: Sequence[Any]) -> list[list[Any]]:
    """Every cell [input, target], an input's cells together. UsageError where too many."""
    if len(inputs) * len(targets) > MOST_CELLS:
        raise UsageError(
            f"--input: {len(inputs)} inputs and {len(targets)} targets make more than "
            f"{MOST_CELLS:,} cells"
        )
    return [[one, target] for one in inputs for target in targets]


def cell(common: dict[str, Any], own: list[Any]) -> list[Row]:
    """A worker's task: the rows of a cell [input, target] of a question told as a file's keys."""
    place = dict(zip(("input", "target_rf"), own, strict=True))
    request = asked(common["question"] | place, "sweep")
    cells = Cells(tuple(common["front"]), tuple(common["rank_by"]))
    asked_for = request.question() | request.running | {"threads": common["threads"]}
    one, target = asked_for.pop("input"), asked_for.pop("target_rf")
    with request.placing_errors():
        rows = cells.rows(request.space(), one, target, asked_for)
    return [row | place for row in rows]


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


def _found(
    space: Space | Neighbourhood, input: Any, target: Any, question: Mapping[str, Any]
) -> Found:
    """The automaton of one cell."""
    from rfsearch.question.found import Found
    from rfsearch.request.query import Query

    running = {name: question[name] for name in RUNNING if name in question}
    asked = {name: value for name, value in question.items() if name not in RUNNING}
    return Found.build(space, Query.of(space.axes, input, target, **asked), **running)


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


def _at(question: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """The question at one depth alone."""
    return {**question, "min_depth": depth, "max_depth": depth}


def _place(name: str, values: list[Any]) -> pl.Series:
    """Numbers where all are, else text."""
    import polars as pl

    if all(isinstance(value, int) for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    return pl.Series(name, [str(value) for value in values], dtype=pl.String)
