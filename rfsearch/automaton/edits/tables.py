"""Tables of a neighbourhood's machine: every place within it and every effect by a number.

What a chain of signs does at a place within the machine is worked out once, and gathered as arrays
from then on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfsearch.automaton.edits.machine import Machine
from rfsearch.automaton.edits.plan import NONE, Chains
from rfsearch.automaton.edits.where import COSTS, Effect, Sizes, Where
from rfsearch.automaton.figures import LARGEST_STEP
from rfsearch.automaton.heads import head_numbers
from rfsearch.device.place import places_of
from rfsearch.errors import UsageError
from rfsearch.layers.layer import INVERTED, RESIDUAL, Stack
from rfsearch.request.query import Query
from rfsearch.space.edits.word import THE_END

DEAD = (-1, -1)
_SHIFT = 32


class Tables:
    """Numbers for places within the machine (`wheres`) and for effects."""

    def __init__(self, machine: Machine, query: Query, head: Stack, chains: Chains) -> None:
        self.machine, self.query, self.head, self.chains = machine, query, head, chains
        self.wheres: list[Where] = []
        self.effects: list[Effect] = []
        self._where_number: dict[Where, int] = {}
        self._effect_number: dict[Effect, int] = {}
        self._steps: dict[int, tuple[int, int]] = {}
        self._chains: dict[int, tuple[int, int]] = {}
        self._heads: dict[tuple[Sizes, int], Effect | None] = {}
        self._joined: dict[int, int] = {}
        axes = machine.axes
        self._cost = np.empty((0, len(COSTS)), np.int64)
        self._box = np.empty((0, 4, axes), np.int64)
        self._stride = np.empty((0, axes), np.int64)
        self._kept = np.empty((0, 4, axes), np.int64)

    def where(self, where: Where) -> int:
        """The number of a place within the machine."""
        number = self._where_number.setdefault(where, len(self.wheres))
        if number == len(self.wheres):
            self.wheres.append(where)
        return number

    def effect(self, effect: Effect) -> int:
        """The number of an effect."""
        number = self._effect_number.setdefault(effect, len(self.effects))
        if number == len(self.effects):
            self.effects.append(effect)
        return number

    def through(self, chain: int, where: int) -> tuple[int, int]:
        """(place, effect) behind a chain of signs; DEAD where there is no such network."""
        key = chain << _SHIFT | where
        known = self._chains.get(key)
        if known is None:
            known = self._step(int(self.chains.step[chain]), where)
            rest = int(self.chains.rest[chain])
            if known != DEAD and rest != NONE:
                to, effect = self.through(rest, known[0])
                known = DEAD if to < 0 else (to, self._then(known[1], effect))
            self._chains[key] = known
        return known

    def _then(self, one: int, other: int) -> int:
        key = one << _SHIFT | other
        if key not in self._joined:
            self._joined[key] = self.effect(self.effects[one].then(self.effects[other]))
        return self._joined[key]

    def _step(self, step: int, where: int) -> tuple[int, int]:
        key = step << _SHIFT | where
        if key not in self._steps:
            here = self.wheres[where]
            sign, context = self.chains.stands(step)
            if sign == THE_END:
                effect = self._ending(here, context.width)
                self._steps[key] = DEAD if effect is None else (where, self.effect(effect))
            else:
                made = self.machine.step(here, context, sign)
                self._steps[key] = (
                    DEAD if made is None else (self.where(made[0]), self.effect(made[1]))
                )
        return self._steps[key]

    def _ending(self, here: Where, width: int) -> Effect | None:
        """What the head adds; None where it does not fit or the output size is not asked for."""
        key = (here.sizes, width)
        if key not in self._heads:
            self._heads[key] = self._head(*key)
        return self._heads[key]

    def _head(self, sizes: Sizes, width: int) -> Effect | None:
        wanted = self.query.output_size
        if wanted is not None and not all(map(_within, sizes, wanted)):
            return None
        figures = head_numbers(self.head, sizes, width)
        if figures is None:
            return None
        costs = tuple(figures.get(name, 0) for name in COSTS)
        items = places_of(self.head, width, sizes) if self.machine.whole else ()
        return Effect(self.machine.nothing, (1,) * self.machine.axes, costs, items)

    # ---- arrays

    def costs(self) -> np.ndarray:
        """[effects, COSTS]. Raises UsageError where one step passes 2^56."""
        new = self.effects[len(self._cost) :]
        if new:
            made = self._checked([effect.costs for effect in new], "params, macs, activations")
            self._cost = np.concatenate([self._cost, made])
        return self._cost

    def boxes(self) -> np.ndarray:
        """[effects, (start, end, least, spread), axes]."""
        new = self.effects[len(self._box) :]
        if new:
            made = self._checked([effect.box for effect in new], "rf")
            self._box = np.concatenate([self._box, made])
        return self._box

    def strides(self) -> np.ndarray:
        """[effects, axes]."""
        new = self.effects[len(self._stride) :]
        if new:
            self._stride = np.concatenate([self._stride, np.array([e.stride for e in new])])
        return self._stride

    def kept(self) -> np.ndarray:
        """[wheres, 4, axes] bounds of the growth of the RF that brackets keep, at a jump of 1.

        The least and the most that is kept, and by what the growth to come counts: at least, and
        at most.
        """
        new = self.wheres[len(self._kept) :]
        if new:
            rows = np.array([_kept(where, self.machine.axes) for where in new], np.int64)
            self._kept = np.concatenate([self._kept, rows])
        return self._kept

    def _checked(self, rows: list[Any], names: str) -> np.ndarray:
        try:
            made = np.array(rows, np.int64)
        except OverflowError:
            made = np.array([LARGEST_STEP + 1])
        if np.abs(made).max(initial=0) > LARGEST_STEP:
            raise UsageError(f"{names}: one step passes 2^56; reduce channels, kernels or input")
        return made


def _within(size: int, one: tuple[int, int | None]) -> bool:
    low, high = one
    return size >= low and (high is None or size <= high)


def _kept(where: Where, axes: int) -> list[list[int]]:
    """A row of `Tables.kept`: of branches, for the least, nothing is certain."""
    low, high = [0] * axes, [0] * axes
    least, most = [1] * axes, [1] * axes
    certain = True
    for one in where.opened:
        certain = certain and one.join in (RESIDUAL, INVERTED)
        boxes = [] if one.box is None else [one.box, *([one.done[2]] if one.done else [])]
        for box in boxes:
            growth = [b - a for a, b in zip(box[0], box[1], strict=True)]
            high = [h + f * g for h, f, g in zip(high, most, growth, strict=True)]
            if certain:
                low = [k + f * g for k, f, g in zip(low, least, growth, strict=True)]
        strides = one.stride
        if one.done is not None:
            strides = tuple(map(max, strides, one.done[1]))
        most = [f * s for f, s in zip(most, strides, strict=True)]
        if certain:
            least = [f * s for f, s in zip(least, one.stride, strict=True)]
    return [low, high, least, most]
