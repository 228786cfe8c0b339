"""Spots of a neighbourhood: places of its plan with all that the machine keeps, and the steps.

A spot is a state without its RF, as in rfsearch.automaton.spots; jumps are those where the
outermost open bracket begins. What can no more meet the target's upper end is left out at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from rfsearch.automaton.edits.effects import Effects
from rfsearch.automaton.edits.machine import Machine
from rfsearch.automaton.edits.plan import plan_for
from rfsearch.automaton.edits.tables import DEAD, Tables
from rfsearch.automaton.edits.where import COSTS, Effect, Sizes
from rfsearch.automaton.grammar import LARGEST_JUMP, Jump
from rfsearch.automaton.plan import INPUT, Link
from rfsearch.automaton.spots import Spots, finishing
from rfsearch.device.place import Place
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.request.query import Query
from rfsearch.request.running import Progress
from rfsearch.request.total_stride import within

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood

BYTES_A_STEP = 250
UNBOUNDED = 1 << 60  # above every RF
JUMP_BITS = 20
_JUMPS = (1 << JUMP_BITS) - 1


def like_spots(space: Neighbourhood, query: Query, memory_limit: int, progress: Progress) -> Spots:
    """Every spot on a way from an input to an end. Raises LimitError."""
    return _Sweep(space, query, memory_limit).run(progress)


class _Sweep:
    """The sweep over the places, in the order in which links lead on."""

    def __init__(self, space: Neighbourhood, query: Query, memory_limit: int) -> None:
        self.space, self.query, self.memory_limit = space, query, memory_limit
        self.axes = space.axes
        self.plan = plan_for(space, query.rounding)
        machine = Machine(space.axes, ROUNDINGS[query.rounding], self.plan.wide, query.by_items)
        self.tables = Tables(machine, query, space.mine.head, self.plan.chains)
        self.jumps: list[Jump] = [(1,) * space.axes]
        self.jump_number: dict[Jump, int] = {self.jumps[0]: 0}
        self.least_peak, self.most_peak = query.budgets.get("peak_memory", (None, None))
        target = query.target_rf or ((1, None),) * space.axes
        # The least and the greatest growth of the RF that meet the target, on each axis.
        self.room = [
            (0 if self.plan.wide else low - 1, UNBOUNDED if high is None else high - 1)
            for low, high in target
        ]
        self.inputs = [Link(INPUT, (), 1, input=sizes) for sizes in query.inputs]
        self.keys: list[np.ndarray] = [np.zeros(1, np.int64)]
        # Per place: source, key behind, link, effect, place behind.
        self.steps: list[tuple[np.ndarray, ...]] = []
        self.waiting: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in self.plan.widths]

    def run(self, progress: Progress) -> Spots:
        self._begin()
        places = len(self.plan.widths)
        count, edges = 1, len(self.inputs)
        for number in range(1, places):
            here, grown = _bounds(self.waiting[number], self.axes)
            self.waiting[number] = []
            self.keys.append(here)
            if len(here) and self.plan.first[number] < self.plan.first[number + 1]:
                edges += self._leave(number, here, grown, count)
            count += len(here)
            self._fits(count, edges)
            progress("states", 0.5 * (number + 1) / places)
        return self._finish()

    def _begin(self) -> None:
        """The steps of the inputs, from spot 0."""
        tables, channels = self.tables, self.space.input_channels
        for number, sizes in enumerate(self.query.inputs):
            where = tables.where(tables.machine.start(sizes, channels))
            key = np.array([_key(where, 0, int(self.least_peak is None))])
            costs = {**dict.fromkeys(COSTS, 0), "activations": prod(sizes) * channels}
            effect = Effect(tables.machine.nothing, (1,) * self.axes, tuple(costs.values()))
            self.waiting[1].append((key, np.zeros((1, 2, self.axes), np.int64)))
            at = np.zeros(1, np.int64)
            self.steps.append((at, key, at + number, at + tables.effect(effect), at + 1))

    def _leave(self, number: int, here: np.ndarray, grown: np.ndarray, offset: int) -> int:
        """Note every step from the spots `here` of a place; how many.

        grown [spots, (least, most), axes]: of the RF so far.
        """
        links = slice(*self.plan.first[number : number + 2].tolist())
        chain = self.plan.chain[links].tolist()
        wheres, which = np.unique(here >> JUMP_BITS + 1, return_inverse=True)
        jumps = np.array(self.jumps, np.int64)[here >> 1 & _JUMPS]
        hopeful = self._hopeful(self.plan.ahead[links], grown, jumps, here >> JUMP_BITS + 1)
        made = np.full((len(chain), len(wheres), 2), DEAD, np.int64)
        wanted = np.zeros((len(wheres), len(chain)), bool)
        np.logical_or.at(wanted, which, hopeful)
        for at, number in np.argwhere(wanted).tolist():
            made[number, at] = self.tables.through(chain[number], int(wheres[at]))
        source, link = np.nonzero(hopeful & (made[:, :, 0] >= 0).T[which])
        where, effect = made[link, which[source]].T
        met = here[source] & 1
        peak = self.tables.costs()[effect, COSTS.index("live")]
        peak = peak * self.query.activation_bytes
        if self.least_peak is not None:
            met |= peak >= self.least_peak
        if self.most_peak is not None:
            kept = peak <= self.most_peak
            source, link, where, effect, met = (a[kept] for a in (source, link, where, effect, met))
        jump = self._jumps_after(here[source] >> 1 & _JUMPS, effect)
        keys, target = _key(where, jump, met), self.plan.to[links][link]
        boxes = self.tables.boxes()
        more = jumps[source] * (boxes[effect, 1] - boxes[effect, 0])
        grown = grown[source] + more[:, None]
        for one in np.unique(target).tolist():
            chosen = target == one
            self.waiting[one].append(_bounds([(keys[chosen], grown[chosen])], self.axes))
        self.steps.append(
            (source + offset, keys, link + links.start + len(self.inputs), effect, target)
        )
        return len(source)

    def _hopeful(
        self, ahead: np.ndarray, grown: np.ndarray, jumps: np.ndarray, where: np.ndarray
    ) -> np.ndarray:
        """[spots, links] whether the RF may still meet the target, whatever follows a link.

        Bounds are floats: whole and exact as far as a target goes, and without an overflow above.
        """
        ahead, grown, jumps = (some.astype(np.float64) for some in (ahead, grown, jumps))
        kept = self.tables.kept()[where]
        hopeful = np.ones((len(where), len(ahead)), bool)
        for axis, (low, high) in enumerate(self.room):
            now, jump, held = grown[:, :, axis], jumps[:, axis], kept[:, :, axis]
            least, most = ahead[:, 0, axis], ahead[:, 1, axis]
            hopeful &= (
                now[:, 0, None] + jump[:, None] * (held[:, 0, None] + held[:, 2, None] * least)
            ) <= high
            hopeful &= (
                now[:, 1, None] + jump[:, None] * (held[:, 1, None] + held[:, 3, None] * most)
            ) >= low
        return hopeful

    def _jumps_after(self, jump: np.ndarray, effect: np.ndarray) -> np.ndarray:
        """The number of the jump behind each step."""
        strides, kind = np.unique(self.tables.strides()[effect], axis=0, return_inverse=True)
        pairs, which = np.unique(jump * (len(strides) + 1) + kind.reshape(-1), return_inverse=True)
        after = []
        for pair in pairs.tolist():
            before, stride = divmod(pair, len(strides) + 1)
            after.append(self._jump(before, tuple(strides[stride].tolist())))
        return np.array(after, np.int64)[which.reshape(-1)]

    def _jump(self, before: int, stride: Sizes) -> int:
        after = tuple(j * s for j, s in zip(self.jumps[before], stride, strict=True))
        number = self.jump_number.setdefault(after, len(self.jumps))
        if number == len(self.jumps):
            if max(after) > LARGEST_JUMP or number > _JUMPS:
                raise UsageError("stride: strides multiply to more than 2^40; allow smaller ones")
            self.jumps.append(after)
        return number

    def _fits(self, count: int, edges: int) -> None:
        size = edges * BYTES_A_STEP + count * 60
        if size > self.memory_limit:
            raise LimitError(
                f"{count} states and {edges} steps of the neighbourhood need "
                f"{size / 2**30:.1f} GiB, above the limit of {self.memory_limit / 2**30:.1f} GiB "
                "(--memory-limit); allow fewer changes, kernels, strides or paddings"
            )

    def _finish(self) -> Spots:
        """Numbers for keys; what cannot end goes; the figures of what is left."""
        first = np.cumsum([0, *(len(some) for some in self.keys)])
        place = np.repeat(np.arange(len(self.keys)), np.diff(first))
        key = np.concatenate(self.keys)
        ends = np.zeros(len(self.keys), bool)
        ends[list(self.plan.ends.values())] = True
        final = ends[place] & (key & 1 == 1) & self._jump_met()[key >> 1 & _JUMPS]
        source, keys, link, effect, target = (
            np.concatenate([np.empty(0, np.int64), *(step[k] for step in self.steps)])
            for k in range(5)
        )
        self.steps = []
        numbered = np.empty(len(keys), np.int64)
        for one in np.unique(target).tolist():
            chosen = target == one
            numbered[chosen] = first[one] + np.searchsorted(self.keys[one], keys[chosen])
        alive = finishing(source, numbered, final)
        alive[0] = True
        number = np.cumsum(alive) - 1
        kept = alive[source] & alive[numbered]
        source, target = number[source[kept]], number[numbered[kept]]
        link, effect = link[kept], effect[kept]
        inputs = len(self.inputs)
        changes = np.concatenate([np.zeros(inputs, np.int64), self.plan.changes])[link]
        used = np.unique(link[link >= inputs]) - inputs  # of many thousands few stand in a match
        link = np.where(link < inputs, link, inputs + np.searchsorted(used, link - inputs))
        where = key[alive] >> JUMP_BITS + 1
        jump = key[alive] >> 1 & _JUMPS
        closing = set(self.plan.ends.values())
        flags = tuple(number in closing for number in range(len(self.plan.widths)))
        return Spots(
            tuple(self.plan.widths), flags, (*self.inputs, *map(self.plan.link, used.tolist())),
            [(), *(one.sizes for one in self.tables.wheres)], self.jumps, place[alive],
            np.where(np.arange(len(where)) == 0, 0, where + 1), jump,
            final[alive], source, target, link, self._effects(source, effect, jump, changes), {},
            joint="", most_layers=self.space.most_layers,
        )  # fmt: skip

    def _jump_met(self) -> np.ndarray:
        """[J] whether a network may end at a jump."""
        asked = self.query.jump
        return np.array([asked is None or all(map(within, jump, asked)) for jump in self.jumps])

    def _effects(
        self, source: np.ndarray, effect: np.ndarray, jump: np.ndarray, changes: np.ndarray
    ) -> Effects:
        boxes = self.tables.boxes()[effect]
        jumps = np.array(self.jumps, np.int64)[jump[source]]
        widest = boxes[:, 3].max(initial=0) * float(jumps.max(initial=1)) ** 2
        if widest > UNBOUNDED:
            raise UsageError("erf_variance: one step passes 2^60; reduce kernels or strides")
        return Effects(
            self.tables.costs()[effect], boxes, self.tables.strides()[effect], jumps,
            changes, self.query.weight_bytes, self.query.activation_bytes, self._written(effect),
            self.plan.apart or self.query.tells_axes_apart,
        )  # fmt: skip

    def _written(self, effect: np.ndarray) -> tuple[Sequence[tuple[Place, ...]], np.ndarray] | None:
        """The items of every effect, where whole items matter, and the effect of each step."""
        if not self.query.by_items:
            return None
        return [one.items for one in self.tables.effects], effect


def _key(where: Any, jump: Any, met: Any) -> Any:
    return (where << JUMP_BITS | jump) << 1 | met


def _bounds(found: list[tuple[np.ndarray, np.ndarray]], axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Every key once, ascending, with the least and the most growth of the RF [n, 2, axes]."""
    if not found:
        return np.empty(0, np.int64), np.empty((0, 2, axes), np.int64)
    keys, which = np.unique(np.concatenate([key for key, _ in found]), return_inverse=True)
    each = np.concatenate([grown for _, grown in found])
    grown = np.full((len(keys), 2, axes), UNBOUNDED, np.int64)
    grown[:, 1] = 0
    np.minimum.at(grown[:, 0], which.reshape(-1), each[:, 0])
    np.maximum.at(grown[:, 1], which.reshape(-1), each[:, 1])
    return keys, grown
