"""The public face: spaces that can be searched, networks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

from rfsearch.ladder.hold import DEFAULT_HOLD
from rfsearch.question.found import DEFAULT_RANKING, Found
from rfsearch.request.keywords import (
    Amount,
    Asked,
    Budgets,
    Costs,
    Hold,
    Input,
    Rounding,
    Target,
    Targets,
    TotalStride,
)
from rfsearch.request.query import Query
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent
from rfsearch.space import space as plain
from rfsearch.space.edits.space import Neighbourhood
from rfsearch.space.space import Blocks, Channels, Choices, Names, Norm, Stages

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.ladder import Ladder


class Space(plain.Space):
    __doc__ = plain.Space.__doc__

    def search(
        self,
        input: Input,
        target_rf: Target = None,
        *,
        rounding: Rounding = "exact",
        output_size: Target = None,
        jump: TotalStride = None,
        output_stride: TotalStride = None,
        bytes_per_value: int = 4,
        bytes: Mapping[str, int] | None = None,
        reserve: int | str = 0,
        hop: Amount | None = None,
        costs: Costs | None = None,
        threads: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent,
        **budgets: Unpack[Budgets],
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
        hop         seconds between two positions, "10ms"; of the second axis "2:10ms"
        costs       your own, by name: a path of a table or a polars frame, a formula, a function
                    of (item, channels, sizes), or a mapping with more of it (docs/device.md)
        budgets     min_COST and max_COST, such as max_macs="3G", min_jump and max_jump

        Raises UsageError, and LimitError where the automaton does not fit `memory_limit` bytes.
        """
        query = Query.of(
            self.axes, input, target_rf, rounding=rounding, output_size=output_size,
            jump=jump, output_stride=output_stride,
            bytes_per_value=bytes_per_value, bytes=bytes, reserve=reserve, hop=hop, costs=costs,
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
        threads: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent,
        **question: Unpack[Asked],
    ) -> pl.DataFrame:
        """Every RF that stacks have, how many have it, and its least and greatest costs.

        Columns as rfsearch.Found.reach, the rest as `search`.
        """
        query = Query.of(self.axes, input, target_rf, **question)
        found = Found.build(self, query, threads, memory_limit, progress)
        return found.reach(least, greatest)

    def ladder(
        self,
        input: Input,
        rfs: Targets,
        *,
        hold: Hold = DEFAULT_HOLD,
        rank_by: Sequence[str] = DEFAULT_RANKING,
        time_limit: float | None = None,
        threads: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent,
        **question: Unpack[Asked],
    ) -> Ladder:
        """One stack for each RF of `rfs`, all as alike as can be in what is held.

        rfs         numbers, or text such as "23..151:16"
        hold        tolerances, {"params": "3%", "depth": 0} or "params:3%,depth:0"
        rank_by     costs that decide ties
        time_limit  seconds

        The rest and the errors as `search`.
        """
        from rfsearch.ladder.ladder import Question

        return Question(
            self, input, rfs, hold, rank_by, time_limit, threads, memory_limit, progress, question
        ).answer()


def StagedSpace(
    stages: Stages,
    block: Blocks | None = None,
    *,
    op: Names | None = None,
    kernel: Choices | None = None,
    stride: Choices | None = None,
    padding: Choices | None = None,
    dilation: Choices | None = None,
    groups: Choices | None = None,
    channels: Channels | None = None,
    stem: str = "",
    head: str = "",
    axes: int = 2,
    input_channels: int = 3,
    never_falls: Names = (),
    never_grows: Names = (),
    bias: bool = True,
    norm: Norm = "none",
    allow_gaps: bool = False,
    allow_holes: bool = False,
    allow_wide_padding: bool = False,
) -> Space:
    """The same as Space(stages=…): slots hold the choices `op` to `channels` where they do not say.

    Raises UsageError.
    """
    return Space(
        stages=stages, block=block, op=op, kernel=kernel, stride=stride, padding=padding,
        dilation=dilation, groups=groups, channels=channels, stem=stem, head=head, axes=axes,
        input_channels=input_channels, never_falls=never_falls, never_grows=never_grows, bias=bias,
        norm=norm, allow_gaps=allow_gaps, allow_holes=allow_holes,
        allow_wide_padding=allow_wide_padding,
    )  # fmt: skip


def like(
    stack_or_name: str,
    input: Input,
    target_rf: Target = None,
    changes: int = 3,
    *,
    op: Names | None = None,
    kernel: Choices | None = None,
    stride: Choices | None = None,
    padding: Choices | None = None,
    dilation: Choices | None = None,
    groups: Choices | None = None,
    channels: Channels | None = None,
    stages: Stages | None = None,
    block: Blocks | None = None,
    stem: str = "",
    head: str = "",
    axes: int | None = None,
    input_channels: int | None = None,
    norm: Norm | None = None,
    bias: bool | None = None,
    allow_gaps: bool = False,
    allow_holes: bool = False,
    allow_wide_padding: bool = False,
    rounding: Rounding = "floor",
    output_size: Target = None,
    jump: TotalStride = None,
    output_stride: TotalStride = None,
    bytes_per_value: int = 4,
    bytes: Mapping[str, int] | None = None,
    reserve: int | str = 0,
    hop: Amount | None = None,
    costs: Costs | None = None,
    threads: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    **budgets: Unpack[Budgets],
) -> Found:
    """The networks within `changes` changes of one that have the target RF at an input.

    A change is one layer added, removed, or with any of its own fields different. What layers are
    drawn from, `op` to `channels` or the slots of `stages`, and `stem`, `head` and the rules are
    as Space takes them; `norm` and `bias` of added convolutions are those of the nearest one where
    they are not said. The question is as Space.search takes it. `found.top(20)` gives fewest
    changes first. Sizes round down unless said otherwise, as published networks need.

    Raises UsageError and LimitError.
    """
    space = Neighbourhood(
        stack_or_name, changes, op=op, kernel=kernel, stride=stride, padding=padding,
        dilation=dilation, groups=groups, channels=channels, stages=stages, block=block, stem=stem,
        head=head, axes=axes, input_channels=input_channels, norm=norm, bias=bias,
        allow_gaps=allow_gaps, allow_holes=allow_holes, allow_wide_padding=allow_wide_padding,
    )  # fmt: skip
    query = Query.of(
        space.axes, input, target_rf, rounding=rounding, output_size=output_size, jump=jump,
        output_stride=output_stride, bytes_per_value=bytes_per_value, bytes=bytes, reserve=reserve,
        hop=hop, costs=costs, **budgets,
    )  # fmt: skip
    return Found.build(space, query, threads, memory_limit, progress)
