"""The public face: spaces that can be searched, and what they found; networks like one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from rfsearch.errors import LimitError, UsageError, quoted
from rfsearch.ladder.hold import DEFAULT_HOLD
from rfsearch.layers.layer import Stack, layers_in
from rfsearch.quantity import whole
from rfsearch.question import found as asked
from rfsearch.question.found import DEFAULT_RANKING
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
from rfsearch.request.query import Query, size_text
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent
from rfsearch.space import space as plain
from rfsearch.space.edits.space import Neighbourhood
from rfsearch.space.space import Blocks, Channels, Choices, Names, Norm, Stages

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.ladder import Ladder
    from rfsearch.network import Network
    from rfsearch.network.input_size import InputSize
    from rfsearch.why.lines import Lines
    from rfsearch.why.member.member import Membership
    from rfsearch.why.nearby.ask import Near


class Found(asked.Found):
    __doc__ = asked.Found.__doc__

    def why(self) -> Lines:
        """Why so many match, a line each: what the numbers force, what stands in no match, what was
        left out; where nothing matches, every obstruction that alone proves it.

        Raises LimitError where that takes searches that outgrow the memory limit.
        """
        from rfsearch.why import reasons
        from rfsearch.why.lines import Lines

        if self._is_empty():
            return Lines(reasons.reasons(self.space, self.query, self.memory_limit))
        front = self.front()
        first = reasons.identity(self.space, self.query, front.row(0, named=True))
        return Lines([*first, *reasons.why(self.space, self.query, self)])

    def nearby(self) -> pl.DataFrame:
        """The questions next door, each with its exact number of matches: RF and input a pixel
        less and more, the other roundings; where nothing matches, the least changes that help.

        Columns `instead` (what changes), `flags` (as the command line says it), `matches`,
        `least_memory` (bytes) and `least_macs`; of changes that help only the matches are known.
        """
        from rfsearch.why.nearby import around, rescues
        from rfsearch.why.nearby.frame import nearby_frame

        running = {"threads": self.threads, "memory_limit": self.memory_limit}
        question = (self.space, self.query, running, self.progress)
        near: list[Near] = []
        try:
            spots = self.automaton.spots
            empty = self._is_empty()
            near.extend(rescues(*question) if empty else around(*question, spots=spots))
        except LimitError:  # not every distance was searched; what was found stands
            if not near:
                raise
        return nearby_frame(near)

    def contains(self, network: Network | str) -> Membership:
        """Whether a network, or a notation or name, is one of the matches, with the reasons.

        Raises UsageError where the network cannot be said in the notation, and of the networks
        like one, which have no slots to be in.
        """
        return _member(self.space, self.query, _stack_of(network))

    def _is_empty(self) -> bool:
        """Whether it is proven that nothing matches; under a budget the best match settles it."""
        low, high = self.count_bounds()
        return high == 0 or (low == 0 and len(self.top(1, distinct="none")) == 0)


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
        memory_limit: int | str = MEMORY_LIMIT,
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
        bytes       of a weight and an activation, {"weight": 1, "activation": 1}; where both are
                    alike, bytes_per_value
        reserve     bytes taken off max_peak_memory and max_memory
        hop         seconds between two positions, "10ms"; of the second axis "2:10ms"
        costs       your own, by name: a path of a table or a polars frame, a formula, a function
                    of (item, channels, sizes), or a mapping with more of it (docs/device.md)
        budgets     min_COST and max_COST, such as max_macs="3G", min_jump and max_jump
        threads     default: all processors
        progress    told of every stage: progress("states", share done, things made)

        Numbers may be text, as on the command line: "3G", "320KiB". Raises UsageError, and
        LimitError where the automaton does not fit `memory_limit` bytes.
        """
        query = Query.of(
            self.axes, input, target_rf, rounding=rounding, output_size=output_size,
            jump=jump, output_stride=output_stride,
            bytes_per_value=bytes_per_value, bytes=bytes, reserve=reserve, hop=hop, costs=costs,
            **budgets,
        )  # fmt: skip
        return Found._build(self, query, threads, memory_limit, progress)

    def reach(
        self,
        input: Input,
        target_rf: Target = None,
        *,
        least: Sequence[str] | None = None,
        greatest: Sequence[str] = (),
        threads: int | None = None,
        memory_limit: int | str = MEMORY_LIMIT,
        progress: Progress = silent,
        **question: Unpack[Asked],
    ) -> pl.DataFrame:
        """Every RF that stacks have, how many have it, and its least and greatest costs.

        Columns as rfsearch.Found.reach, the rest as `search`.
        """
        query = Query.of(self.axes, input, target_rf, **question)
        found = Found._build(self, query, threads, memory_limit, progress)
        return found.reach(least, greatest)

    def ladder(
        self,
        input: Input,
        rfs: Targets,
        *,
        hold: Hold = DEFAULT_HOLD,
        rank_by: Sequence[str] = DEFAULT_RANKING,
        time_limit: Amount | None = None,
        threads: int | None = None,
        memory_limit: int | str = MEMORY_LIMIT,
        progress: Progress = silent,
        **question: Unpack[Asked],
    ) -> Ladder:
        """One stack for each RF of `rfs`, all as alike as can be in what is held.

        rfs         numbers, or text such as "23..151:16"
        hold        tolerances, {"params": "3%", "depth": 0} or "params:3%,depth:0"
        rank_by     costs that decide ties
        time_limit  seconds, or text such as "10s"

        The rest and the errors as `search`.
        """
        from rfsearch.ladder.ladder import Question

        return Question(
            self, input, rfs, hold, rank_by, time_limit, threads,
            whole(memory_limit, "memory_limit", 1, in_bytes=True), progress, question,
        ).answer()  # fmt: skip

    def contains(self, network: Network | str, input: InputSize | None = None) -> Membership:
        """Whether a network, or a notation or name, may be built of this space, with the reasons.

        input  of a notation, or a name that is not asked about at its own; default 227

        Sizes round down, or as its pools say. Found.contains asks within a question. Raises
        UsageError where the network cannot be said in the notation.
        """
        from rfsearch.network import Network
        from rfsearch.network.input_size import input_sizes
        from rfsearch.network.names import find_name
        from rfsearch.network.sources import DEFAULT_INPUT

        stack = _stack_of(network)
        if isinstance(network, Network):
            if input is not None:
                raise UsageError("input: a Network has its own; parse or load it at another one")
            sizes = network.input
        else:
            known = find_name(network)
            own = DEFAULT_INPUT if known is None else known.input
            sizes = input_sizes(own if input is None else input, self.axes)
        rounding: Rounding = "ceil" if _has_ceil(stack) else "floor"
        return _member(self, Query.of(self.axes, size_text(sizes), rounding=rounding), stack)


def load_space(path: str | os.PathLike[str]) -> Space:
    """The space of the config file at `path` (`configs/`, rfsearch init), its question left out.

    Raises UsageError that names the file and the key.
    """
    from rfsearch.request import config
    from rfsearch.request.asked import space_of
    from rfsearch.request.options import defaults
    from rfsearch.request.request import Request

    name = os.fspath(path)
    try:
        data = Path(name).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"path: {name}: {getattr(error, 'strerror', None) or error}") from None
    said = config.options(data, name)
    if said.get("like") is not None:
        raise UsageError(f"{name}: like: the networks like one are no space; ask rfsearch.like")
    keys = frozenset(said)
    request = Request({**defaults(), **said}, name, keys, keys)
    with request.placing_errors():
        made = space_of(request.options, request.said, Space)
    assert isinstance(made, Space)
    return made


def _member(space: plain.Space | Neighbourhood, query: Query, stack: Stack) -> Membership:
    from rfsearch.why.member.member import membership

    if not isinstance(space, plain.Space):
        raise UsageError("network: the networks like one have no slots to be in; ask of a Space")
    return membership(space, query, stack)


def _stack_of(network: Network | str) -> Stack:
    """The items of a network. UsageError where it cannot be said in the notation."""
    from rfsearch.export.planner import notation_of
    from rfsearch.layers.notation import parse_stack
    from rfsearch.network import Network
    from rfsearch.network.names import find_name

    if isinstance(network, str):
        known = find_name(network)
        return parse_stack(network if known is None else known.stack)
    if not isinstance(network, Network):
        raise UsageError(f"network: {quoted(network)} is neither a Network nor notation")
    return parse_stack(notation_of(network))


def _has_ceil(stack: Stack) -> bool:
    """Whether some pool rounds up, whatever the rounding asked."""
    return any(layer.ceil for layer in layers_in(stack))


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
    network: str | Network,
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
    better: bool | Sequence[str] = False,
    threads: int | None = None,
    memory_limit: int | str = MEMORY_LIMIT,
    progress: Progress = silent,
    **budgets: Unpack[Budgets],
) -> Found:
    """The networks within `changes` changes of one that have the target RF at an input.

    network     a notation, a name, a file (model.onnx) or a Network, all of which the notation can
                say; its axes and input channels hold where nothing else is said

    A change is one layer added, removed, or with any of its own fields different. What layers are
    drawn from, `op` to `channels` or the slots of `stages`, and `stem`, `head` and the rules are
    as Space takes them; `norm` and `bias` of added convolutions are those of the nearest one where
    they are not said. The question is as Space.search takes it. `found.top(20)` gives fewest
    changes first. Sizes round down unless said otherwise, as published networks need. `better`:
    only networks as good as that one in memory and MACs (True), or in every cost that is named.

    Raises UsageError and LimitError.
    """
    space = Neighbourhood(
        network, changes, op=op, kernel=kernel, stride=stride, padding=padding,
        dilation=dilation, groups=groups, channels=channels, stages=stages, block=block, stem=stem,
        head=head, axes=axes, input_channels=input_channels, norm=norm, bias=bias,
        allow_gaps=allow_gaps, allow_holes=allow_holes, allow_wide_padding=allow_wide_padding,
    )  # fmt: skip
    query = Query.of(
        space.axes, input, target_rf, rounding=rounding, output_size=output_size, jump=jump,
        output_stride=output_stride, bytes_per_value=bytes_per_value, bytes=bytes, reserve=reserve,
        hop=hop, costs=costs, better=better, **budgets,
    )  # fmt: skip
    return Found._build(space, query, threads, memory_limit, progress)
