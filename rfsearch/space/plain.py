"""Space: what may be built. Choices of one layer, how many layers, and which widths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.layers.channels import LARGEST_CHANNELS, ChannelRule
from rfsearch.layers.recurrence import default_padding_limit, skips_pixels, window_growth

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.ladder import Ladder
    from rfsearch.question.found import Found
    from rfsearch.request.query import Query

OPS = {"conv": "C", "maxpool": "MP", "avgpool": "AP"}
SAME = "same"
LARGEST_NUMBER = 65_536  # of a kernel, stride, padding, dilation or input
DEFAULT_CHANNELS = ChannelRule("double", (64, 512))
LARGEST_DEPTH = 64  # depths are bits of one machine word
MOST_MOVES = 1 << 20  # choices of a layer before its width


@dataclass(frozen=True, order=True)
class Move:
    """One choice of a layer, before its width: what the recurrences need. Ordered as stacks are.

    `op` counts in the order C, MP, AP; `padding` is LARGEST_NUMBER + 1 for `same`, so that
    numbers stand before it.
    """

    op: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def is_conv(self) -> bool:
        return self.op == 0

    @property
    def is_same(self) -> bool:
        return self.padding > LARGEST_NUMBER

    @property
    def growth(self) -> int:
        return window_growth(self.kernel, self.dilation)


@dataclass(frozen=True)
class Space:
    """Sequential square 2-D stacks: every combination of the given choices, layer by layer.

    padding None means every padding up to (d(k-1)+1)//2; a list means those of it that obey this,
    unless `allow_wide_padding`. Layers that skip input pixels (s > d(k-1)+1) are left out unless
    `allow_gaps`. `channels` is a ChannelRule or what its `parse` takes. Raises UsageError.
    """

    kernel: tuple[int, ...] = (1, 2, 3, 5, 7, 11)
    stride: tuple[int, ...] = (1, 2, 3, 4)
    padding: tuple[int | str, ...] | None = None
    dilation: tuple[int, ...] = (1,)
    op: tuple[str, ...] = ("conv",)
    channels: ChannelRule = DEFAULT_CHANNELS
    input_channels: int = 3
    depth: tuple[int, int] = (1, 10)
    allow_gaps: bool = False
    allow_wide_padding: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, least in (("kernel", 1), ("stride", 1), ("dilation", 1)):
            put(self, name, _numbers(name, getattr(self, name), least))
        put(self, "padding", _paddings(self.padding))
        put(self, "op", _ops(self.op))
        put(self, "channels", ChannelRule.parse(self.channels))
        put(
            self,
            "input_channels",
            whole_number("input_channels", self.input_channels, 1, LARGEST_CHANNELS),
        )
        put(self, "depth", number_range("depth", self.depth, 1, LARGEST_DEPTH))
        for name in ("allow_gaps", "allow_wide_padding"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name}: {getattr(self, name)!r} is neither true nor false")
        if self.allow_wide_padding and self.padding is None:
            raise UsageError(
                "padding: wide paddings have no end of their own; with allow_wide_padding give a "
                "list such as 0..5"
            )
        if not self.moves:
            raise UsageError(
                "kernel: these choices leave no layer at all (pools need a kernel of 2 or more; "
                "padding must not pass (d(k-1)+1)//2 nor stride d(k-1)+1 unless allowed)"
            )

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """Every choice of a layer before its width, in the order of stacks."""
        moves = set()
        for op in self.op:
            code = list(OPS).index(op)
            for kernel in self.kernel:
                if code and kernel < 2:  # a pool of one pixel is no pool
                    continue
                dilations = self.dilation if code == 0 and kernel > 1 else (1,)
                for dilation in dilations:
                    growth = window_growth(kernel, dilation)
                    for stride in self.stride:
                        if skips_pixels(growth, stride) and not self.allow_gaps:
                            continue
                        for padding in self._paddings_of(growth):
                            moves.add(Move(code, kernel, stride, padding, dilation))
                        if len(moves) > MOST_MOVES:
                            raise UsageError(
                                "kernel: with strides, paddings and dilations more than "
                                f"{MOST_MOVES:,} choices of a layer; give fewer of them"
                            )
        return tuple(sorted(moves))

    def _paddings_of(self, growth: int) -> list[int]:
        limit = default_padding_limit(growth)
        if self.padding is None:
            return list(range(limit + 1))
        return [
            LARGEST_NUMBER + 1 if padding == SAME else int(padding)
            for padding in self.padding
            if padding == SAME or self.allow_wide_padding or int(padding) <= limit
        ]

    @property
    def choices(self) -> int:
        """How many layers may stand at each place, widths counted."""
        convs = sum(move.is_conv for move in self.moves)
        return convs * self.channels.choices + len(self.moves) - convs

    @property
    def candidates(self) -> int:
        """Every stack that could be written: choices^depth, summed over the depths."""
        low, high = self.depth
        return sum(self.choices**depth for depth in range(low, high + 1))

    def candidates_of(self, query: Query) -> int:
        """Every stack that could be written, whatever is asked; other spaces look at the inputs."""
        return self.candidates

    def search(self, input: int, target_rf: Any, **question: Any) -> Found:
        """The compiled automaton of this space for one question, ready to be asked.

        Takes what `rfsearch.request.query.Query` takes (rounding, output_size, bytes_per_value,
        budgets as min_COST and max_COST), and `threads`, `memory_limit` and `progress` as
        `rfsearch.question.found.Found.build` does. Raises UsageError, and LimitError where the
        automaton does not fit.
        """
        from rfsearch.question.found import Found
        from rfsearch.request.query import Query

        running = {
            name: question.pop(name)
            for name in ("threads", "memory_limit", "progress")
            if name in question
        }
        return Found.build(self, Query.of(input, target_rf, **question), **running)

    def reach(
        self, input: int, target_rf: Any = None, *, least: Any = None, greatest: Any = (),
        **question: Any,
    ) -> pl.DataFrame:  # fmt: skip
        """Every RF that stacks have, how many have it, and its least and greatest costs.

        RFs up to the input, or within the range `target_rf`; columns as
        rfsearch.question.found.Found.reach, the rest as `search`.
        """
        from rfsearch.question.found import REACHED_COSTS

        found = self.search(input, (1, input) if target_rf is None else target_rf, **question)
        return found.reach(REACHED_COSTS if least is None else least, greatest)

    def ladder(self, input: int, rfs: Any, **asked: Any) -> Ladder:
        """One stack for each RF of `rfs`, all as alike as can be in what is held.

        `rfs`: numbers, or text such as 23..151:16. Takes `hold` ({"params": "3%", "depth": 0}; 3%
        of params and MACs where left out), `rank_by` for ties, `time_limit` in seconds, and what
        `search` takes. Raises as `search` does.
        """
        from rfsearch.ladder import ladder

        return ladder(self, input, rfs, **asked)


def whole_number(place: str, given: Any, least: int, most: int) -> int:
    """`given` as an integer in least..most; raises UsageError that names the place."""
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        raise UsageError(f"{place}: {given!r} is not a whole number")
    number = int(given)
    if number < least:
        raise UsageError(f"{place}: {number} is not ≥ {least}")
    if number > most:
        raise UsageError(f"{place}: {number} is not ≤ {most}")
    return number


def _numbers(place: str, given: Any, least: int) -> tuple[int, ...]:
    items = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    numbers = {whole_number(place, item, least, LARGEST_NUMBER) for item in items}
    if not numbers:
        raise UsageError(f"{place}: the list is empty; give at least one number")
    return tuple(sorted(numbers))


def _paddings(given: Any) -> tuple[int | str, ...] | None:
    if given is None:
        return None
    items = [given] if isinstance(given, (str, int)) else list(given)
    numbers, same = set(), False
    for item in items:
        if item == SAME:
            same = True
        else:
            numbers.add(0 if item == "valid" else whole_number("padding", item, 0, LARGEST_NUMBER))
    if not numbers and not same:
        raise UsageError("padding: the list is empty; give numbers, valid or same")
    return (*sorted(numbers), *([SAME] if same else []))


def _ops(given: Any) -> tuple[str, ...]:
    items = [given] if isinstance(given, str) else list(given)
    for item in items:
        if item not in OPS:
            raise UsageError(f"op: {item!r} is not one of {', '.join(OPS)}")
    if not items:
        raise UsageError(f"op: the list is empty; give some of {', '.join(OPS)}")
    return tuple(op for op in OPS if op in items)


def number_range(place: str, given: Any, least: int, most: int) -> tuple[int, int]:
    """(low, high) from a number, a pair, or text such as `1..10`; raises UsageError."""
    if isinstance(given, str):
        parts: list[Any] = given.split("..")
        try:
            parts = [int(part) for part in parts]
        except ValueError:
            raise UsageError(
                f"{place}: {given!r} is not a number or a range such as 1..10"
            ) from None
    elif isinstance(given, (tuple, list)):
        parts = list(given)
    else:
        parts = [given]
    if len(parts) not in (1, 2):
        raise UsageError(f"{place}: {given!r} is not a number or a range of two")
    low, high = (whole_number(place, part, least, most) for part in (parts[0], parts[-1]))
    if low > high:
        raise UsageError(f"{place}: the range {low}..{high} is upside down; write {high}..{low}")
    return low, high
