"""Anatomy: what is inside an item of a stack, with all figures that do not depend on sizes.

An item is followed once, layer by layer, with names in place of its numbers of channels
(`rfsearch.layers.registers`): its `Form`, the same for all widths for which it is followed alike.
What depends on sizes is linear in the volumes of its nodes (MACs, activations, live values of a
step), so that only coefficients are kept here and `rfsearch.layers.geometry` brings the volumes.
Rules: docs/notation.md.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import count

from rfsearch.layers.cost import layer_params, log_fixed
from rfsearch.layers.form import Form, Learned, followed
from rfsearch.layers.layer import Stack
from rfsearch.layers.registers import OWN, Registers, Shape, numbered, numbers_of, shape_of

Flow = tuple[int, int]  # channels, and those of the sum of what is put aside, 0 where nothing is


class Anatomy:
    """An item at one input width: its form, and the numbers in its registers.

    geometry, end   nodes, and that of the output; width its channels
    aside       channels of the sum of what is put aside, which waits from here on; 0: none does
    puts        the nodes of what the item puts aside
    macs, activations   coefficient of each node's volume [N]
    live        for each step the channels alive on each node [N]
    log_sum, convolutions   of those that are written: logarithms in units of 2^-24, and how many
    """

    def __init__(self, form: Form, numbers: list[int]) -> None:
        self.form, self.numbers = form, numbers
        self.geometry, self.end, self.puts = form.geometry, form.end, form.puts
        self.depth = form.depth
        self.width = numbers[form.width]
        self.aside = numbers[form.aside] if form.aside >= 0 else 0

    @property
    def convolutions(self) -> int:
        """How many convolutions are written."""
        return sum(one.written for one in self.form.learned)

    @cached_property
    def params(self) -> int:
        """Values learned."""
        return sum(
            layer_params(one.taps, source, made, groups, one.learned, 0, 0, 0, 0)
            for one, source, made, groups in self._learned()
        )

    @cached_property
    def macs(self) -> tuple[int, ...]:
        """Multiply-accumulates a position of each node."""
        return self._by_node(
            [
                (one.node, one.taps * (source // groups) * made)
                for one, source, made, groups in self._learned()
            ]
        )

    @cached_property
    def activations(self) -> tuple[int, ...]:
        """Values made a position of each node."""
        return self._by_node([(node, self.numbers[one]) for node, one in self.form.activations])

    @cached_property
    def live(self) -> tuple[tuple[int, ...], ...]:
        """Values alive at each step, a position of each node."""
        numbers = self.numbers
        return tuple(
            sorted(
                {
                    tuple([sum([numbers[one] for one in some]) for some in row])
                    for row in self.form.live
                }
            )
        )

    @cached_property
    def entropy(self) -> int:
        """The sum of the logarithms of all convolutions, in units of 2^-32."""
        return sum(log for _, log in self._logs())

    @cached_property
    def log_sum(self) -> int:
        """The sum of the logarithms of those that are written, in units of 2^-24."""
        return sum((log + (1 << 7)) >> 8 for one, log in self._logs() if one.written)

    def _logs(self) -> list[tuple[Learned, int]]:
        return [
            (one, log_fixed(one.taps * source // groups))
            for one, source, _, groups in self._learned()
        ]

    def _learned(self) -> list[tuple[Learned, int, int, int]]:
        """(convolution, channels before and behind it, groups)."""
        numbers = self.numbers
        return [
            (
                one, numbers[one.source], numbers[one.made],
                one.groups or numbers[one.source],
            )
            for one in self.form.learned
        ]  # fmt: skip

    def _by_node(self, pairs: list[tuple[int, int]]) -> tuple[int, ...]:
        row = [0] * (len(self.geometry) + 1)
        for node, amount in pairs:
            row[node] += amount
        return tuple(row)


def width_after(stack: Stack, width: int, axes: int) -> int | None:
    """The width after a stack; None where groups or a gate's reduction do not fit."""
    made = flow_after(stack, (width, 0), axes)
    return None if made is None else made[0]


def flow_after(stack: Stack, flow: Flow, axes: int) -> Flow | None:
    """What flows behind a stack; None where widths do not fit."""
    made = anatomy(stack, flow[0], axes, flow[1], False)
    return None if made is None else (made.width, made.aside)


@lru_cache(maxsize=1 << 18)
def anatomy(
    stack: Stack, width: int, axes: int, aside: int = 0, apart: bool = False
) -> Anatomy | None:
    """The anatomy of a stack at input width `width`; None where widths do not fit together.

    `aside`: channels of a sum that waits already, as large as the input, until SUM. `apart`: axes
    may differ in sizes or windows, so that patches are followed in every combination of runs.
    """
    given = [width, aside]
    forms = _forms(shape_of(stack, given), axes, aside > 0, apart)
    for form in forms:
        numbers = numbers_of(form.derived, form.tests, given)
        if numbers is not None:
            return Anatomy(form, numbers) if form.fits else None
    registers = Registers(given)
    form = followed(numbered(stack, count(OWN)), registers, axes, aside > 0, apart)
    forms.append(form)
    return Anatomy(form, registers.numbers) if form.fits else None


@lru_cache(maxsize=1 << 16)
def _forms(shape: Shape, axes: int, aside: bool, apart: bool) -> list[Form]:
    """The forms of a stack that are known so far; no numbers belong to two of them."""
    return []
