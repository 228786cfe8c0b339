"""The public face: spaces that can be searched, networks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rfsearch.automaton.automaton import MEMORY_LIMIT, Progress
from rfsearch.question.found import Found
from rfsearch.request.query import Query
from rfsearch.space import space as plain
from rfsearch.space.edits.space import Neighbourhood

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.ladder import Ladder

Input = int | str | Sequence[int | str]
Target = int | str | Sequence[int | str] | None
TotalStride = int | str | Fraction | Sequence[int | str] | None
Bound = "int | float | str | Fraction"


def _silent(stage: str, done: float) -> None:
    """No progress shown."""


class Space(plain.Space):
    __doc__ = plain.Space.__doc__

    def search(
        self,
        input: Input,
        target_rf: Target = None,
        *,
        rounding: str = "exact",
        output_size: Target = None,
        jump: TotalStride = None,
        output_stride: TotalStride = None,
        bytes_per_value: int = 4,
        bytes: Mapping[str, int] | None = None,
        reserve: int | str = 0,
        hop: Any = None,
        costs: Mapping[str, Any] | None = None,
        threads: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = _silent,
        **budgets: Any,
    ) -> Found:
        """The compiled automaton of this space for one question, ready to be asked.

        input       one size, several to choose from, one number an axis ("128x431")
        target_rf   a number, a range (200, 240) or "200..240", open "96..", per axis
                    "64..96x20..40", in seconds with `hop`; None: whatever it is
        rounding    exact (sizes divide without remainder), floor, ceil (pools)
        output_size a number or a range, per axis
        jump        total stride before the head, likewise; output_stride is another name for it
        bytes       of a weight and an activation, {"weight": 1, "activation": 1}
        reserve     bytes taken off max_peak_memory and max_memory
        hop         seconds between two positions of the first axis
        costs       your own, by name: a path of a table or a polars frame, a formula, a function
                    of (item, channels, sizes), or a mapping with more of it (docs/device.md)
        budgets     min_COST and max_COST, min_jump and max_jump

        Raises UsageError, and LimitError where the automaton does not fit `memory_limit` bytes.
        """
        query = Query.of(
            self.axes, input, target_rf, rounding=rounding, output_size=output_size,
            jump=jump, output_stride=output_stride,
            bytes_per_value=bytes_per_value, bytes=bytes, reserve=reserve, hop=hop, cost=costs,
            **budgets,
        )  # fmt: skip
        return Found.build(self, query, threads, memory_limit, progress)

    def reach(
        self,
        input: Input,
        target_rf: Target = None,
        *,
        least: Sequence[str] | None = None,
        greatest: Sequence[str] = (),
        **question: Any,
    ) -> pl.DataFrame:
        """Every RF that stacks have, how many have it, and its least and greatest costs.

        Columns as rfsearch.Found.reach, the rest as `search`.
        """
        return self.search(input, target_rf, **question).reach(least, greatest)

    def ladder(self, input: Input, rfs: Any, **asked: Any) -> Ladder:
        """One stack for each RF of `rfs`, all as alike as can be in what is held.

        `rfs`: numbers, or text such as 23..151:16. Takes `hold` ({"params": "3%", "depth": 0}; 3%
        of params and MACs where left out), `rank_by` for ties, `time_limit` in seconds, and what
        `search` takes. Raises as `search` does.
        """
        from rfsearch.ladder import ladder

        return ladder(self, input, rfs, **asked)


def StagedSpace(
    stages: Any, block: Any = None, *, defaults: Mapping[str, Any] | None = None, **fields: Any
) -> Space:
    """A Space of stages; the same as Space(stages=…)."""
    return Space(stages=stages, block=block, **(defaults or {}), **fields)


def like(
    stack_or_name: str,
    input: Input,
    target_rf: Target = None,
    changes: int = 3,
    *,
    rounding: str = "floor",
    **said: Any,
) -> Found:
    """The networks within `changes` changes of one that have the target RF at an input.

    A change is one layer added, removed, or with any of its own fields different. `said` is what
    a neighbourhood takes (choices such as kernel and channels) and what Space.search takes
    (budgets such as max_macs). `found.top(20)` gives fewest changes first. Sizes round down unless
    said otherwise, as published networks need.
    """
    question = {name: said.pop(name) for name in list(said) if _of_question(name)}
    running = {name: question.pop(name) for name in _RUNNING if name in question}
    space = Neighbourhood(stack_or_name, changes, **said)
    costs = question.pop("costs", None)
    query = Query.of(space.axes, input, target_rf, rounding=rounding, cost=costs, **question)
    return Found.build(space, query, **running)


_RUNNING = ("threads", "memory_limit", "progress")


def _of_question(name: str) -> bool:
    own = (
        "output_size", "jump", "output_stride", "bytes_per_value", "bytes", "reserve", "hop",
        "costs",
    )  # fmt: skip
    return name in (*own, *_RUNNING) or name.startswith(("min_", "max_"))
