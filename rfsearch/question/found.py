"""Found: a space compiled for one query, ready for questions. The Python face of the engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from rfsearch.automaton import closure
from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import criteria_of, parse_ranking
from rfsearch.automaton.one_by_one import one_by_one
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.cost import CHANGES, CHARGED, LISTED, RF, SCORES, UNFOLDED
from rfsearch.quantity import whole
from rfsearch.question.bounds import least_of, least_within
from rfsearch.question.budget import MOST_LABELS, Budgeted, has_budget_on_sums, within_budgets
from rfsearch.question.changes import changes_counted
from rfsearch.question.count import count_by_depth
from rfsearch.question.exact import asked_of_device, check_budgets, exact, keeps_to_bounds
from rfsearch.question.families import count_families
from rfsearch.question.front import front_rows
from rfsearch.question.in_time import Deadline
from rfsearch.question.top import top_rows
from rfsearch.question.twins import twins
from rfsearch.question.walk import (
    Completions,
    completions_of,
    list_rows,
    list_within_budgets,
    matches_of,
    sample_numbers,
    unrank,
)
from rfsearch.request.query import Query
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from rfsearch.automaton.spots import Spots
    from rfsearch.export.write import Activation, Framework
    from rfsearch.question.reach import Reached
    from rfsearch.question.rows import Rows
    from rfsearch.question.timed import InTime, Timed
    from rfsearch.request.keywords import Amount, Distinct
    from rfsearch.request.request import Request
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

Asked = tuple[list[tuple[str, int]], int, Progress]  # costs, memory limit, progress

DEFAULT_RANKING = ("memory", "macs")
REACHED_COSTS = LISTED
MOST_SAMPLED = 10_000_000
MOST_LISTED = 5_000  # matches that are worked out one by one, to know what fits a device
MOST_DRAWN = 100  # times as many as wanted
WORTH_LABELS = 16 * MOST_LABELS  # matches: of more, labels that fit are not to be expected
WORTH_HALVING = 16  # times as many transitions with labels: halves count sooner by depth
PIECE = 64  # matches worked out between two looks at the progress
MOST_FOR_TWINS = 500_000  # labels of budgets, some tenths of a second
FOREVER = 1e9  # seconds


@dataclass(frozen=True, eq=False, repr=False)
class Found:
    """Every question, exact over the whole space. Made by Space.search.

    Costs are named as in rfsearch.layers.cost; a leading `max:` maximises. Questions raise
    UsageError for what cannot be asked and LimitError for what outgrows `memory_limit`.
    """

    automaton: Automaton
    threads: int | None = None
    memory_limit: int = MEMORY_LIMIT
    progress: Progress = field(default=silent, repr=False)
    _worked_out: bool = field(default=False, repr=False)  # its matches are one by one

    def __repr__(self) -> str:
        return f"Found({self.space!r}, {self.states:,} states, {self.transitions:,} transitions)"

    @classmethod
    def _build(
        cls,
        space: Space | Neighbourhood,
        query: Query,
        threads: int | None = None,
        memory_limit: int | str = MEMORY_LIMIT,
        progress: Progress = silent,
        known: Spots | None = None,
    ) -> Self:
        """Compile `space` for `query` within `memory_limit` bytes; `known` as closure.build."""
        memory_limit = whole(memory_limit, "memory_limit", 1, in_bytes=True)
        if query.better:
            from rfsearch.question.better import no_worse

            query = no_worse(space, query, memory_limit)
        check_budgets(query)
        built = closure.build(space, query, memory_limit, progress, known=known)
        return cls(built, threads, memory_limit, progress)

    @classmethod
    def _of(cls, request: Request, progress: Progress = silent) -> Self:
        """What a request asks for. Errors name the flag or the file's key."""
        space = request.space()
        query = request.query(space)
        with request.placing_errors():
            return cls._build(space, query, **request.running, progress=progress)

    @property
    def space(self) -> Space | Neighbourhood:
        """What may be built."""
        return self.automaton.space

    @property
    def query(self) -> Query:
        """What is asked of it."""
        return self.automaton.query

    @property
    def _have_changes(self) -> bool:
        """Whether matches have a number of changes, as networks like one do."""
        return CHANGES.name in self.automaton.spots.figures

    @property
    def default_ranking(self) -> tuple[str, ...]:
        """The costs that lists and fronts take where none are named."""
        return ((CHANGES.name,) if self._have_changes else ()) + DEFAULT_RANKING

    @property
    def default_distinct(self) -> Distinct:
        """What rows of a list tell apart where nothing is said; families are those of a space."""
        return "none" if self.automaton.spots.in_pieces else "family"

    @property
    def states(self) -> int:
        """States of the automaton."""
        return self.automaton.states

    @property
    def transitions(self) -> int:
        """Transitions of the automaton."""
        return self.automaton.transitions

    @cached_property
    def _unfolded(self) -> dict[int, Budgeted]:
        """By the id of the automaton, which a Budgeted keeps alive."""
        return {}

    def _within_budgets(self, automaton: Automaton) -> Budgeted:
        """It with budgets on adding costs made part of it, as far as they fit."""
        known = self._unfolded.get(id(automaton))
        if known is None:
            known = within_budgets(automaton, self.memory_limit, progress=self.progress)
            self._unfolded[id(automaton)] = known
        return known

    @property
    def _budgeted(self) -> Budgeted:
        return self._within_budgets(self.automaton)

    @cached_property
    def _variants(self) -> dict[tuple[bool, tuple[str, ...]], Automaton]:
        """Automata that tell more apart, as they were asked for."""
        return {}

    def _telling(self, ranking: Sequence[tuple[str, int]], tracked: bool = False) -> Automaton:
        """The automaton, or one that tells apart what a ranking needs, or with `tracked` RFs.

        Families need RFs even where none is asked for; DeepMAD's costs need their sums.
        """
        asked = tuple(sorted({name for name, _ in ranking} & set(UNFOLDED)))
        if self._worked_out:
            for name in set(asked) - set(self.automaton.spots.extra):
                raise UsageError(f"{name}: not beside arena or flash")
            return self.automaton
        tracked = tracked and self.query.target_rf is None
        # Where a budget is part of the spots, their steps do not have its cost.
        known = set(self.query.budgets) - (self.automaton.spots.decided & set(SCORES))
        if not tracked and not set(asked) - known:
            return self.automaton
        if (tracked, asked) not in self._variants:
            self._variants[tracked, asked] = closure.build(
                self.space, self.query, self.memory_limit, self.progress, tracked, asked,
                self.automaton.spots,
            )  # fmt: skip
        return self._variants[tracked, asked]

    @cached_property
    def _ascending(self) -> Automaton:
        """The automaton without loops. Raises UsageError, LimitError where there is no such."""
        return closure.without_loops(self.automaton, self.memory_limit, self.progress)

    @property
    def _pointed(self) -> Automaton:
        """The automaton with RFs told apart even where none is asked for."""
        return self._telling((), tracked=True)

    @cached_property
    def _ending(self) -> Found:
        """The same question, of RFs to twice the input where all that occur are too many."""
        if not closure.beyond_rows(self.query, self.automaton.spots):
            return self
        try:
            self._pointed  # noqa: B018 - kept, where it fits
        except LimitError:
            if self.query.target_rf is not None:
                raise
            query = replace(self.query, target_rf=closure.usual_range(self.query))
            return self._build(self.space, query, self.threads, self.memory_limit, self.progress)
        return self

    @cached_property
    def _by_depth(self) -> dict[int, int]:
        """Matches at each depth; where labels were left undecided, those certainly within."""
        budgeted = self._budgeted
        many = budgeted.automaton.transitions > WORTH_HALVING * self.transitions
        if many and not budgeted.undecided:
            counted = self._by_halves(by_depth=True)
            if counted is not None:
                return counted
        return count_by_depth(budgeted.automaton, self.threads, self.progress)

    def _by_halves(self, by_depth: bool = False) -> dict[int, int] | None:
        """Matches under one budget on a sum, as count_within; None where they take labels."""
        from rfsearch.question.halves import can_halve, count_within, that_bind

        automaton = self.automaton
        budgets = that_bind(automaton, criteria_of(automaton, []))
        if not automaton.ascending or not can_halve(budgets):
            return None
        with suppress(LimitError):
            asked = (automaton, budgets, self.memory_limit, self.progress)
            return count_within(*asked, threads=self.threads, by_depth=by_depth)
        return None

    @cached_property
    def _bounds(self) -> tuple[int, int]:
        counted = self._by_halves()
        if counted is not None:
            return sum(counted.values()), sum(counted.values())
        lower = sum(self._by_depth.values())
        if not self._budgeted.undecided:
            return lower, lower
        from rfsearch.question.halves import can_halve, counts_within

        budgets = criteria_of(self.automaton, [])
        if can_halve(budgets):
            with suppress(LimitError, UsageError):  # the labels then have bounds, wider ones
                plain = self._ascending
                asked = (plain, criteria_of(plain, []), self.memory_limit, self.progress)
                counts = counts_within(*asked, threads=self.threads)
                return max(lower, sum(counts.at_least.values())), sum(counts.at_most.values())
        upper = count_by_depth(self._budgeted.upper, self.threads, self.progress)
        return lower, sum(upper.values())

    def count_bounds(self) -> tuple[int, int]:
        """Proven lower and upper number of matches; equal unless a budget made it infeasible.

        Within arena and flash few are listed one by one; of many only the upper number is known.
        """
        if not asked_of_device(self.query):
            return self._bounds
        if self._few is not None:
            return self._few.count_bounds()
        return 0, self._at_most

    @cached_property
    def _at_most(self) -> int:
        """The upper one of `_bounds`, or where each budget by itself leaves many, what one leaves.

        Then labels would seldom be all decided, and those that were left count as matches.
        """
        from rfsearch.question.halves import most_within

        budgets = criteria_of(self.automaton, [])
        if len(budgets.names) > 1:
            asked = (self.automaton, budgets, self.memory_limit)
            most = most_within(*asked, threads=self.threads)
            if most is not None and most > WORTH_LABELS:
                return most
        return self._bounds[1]

    @cached_property
    def _few(self) -> Found | None:
        """The same matches, each with its own arena and flash, so that every question is exact.

        None where bounds leave too many to work out, or a first step leads to several states.
        """
        named = () if asked_of_device(self.query) else ("arena",)
        automaton = self._telling([(name, 1) for name in named], tracked=True)
        if automaton.forks or self._at_most > MOST_LISTED:
            return None
        rows = [automaton.no_rows()]
        figures = [np.empty((0, len(CHARGED)), np.int64)]
        if automaton.transitions:
            for some in matches_of(automaton, PIECE, self.memory_limit):
                known = exact(automaton, (), some)
                rows.append(some[known.fits])
                figures.append(known.figures[known.fits])
                self.progress("arena, flash", sum(map(len, rows)) / max(self._at_most, 1))
        costs = dict(zip(CHARGED, np.concatenate(figures).T, strict=True))
        made = one_by_one(automaton, np.concatenate(rows), costs)
        return replace(self, automaton=made, _worked_out=True)

    def _of_few(self, what: str) -> Found:
        """The same matches as an automaton of their own, arena and flash of each exact.

        LimitError, saying `what` it was for, where bounds leave too many.
        """
        if self._few is None:
            raise LimitError(
                f"{what} within arena or flash takes each network by itself; at most "
                f"{self._at_most:,} match, more than {MOST_LISTED:,} are too many; narrow the "
                "budgets or the space"
            )
        return self._few

    def _repr_html_(self) -> str:
        """For notebooks: how many stacks match, by depth."""
        from rfsearch.question.html import found_html

        return found_html(self)

    def count(self) -> int:
        """Exact number of matches. Raises LimitError where a budget makes that infeasible."""
        self._exactly("counting")
        return self.count_bounds()[0]

    def count_by_depth(self) -> dict[int, int]:
        """Exact number of matches at every depth of the range. Raises LimitError as sample does."""
        if asked_of_device(self.query):
            return self._of_few("counting by depth").count_by_depth()
        self._decided("counting by depth")
        return dict(self._by_depth)

    def _ranking(self, costs: Sequence[str], place: str = "by") -> list[tuple[str, int]]:
        """The costs with their signs, see parse_ranking."""
        return parse_ranking(costs, place, self.query.costs)

    def _exactly(self, what: str) -> None:
        low, high = self.count_bounds()
        if low != high and asked_of_device(self.query):
            self._of_few(what)
        if low != high:
            raise LimitError(
                f"{what} under a budget on an adding cost keeps every distinct cost so far; more "
                f"than {MOST_LABELS} of them do not fit, so that only {low} <= matches <= {high} "
                "is proven; loosen or drop the budget, or reduce depth"
            )

    def _decided(self, what: str) -> None:
        """LimitError where budgets are not part of the automaton, even if the count is known."""
        self._exactly(what)
        if self._budgeted.undecided:
            raise LimitError(
                f"{what} under a budget on an adding cost keeps every distinct cost so far; more "
                f"than {MOST_LABELS} of them do not fit; loosen or drop the budget, or reduce depth"
            )

    @property
    def decided(self) -> bool:
        """Whether the budgets are part of the automaton, so that matches can be numbered."""
        if asked_of_device(self.query):
            return self._few is not None
        return not self._budgeted.undecided

    def families(self) -> int | None:
        """Exact number of families; None where a budget makes it infeasible, or there are none."""
        if self.automaton.spots.in_pieces:
            return None
        if asked_of_device(self.query):
            return None if self._few is None else self._few.families()
        budgeted = self._within_budgets(self._pointed)
        if budgeted.undecided:
            return None
        return count_families(budgeted.automaton, self.memory_limit, self.progress)

    def _members(
        self, automaton: Automaton, rows: np.ndarray, distinct: str
    ) -> tuple[Sequence[int | None], int]:
        """(members of the family of each row [k, D] of an automaton's steps, the most of any).

        None where families are not told apart, or budgets on sums need more than MOST_FOR_TWINS
        labels: whatever was asked before, the same rows have the same members.
        """
        unknown = [None] * len(rows), 0
        if distinct != "family" or (asked_of_device(self.query) and not self._worked_out):
            return unknown
        budgeted = self._unfolded.get(id(automaton))
        if budgeted is None:
            budgeted = within_budgets(automaton, self.memory_limit, MOST_FOR_TWINS, self.progress)
        if budgeted.undecided or budgeted.added > MOST_FOR_TWINS:
            return unknown
        self._unfolded[id(automaton)] = budgeted
        most = self.count_bounds()[1]
        return twins(budgeted.automaton, rows, most), most

    def least(self, *costs: str) -> dict[str, int | None]:
        """The least of each of the `costs` over all matches, in whole units; None without any.

        Of RFs with one number an axis, the least sum of these, by which they are ranked.
        """
        ranking = self._ranking(costs, "costs")
        charged = asked_of_device(self.query, costs)
        if not charged and not has_budget_on_sums(self.automaton):
            return self._with_fields(least_of(self.automaton, ranking, self.memory_limit))
        # Under a budget on sums the bounds from the end may not be attained: search for each.
        least: dict[str, int | None] = {}
        scales = self.automaton.scales()
        for name, sign in ranking:
            known = (
                None if charged else least_within(self.automaton, (name, sign), self.memory_limit)
            )
            if known is not None:
                least |= self._with_fields({name: known})
                continue
            best = self._list_rows(1, (name if sign > 0 else f"max:{name}",), "none")
            shown = best[0][name] if len(best) else None
            if isinstance(shown, list):  # one number an axis
                shown = sum(shown)
            least[name] = None if shown is None else round(shown * scales[name])
        return least

    def _with_fields(self, sums: dict[str, int | None]) -> dict[str, int | None]:
        """The least of costs, the RF as rows say it: one number where axes are alike."""
        spots, total = self.automaton.spots, sums.get(RF.name)
        if total is None or spots.apart:
            return sums
        return sums | {RF.name: total // spots.axes}

    def top(
        self,
        k: int | str = 20,
        by: Sequence[str] | None = None,
        distinct: Distinct | None = None,
        time_limit: Amount | None = None,
    ) -> pl.DataFrame:
        """The k best matches by the costs `by` in lexicographic order, ties in the order of stacks.

        distinct: `family` (each family's best, with the number of its members as `twins`),
        `costs` (one stack a cost vector) or `none`. Proven best over the whole space; with a
        `time_limit` (seconds) the best known by then, see top_in_time.
        """
        if time_limit is not None:
            return self.top_in_time(time_limit, k, by, distinct).frame
        return self._list_rows(whole(k, "top"), by, distinct).frame()

    def _list_rows(
        self, k: int, by: Sequence[str] | None = None, distinct: Distinct | None = None
    ) -> Rows:
        """As top, without polars; k is a whole number."""
        from rfsearch.question.frame import ranked_rows

        by, distinct = self._listed(by, distinct)
        ranking = self._ranking(by)
        if asked_of_device(self.query, (name for name, _ in ranking)) and not self._worked_out:
            from rfsearch.question.timed import timed_top

            return self._whole(timed_top(self, k, by, distinct))
        automaton = self._telling(ranking, tracked=distinct == "family")
        rows = top_rows(automaton, ranking, k, distinct, self.memory_limit, self.progress)
        members, most = self._members(automaton, rows, distinct)
        listed = ranked_rows(automaton, rows, members, most)
        return self._marked(automaton, listed, rows)

    def _no_rows(self, by: Sequence[str]) -> pl.DataFrame:
        """The columns of a front, and their types, without a row."""
        from rfsearch.question.frame import rows_of

        automaton, none = self._telling(self._ranking(by)), np.empty((0, 1), np.int64)
        return self._marked(automaton, rows_of(automaton, none), none).frame()

    def top_in_time(
        self,
        time_limit: Amount,
        k: int | str = 20,
        by: Sequence[str] | None = None,
        distinct: Distinct | None = None,
    ) -> InTime:
        """As `top`, stopped after `time_limit` seconds or by Ctrl-C: with the proven gap.

        A limit of 0 still tries the cheap means of finding matches.
        """
        from rfsearch.question.timed import deadline_after, timed_top

        deadline = deadline_after(time_limit)
        asked = timed_top(self, whole(k, "top"), *self._listed(by, distinct))
        asked.run(deadline)
        return asked.answer()

    def _whole(self, asked: Timed) -> Rows:
        """The answer to its end. Raises LimitError where that is not proven."""
        asked.run(Deadline(FOREVER))
        known = asked.answer()
        if not known.finished:
            raise LimitError(f"{asked.stuck}; time_limit gives what is known")
        return known.rows

    def _listed(
        self, by: Sequence[str] | None, distinct: Distinct | None
    ) -> tuple[Sequence[str], Distinct]:
        """What a list is ranked by and tells apart."""
        if distinct == "family" and self.automaton.spots.in_pieces:
            raise UsageError("distinct: a neighbourhood has no families; none or costs")
        by = by or self.default_ranking
        if distinct is None and asked_of_device(self.query, (one.split(":")[-1] for one in by)):
            distinct = "none"
        return by, distinct or self.default_distinct

    def front(
        self, costs: Sequence[str] | None = None, time_limit: Amount | None = None
    ) -> pl.DataFrame:
        """The whole Pareto front over two to four costs, in the order of the costs.

        One row a cost vector, its stack the first in the order of stacks. With a `time_limit`
        (seconds) what is known by then, see front_in_time.
        """
        if time_limit is not None:
            return self.front_in_time(time_limit, costs).frame
        return self._front_rows(costs).frame()

    def _front_rows(self, costs: Sequence[str] | None = None) -> Rows:
        """As front, without polars."""
        from rfsearch.question.frame import rows_of

        ranking = self._ranking(costs or self.default_ranking, "front")
        if asked_of_device(self.query, (name for name, _ in ranking)) and not self._worked_out:
            from rfsearch.question.timed import timed_front

            return self._whole(timed_front(self, costs or self.default_ranking))
        automaton = self._telling(ranking)
        if automaton.ascending:
            from rfsearch.question.pareto import front_by_suffixes

            rows = front_by_suffixes(automaton, ranking, self.memory_limit, self.progress)
        else:
            rows = front_rows(automaton, ranking, self.memory_limit, self.progress, self.threads)
        return self._marked(automaton, rows_of(automaton, rows), rows)

    def plot_front(self, costs: Sequence[str] | None = None, *, sample: int = 0) -> alt.Chart:
        """The front over `costs` as an Altair chart, before `sample` matches; extra `plot`."""
        from rfsearch.plot import front_chart

        drawn = self.sample(sample).to_dicts() if sample else []
        costs = costs or self.default_ranking
        chart: alt.Chart = front_chart(self._front_rows(costs).to_dicts(), costs, sample=drawn)
        return chart

    def export(
        self,
        folder: str | os.PathLike[str],
        to: Framework = "torch",
        k: int | str = 20,
        by: Sequence[str] | None = None,
        distinct: Distinct | None = None,
        *,
        classes: int | None = None,
        norm: Literal["batch", "layer", "none"] | None = None,
        activation: Activation = "relu",
        seed: int = 0,
        force: bool = False,
    ) -> list[Path]:
        """Write the k best as `top` lists them (by, distinct), a file each; returns the paths.

        to          torch or keras (source), or onnx
        classes     add a classifier: global average and so many outputs
        norm        for every convolution; None: as the space says
        activation  after each convolution: relu, gelu, silu or none
        seed        of the random weights in ONNX
        force       replace files that exist

        Raises UsageError, also where the folder cannot be written to.
        """
        from rfsearch.export.folder import numbered, wanted_of, write_folder
        from rfsearch.export.write import Style

        style = Style(classes=classes, norm=norm, activation=activation, seed=seed)
        rows = self._list_rows(whole(k, "top"), by, distinct).to_dicts()
        names = numbered("rank", len(rows))
        inputs = self.query.inputs[0] if len(self.query.inputs) == 1 else None
        wanted = wanted_of(rows, names, inputs, self.space.axes)
        return write_folder(wanted, self.space.input_channels, folder, to, style, force)

    def _marked(self, automaton: Automaton, listed: Rows, rows: np.ndarray) -> Rows:
        """A list or a front as it is given out, and what changed in networks like one."""
        from rfsearch.question.growth import with_growth
        from rfsearch.question.rows import TEXT, Column
        from rfsearch.question.sizes import with_sizes

        if self._have_changes:
            from rfsearch.question.body import body_of

            bodies = [body_of(automaton, row[row >= 0].tolist()) for row in rows]
            marks = [list(self.space._marks(body, self.query.rounding)) for body in bodies]
            listed = listed.inserted("changed", Column(marks, TEXT, lists=True), CHANGES.name)
        return with_growth(automaton, with_sizes(automaton, listed, rows), rows)

    def count_by_changes(self) -> dict[int, int]:
        """Exact number of matches with each number of changes that some match has.

        Raises UsageError where there is no network that matches are like.
        """
        if not self._have_changes:
            raise UsageError("changes: only the networks like one have them; see docs/stages.md")
        self._decided("counting by changes")
        return changes_counted(self._budgeted.automaton, self.threads)

    def front_in_time(self, time_limit: Amount, costs: Sequence[str] | None = None) -> InTime:
        """As `front`, stopped after `time_limit` seconds or by Ctrl-C: with the proven gap."""
        from rfsearch.question.timed import deadline_after, timed_front

        deadline = deadline_after(time_limit)
        asked = timed_front(self, costs or self.default_ranking)
        asked.run(deadline)
        return asked.answer()

    def reach(
        self, least: Sequence[str] | None = None, greatest: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Every RF that matches have: how many have it, and its least and greatest costs.

        `least` are all costs where it is left out.

        Columns `rf` (a list where axes differ), `matches`, `least_COST`, `greatest_COST`. Where a
        budget on an adding cost makes counting infeasible, a staged space gives proven bounds of
        the counts, and a plain one raises LimitError. Where no RF is asked for and too many occur
        to be told apart, those up to twice the input.
        """
        from rfsearch.question.halves import can_halve
        from rfsearch.question.reach import reach, reach_by_halves
        from rfsearch.question.reach_frame import reached_frame

        if self._ending is not self:
            return self._ending.reach(least, greatest)
        named = (one.split(":")[-1] for one in (*(least or ()), *greatest))
        if asked_of_device(self.query, named) and not self._worked_out:
            return self._of_few("reach").reach(least, greatest)
        if least is None:
            known = tuple(self.automaton.spots.figures)
            least = (*(name for name in REACHED_COSTS if name in known), *self.query.charges)
        ranking = [(name, 1) for name, _ in self._ranking(least, "least")] if least else []
        if greatest:
            ranking += [(name, -1) for name, _ in self._ranking(greatest, "greatest")]
        plain, budgets = self._pointed, criteria_of(self._pointed, [])
        running: Asked = (ranking, self.memory_limit, self.progress)
        if not budgets.names or plain.transitions == 0:
            reached = reach(plain, *running, self.threads)
        elif can_halve(budgets) and (made := self._without_loops(plain)) is not None:
            halved = criteria_of(made, [])
            reached = reach_by_halves(made, halved, *running, self.threads)
        else:
            reached = self._reached_by_labels(running)
        axes = self._pointed.columns_of_axes()
        return reached_frame(reached, ranking, self.automaton.scales(), axes)

    def _without_loops(self, automaton: Automaton) -> Automaton | None:
        """The automaton, or where it has loops the same without; None where that does not fit."""
        if automaton.ascending:
            return automaton
        with suppress(LimitError, UsageError):
            return self._ascending
        return None

    def _reached_by_labels(self, running: Asked) -> Reached:
        from rfsearch.question.reach import reach, reach_within_bounds

        pointed = within_budgets(self._pointed, self.memory_limit, progress=self.progress)
        if not pointed.undecided:
            return reach(pointed.automaton, *running, threads=self.threads)
        if self._pointed.ascending:
            lower, upper = pointed.automaton, pointed.upper
            return reach_within_bounds(self._pointed, lower, upper, *running, threads=self.threads)
        raise LimitError(
            "reach under a budget on an adding cost keeps every distinct cost so far; more "
            f"than {MOST_LABELS} do not fit; loosen or drop the budget, or reduce depth"
        )

    def _with_all_decided(self, what: str) -> Automaton:
        """The automaton whose paths are the matches, every budget part of its states.

        Raises LimitError, saying `what` it was for, where a budget leaves some undecided.
        """
        self._decided(what)
        if asked_of_device(self.query):
            raise LimitError(f"{what}: within arena or flash matches are only listed")
        return self._budgeted.automaton

    @cached_property
    def _completions(self) -> Completions:
        automaton = self._with_all_decided("numbering")
        return completions_of(automaton, self.count(), self.threads, self.memory_limit)

    def sample(self, k: int | str, seed: int = 0) -> pl.DataFrame:
        """k matches drawn uniformly with replacement, the same ones for the same seed."""
        from rfsearch.question.frame import frame_of

        k, seed = whole(k, "sample", 0, MOST_SAMPLED), whole(seed, "seed", 0, 1 << 62)
        if asked_of_device(self.query):
            return self._sample_that_fits(k, seed)
        if self.count() == 0:
            return frame_of(self.automaton, np.empty((0, 1), np.int64))
        numbers = sample_numbers(self.count(), k, seed)
        return frame_of(self.automaton, unrank(self._completions, numbers)[1])

    def _sample_that_fits(self, k: int, seed: int) -> pl.DataFrame:
        """Drawn from what bounds allow until k fit, which is as uniform."""
        from rfsearch.question.frame import frame_of

        upper = self._budgeted.upper
        high = sum(count_by_depth(upper, self.threads, self.progress).values())
        if high == 0:
            return frame_of(self.automaton, np.empty((0, 1), np.int64))
        drawn = completions_of(upper, high, self.threads, self.memory_limit)
        rows: list[np.ndarray] = []
        for number in range(MOST_DRAWN):
            some = unrank(drawn, sample_numbers(high, max(k, 1), seed + number))[1]
            some = some[keeps_to_bounds(self.automaton, some)]
            rows.append(some[exact(self.automaton, (), some).fits])
            if sum(map(len, rows)) >= k:
                break
        else:
            raise LimitError(f"sample: fewer than {k} of {MOST_DRAWN * k} drawn fit the device")
        return frame_of(self.automaton, np.concatenate(rows)[:k])

    def match(self, i: int) -> str:
        """Notation of the i-th match, from 0, in the order of stacks."""
        from rfsearch.question.frame import frame_of

        if asked_of_device(self.query):
            return self._of_few("numbering").match(i)
        i = self._number("i", i, self.count() - 1)
        return str(frame_of(self.automaton, unrank(self._completions, [i])[1])["stack"][0])

    def stacks(
        self, start: int = 0, stop: int | None = None, batch: int | str = 65_536
    ) -> Iterator[pl.DataFrame]:
        """Every match once in the order of stacks, start <= number < stop, `batch` rows a frame."""
        from rfsearch.question.frame import frame_of

        if asked_of_device(self.query) and (start, stop) != (0, None):
            yield from self._of_few("numbering").stacks(start, stop, batch)
            return
        for rows in self._stacks_as_rows(start, stop, batch):
            yield frame_of(self.automaton, rows)

    def sink_parquet(
        self,
        address: str,
        *,
        start: int = 0,
        stop: int | None = None,
        sample: int | str | None = None,
        seed: int = 0,
        columns: Sequence[str] | None = None,
        layers: Literal["notation", "list"] = "notation",
        part_rows: int | str = 1 << 20,
        resume: bool = False,
    ) -> pl.LazyFrame:
        """Write every match, or a range or sample, as Parquet parts; returns rfsearch.scan of them.

        As rfsearch.sink_parquet.
        """
        from rfsearch import sink_parquet

        return sink_parquet(
            self, address, start=start, stop=stop, sample=sample, seed=seed, columns=columns,
            layers=layers, part_rows=part_rows, resume=resume,
        )  # fmt: skip

    def write_automaton(
        self,
        path: str,
        *,
        form: Literal["own", "openfst"] | None = None,
        weight: str | None = None,
    ) -> None:
        """Write it to a file, which rfsearch.read_automaton reads without compiling anew.

        As rfsearch.write_automaton.
        """
        from rfsearch import write_automaton

        write_automaton(self, path, form=form, weight=weight)

    def _stacks_as_rows(
        self, start: int = 0, stop: int | None = None, batch: int | str = 65_536
    ) -> Iterator[np.ndarray]:
        """As `stacks`, as numbers of steps [n, D], -1 after each end."""
        batch = whole(batch, "batch", 1, 1 << 24)
        if self.automaton.transitions == 0:
            return
        if asked_of_device(self.query):
            yield from self._that_fit(start, stop, batch)
            return
        if start == 0 and stop is None:
            yield from matches_of(self.automaton, batch, self.memory_limit)
            return
        matches = self.count()
        start = self._number("start", start, matches)
        stop = matches if stop is None else min(self._number("stop", stop, None), matches)
        if start < stop:
            edges, _ = unrank(self._completions, [start])
            yield from list_rows(self._budgeted.automaton, batch, edges[0], stop - start)

    def _that_fit(self, start: int, stop: int | None, batch: int) -> Iterator[np.ndarray]:
        """Of all that bounds allow, what fits the device."""
        if (start, stop) != (0, None):
            raise LimitError("numbering: within arena or flash matches are only listed")
        for rows in list_within_budgets(self.automaton, batch, self.memory_limit):
            kept = rows[exact(self.automaton, (), rows).fits]
            if len(kept):
                yield kept

    def _number(self, place: str, given: Any, most: int | None) -> int:
        number = whole(given, place)
        if number < 0 or (most is not None and number > most):
            raise UsageError(
                f"{place}: {number} is not in 0..{most} (there are {self.count()} matches)"
            )
        return number

    def items(self) -> pl.DataFrame:
        """Every item at every width and size at which it stands in a match, and in how many.

        Columns `item`, `channels`, `sizes`, `uses`: a table to be filled in with a `value`. `uses`
        is null where a budget makes counting infeasible.
        """
        from rfsearch.question.items import items_frame

        if self.automaton.spots.in_pieces and not self.query.by_items:
            query = replace(self.query, itemised=True)
            running = (self.threads, self.memory_limit, self.progress)
            return Found._build(self.space, query, *running).items()
        if asked_of_device(self.query) and self._few is not None:
            return self._few.items()
        matches = self.count() if self.decided else None
        automaton = self.automaton if matches is None else self._budgeted.automaton
        return items_frame(automaton, matches, self.threads, self.progress)

    def _links_used(self) -> np.ndarray:
        """Numbers of the plan's links that stand in some match, ascending."""
        used = np.zeros(len(self.automaton.spots.links), bool)
        used[self.automaton.spots.link[self.automaton.step]] = True
        return np.flatnonzero(used)
