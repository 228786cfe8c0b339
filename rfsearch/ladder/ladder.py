"""A ladder: one network for each receptive field, all as alike in what is held as can be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from rfsearch.automaton.criteria import parse_ranking
from rfsearch.errors import LimitError
from rfsearch.ladder.climb import Best, Climb
from rfsearch.ladder.effort import Effort
from rfsearch.ladder.frame import ladder_frame
from rfsearch.ladder.held import JUMP, Held
from rfsearch.ladder.hold import DEFAULT_HOLD, read_hold, spread
from rfsearch.ladder.rung import Rung
from rfsearch.ladder.targets import read_targets
from rfsearch.ladder.ties import ranked
from rfsearch.ladder.why import impossible_rungs, no_ladder
from rfsearch.layers.cost import RANKED
from rfsearch.quantity import seconds
from rfsearch.question.budget import has_budget_on_sums
from rfsearch.question.exact import asked_of_device
from rfsearch.question.found import DEFAULT_RANKING, Found
from rfsearch.question.top import top_rows
from rfsearch.request.keywords import Amount, Asked, Hold, Input, Targets
from rfsearch.request.query import Query, Sizes
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton
    from rfsearch.export.write import Activation, Framework
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space


@dataclass(frozen=True)
class Ladder:
    """The tightest ladder found, and what is proven of it.

    rungs       a row for each possible rung, with a `deviation_COST` = value / least - 1 for every
                held cost; none where there is no ladder
    spread      of each held cost, max / min - 1
    tightness   greatest spread / tolerance, at most 1 within the tolerance; None without a ladder
    bound       no ladder of these rungs is tighter than this
    complete    whether that is proven of the ladder itself, or that there is none
    impossible  {target: why no stack has it}
    why         why possible rungs make no ladder, where that is proven
    stopped     whether it was cut short by the time limit or by an interrupt
    inputs      what was asked: an input, or several to choose from, one size an axis each
    input_channels  of each
    """

    rungs: pl.DataFrame
    hold: Mapping[str, Fraction]
    spread: Mapping[str, Fraction]
    tightness: Fraction | None
    bound: Fraction
    complete: bool
    impossible: Mapping[str, Sequence[str]]
    why: str | None = None
    stopped: bool = False
    inputs: Sequence[Sizes] = ()
    input_channels: int = 3

    def __repr__(self) -> str:
        return f"<Ladder {self._summary}>"

    def _repr_html_(self) -> str:
        """For notebooks: what is proven, and the rungs."""
        return f"<p>{self._summary}</p>{self.rungs._repr_html_()}"

    @property
    def _summary(self) -> str:
        if self.tightness is None:
            return f"no rungs: {self.why or 'none known'}"
        spreads = (f"{name} within {float(one):.2%}" for name, one in self.spread.items())
        proof = (
            "proven tightest" if self.complete else f"none is tighter than {float(self.bound):.3g}"
        )
        return f"{len(self.rungs)} rungs, {', '.join(spreads)}; {proof}"

    @property
    def within(self) -> bool:
        """Whether all rungs are within the tolerance of each other."""
        return self.tightness is not None and self.tightness <= 1

    def export(
        self,
        folder: str | os.PathLike[str],
        to: Framework = "torch",
        *,
        classes: int | None = None,
        norm: Literal["batch", "layer", "none"] | None = None,
        activation: Activation = "relu",
        seed: int = 0,
        force: bool = False,
    ) -> list[Path]:
        """Write every rung as a file of a framework, rung01.py, rung02.py, …; their paths.

        The keywords as Found.export takes them. Raises UsageError.
        """
        from rfsearch.export.folder import numbered, wanted_of, write_folder
        from rfsearch.export.write import Style

        style = Style(classes=classes, norm=norm, activation=activation, seed=seed)
        rows = self.rungs.to_dicts()
        names = numbered("rung", len(rows))
        wanted = wanted_of(rows, names, self.inputs[0], len(self.inputs[0]))
        return write_folder(wanted, self.input_channels, folder, to, style, force)

    def plot(self) -> Any:
        """The rungs beside the tolerance as an Altair chart; extra `plot`."""
        from rfsearch.plot import ladder_chart

        return ladder_chart(self.rungs.to_dicts(), self.hold)


@dataclass(eq=False)
class Question:
    """A ladder asked for. `answer` works it out; `cut` ends that, with what is known by then.

    Raises UsageError for what cannot be asked.
    """

    space: Space | Neighbourhood
    input: Input
    targets: Targets
    hold: Hold = field(default_factory=lambda: DEFAULT_HOLD)
    rank_by: Sequence[str] = DEFAULT_RANKING
    time_limit: Amount | None = None
    threads: int | None = None
    memory_limit: int = MEMORY_LIMIT
    progress: Progress = silent
    more: Asked = field(default_factory=Asked)

    def __post_init__(self) -> None:
        self.queries = {str(target): self._query(target) for target in read_targets(self.targets)}
        self.costs = next(iter(self.queries.values())).costs
        self.held = read_hold(self.hold, declared=self.costs.keys() - RANKED.keys())
        self.ranking = parse_ranking(self.rank_by, "rank_by", self.costs)
        limit = self.time_limit
        self.effort = Effort(
            None if limit is None else float(seconds(limit, "time_limit", zero=True)), self.progress
        )

    def _query(self, target: int | str) -> Query:
        return Query.of(self.space.axes, self.input, target, **self.more)

    def watch(self, progress: Progress) -> None:
        """Report to a progress that is known only now."""
        self.progress = self.effort.progress = progress

    def cut(self) -> None:
        """End the search at once, from any thread."""
        self.effort.deadline.cut()

    def answer(self) -> Ladder:
        """The tightest ladder found. Raises LimitError where the rungs do not fit in memory."""
        made = {target: self._compiled(query) for target, query in self.queries.items()}
        impossible = [target for target, one in made.items() if not self._possible(one)]
        possible = {target: one for target, one in made.items() if target not in impossible}
        loops = any(one.spots.loops for one in possible.values())
        held = Held.of(dict(self.held), not loops)
        climb = Climb(self._rungs(possible, held), held, self.effort, self.threads)
        climb.run()
        best = climb.best if climb.stopped else self._ranked(climb)
        return self._ladder(climb, best, impossible, next(iter(made.values())))

    def _compiled(self, query: Query) -> Automaton:
        self.effort.look()
        found = Found._build(self.space, query, self.threads, self.memory_limit, self.progress)
        named = (*self.held, *(name for name, _ in self.ranking))
        if asked_of_device(query, named):
            return found._of_few("a ladder").automaton
        return found._telling(self.ranking)

    def _possible(self, automaton: Automaton) -> bool:
        """Whether any stack has the target, within the budgets."""
        if automaton.transitions == 0:
            return False
        if not has_budget_on_sums(automaton):
            return True
        return len(top_rows(automaton, self.ranking, 1, "none", self.memory_limit)) > 0

    def _rungs(self, made: Mapping[str, Automaton], held: Held) -> list[Rung]:
        shapes: dict[Any, int] = {}
        rungs = [
            Rung(target, automaton, held, _shapes(automaton, held, shapes))
            for target, automaton in made.items()
        ]
        size = sum(
            rung.automaton.transitions * 12
            + 16 * len(rung.criteria.names) * rung.automaton.states * (rung.automaton.depth[1] + 1)
            for rung in rungs
        )
        if size > self.memory_limit:
            raise LimitError(
                f"{len(rungs)} rungs need {size / 2**30:.1f} GiB, above the limit of "
                f"{self.memory_limit / 2**30:.1f} GiB (--memory-limit); ask for fewer, or reduce "
                "depth or the choices of a layer"
            )
        return rungs

    def _ranked(self, climb: Climb) -> Best | None:
        """The best by the ranking among equally tight ladders, where all are known."""
        if climb.best is not None and len(climb.rungs) == 1:
            rung = climb.rungs[0]
            rows = top_rows(rung.automaton, self.ranking, 1, "none", self.memory_limit)
            row = tuple(rows[0][rows[0] >= 0].tolist())
            return replace(climb.best, vectors=(rung.vector(row),), rows=(row,))
        return ranked(climb, self.ranking)

    def _ladder(
        self, climb: Climb, best: Best | None, impossible: Iterable[str], any_rung: Automaton
    ) -> Ladder:
        spreads: dict[str, Fraction] = {}
        values: dict[str, list[int]] = {name: [] for name in self.held if name in self.costs}
        if best is not None:
            columns = zip(*best.vectors, strict=True)
            for name, column in zip(climb.held.names, columns, strict=True):
                if name in self.held and name != JUMP:
                    values[name] = list(column)
                    wide = spread(column)
                    assert wide is not None, "a ladder's spreads are finite"
                    spreads[name] = wide
        return Ladder(
            rungs=ladder_frame(climb.rungs, [] if best is None else best.rows, values, any_rung),
            hold=self.held,
            spread={name: spreads[name] for name in self.held if name in spreads},
            tightness=None if best is None else best.tightness,
            bound=climb.bound,
            complete=climb.proven,
            impossible=impossible_rungs(
                self.space, {one: self.queries[one] for one in impossible}, self.memory_limit
            ),
            why=no_ladder(climb) if best is None and climb.proven and climb.rungs else None,
            stopped=climb.stopped,
            inputs=next(iter(self.queries.values())).inputs,
            input_channels=self.space.input_channels,
        )


def _shapes(automaton: Automaton, held: Held, known: dict[Any, int]) -> np.ndarray:
    """[S] numbers of what is held of the output size (and the jump), the same for all rungs."""
    if not held.shapes:
        return np.zeros(automaton.states, np.int64)
    spots, spot = automaton.spots, automaton.spot
    tables: dict[str, tuple[Sequence[Any], np.ndarray]] = {
        "output_size": (spots.sizes, spots.size), JUMP: (spots.jumps, spots.jump),
    }  # fmt: skip
    parts = [
        [table[number] for number in numbers[spot].tolist()]
        for table, numbers in (tables[name] for name in held.shapes)
    ]
    keys = zip(*parts, strict=True)
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)
