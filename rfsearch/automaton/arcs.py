"""Arcs: every move of a space from every place of its control, as arrays for the kernels.

The control is the part of a state that no pixel arithmetic enters: which width flows, whether a
convolution has occurred, whether a lower bound on peak memory is met. Later slots of a staged
space join here and nowhere else. An arc is one choice of a layer at one control place, with what
it adds to every cost; arcs of one place stand in the order of stacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.cost import BIAS, COSTS, RF, Cost, coefficients
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR, output_size, same_output_size
from rfsearch.request.query import ROUNDINGS, Query
from rfsearch.space.plain import Move, Space

LARGEST_TOTAL = 1 << 62
MOST_ARCS = 1 << 20
MOST_KEPT = 20_000  # arcs: some megabytes
NO_SIZE_LIMIT = 1 << 30
SAME_CODE = -1  # in place of a padding


@dataclass(frozen=True)
class Place:
    """One place of the control; `channels` None stands for the input's, before a convolution."""

    channels: int | None
    peak_met: bool


@dataclass(frozen=True)
class Geometry:
    """What an arc does on an axis; `rounding` as in recurrence, pools and convolutions apart."""

    growth: int
    stride: int
    padding: int
    same: bool
    rounding: int

    def output_size(self, n: int, rounding: int | None = None) -> int:
        """Output size at n, 0 where the arc is invalid; `rounding` overrides its own."""
        mode = self.rounding if rounding is None else rounding
        if self.same:
            return same_output_size(n, self.growth, self.stride, mode)
        return output_size(n, self.growth, self.stride, self.padding, self.padding, mode)


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arrays over arcs (A), geometries (G), hops (H), places (C); every count is exact.

    first [C+1]         each place's arcs
    to, geometry [A]    the place after an arc, and its geometry
    least_n, most_n [A] the input sizes at which it may stand
    layer [A, 6]        op (as in space.OPS), kernel, stride, padding (SAME_CODE: same), dilation,
                        channels given
    move [A]            its number in space.moves
    coefficient[cost]   [A, 5], cost.coefficients and one more: per jump
    shape [G, 5]        growth, stride, padding, same, rounding
    hop_of [G]          the (growth, stride) pair of a geometry, among hops [H, 2]
    channels, accepts [C]   what flows at a place, and whether a stack may end there
    """

    places: tuple[Place, ...]
    channels: np.ndarray
    accepts: np.ndarray
    first: np.ndarray
    to: np.ndarray
    geometry: np.ndarray
    least_n: np.ndarray
    most_n: np.ndarray
    layer: np.ndarray
    move: np.ndarray
    shape: np.ndarray
    hop_of: np.ndarray
    hops: np.ndarray
    coefficient: dict[str, np.ndarray]

    @cached_property
    def place_hops(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each place's distinct (hop, next place): CSR first [C+1], hop, to."""
        first: list[int] = [0]
        hops: list[int] = []
        tos: list[int] = []
        for a, b in pairwise(self.first):
            pairs = np.stack([self.hop_of[self.geometry[a:b]], self.to[a:b]], axis=1)
            pairs = np.unique(pairs, axis=0)
            hops.extend(pairs[:, 0])
            tos.extend(pairs[:, 1])
            first.append(len(hops))
        return np.array(first, np.int64), np.array(hops, np.int64), np.array(tos, np.int64)

    @cached_property
    def swept(self) -> tuple[np.ndarray, ...]:
        """Arcs as the closure's sweep takes them.

        first [C+1], to, hop, geometry, least_n, most_n [A]; shifts, by [G]: whether a geometry
        only shifts sizes by a constant (stride 1, no `same`, no ceil rule), and that constant.
        """
        return self._swept(np.ones(len(self.to), bool))

    @cached_property
    def swept_staying(self) -> tuple[np.ndarray, ...]:
        """Likewise those without growth, which alone may stay in a cell."""
        return self._swept(self.shape[self.geometry, 0] == 0)

    def _swept(self, chosen: np.ndarray) -> tuple[np.ndarray, ...]:
        growth, stride, padding, same, rounding = self.shape.T
        place = np.repeat(np.arange(len(self.places)), np.diff(self.first))[chosen]
        return (
            np.searchsorted(place, np.arange(len(self.places) + 1)),
            self.to[chosen],
            self.hop_of[self.geometry[chosen]],
            self.geometry[chosen],
            self.least_n[chosen],
            self.most_n[chosen],
            (stride == 1) & (same == 0) & (rounding != CEIL),
            2 * padding - growth,
        )


class Terms(NamedTuple):
    """What of a query the arcs depend on; questions next door have the same."""

    rounding: str
    bytes_per_value: int
    least_peak: int | None
    most_peak: int | None


def arcs_of(space: Space, query: Query) -> Arcs:
    """Compile the layer choices of `space` under `query`. Raises LimitError beyond 2^20 arcs.

    Small ones are kept: they take as long as a small closure, and neighbours ask for them again.
    """
    peak = query.budgets.get("peak_memory", (None, None))
    terms = Terms(query.rounding, query.bytes_per_value, *peak)
    small = space.choices * len(space.channels.widths()) <= MOST_KEPT
    return _kept(space, terms) if small else _compiled(space, terms)


@lru_cache(maxsize=8)
def _kept(space: Space, terms: Terms) -> Arcs:
    return _compiled(space, terms)


def _compiled(space: Space, terms: Terms) -> Arcs:
    widths: list[int | None] = [None, *space.channels.widths()]
    flags = [True] if terms.least_peak is None else [False, True]
    places = [Place(width, flag) for flag in flags for width in widths]
    index = {place: number for number, place in enumerate(places)}
    moves = space.moves
    if len(places) * space.choices > MOST_ARCS:
        raise LimitError(
            f"{space.choices} choices a layer at {len(places)} widths are more than {MOST_ARCS} "
            "arcs; give fewer widths or fewer kernels, paddings and dilations"
        )

    geometry_of_move = [_geometry(move, terms) for move in moves]
    geometries = {geometry: code for code, geometry in enumerate(dict.fromkeys(geometry_of_move))}
    code_of_move = [geometries[geometry] for geometry in geometry_of_move]
    rows: list[tuple[int, ...]] = []
    layers: list[tuple[int, ...]] = []
    numbers: list[tuple[int, ...]] = []
    first = [0]
    for place in places:
        c_in = space.input_channels if place.channels is None else place.channels
        for number, move in enumerate(moves):
            geometry, code = geometry_of_move[number], code_of_move[number]
            for width in _widths_after(space, place, move):
                c_out = c_in if width is None else width
                layer_numbers = _layer_numbers(move, c_in, c_out)
                for met, least, most in _size_bands(place, geometry, layer_numbers, terms):
                    rows.append((index[Place(width, met)], code, least, most, number))
                    layers.append(_layer(move, c_out))
                    numbers.append(layer_numbers)
        first.append(len(rows))

    shape = np.array(
        [(g.growth, g.stride, g.padding, g.same, g.rounding) for g in geometries], dtype=np.int64
    )
    hops, hop_of = np.unique(shape[:, :2], axis=0, return_inverse=True)
    to, geometry_of, least_n, most_n, move_of = (
        np.array(rows, dtype=np.int64).reshape(-1, 5).T.copy()
    )
    columns = np.array(numbers, dtype=np.int64).reshape(-1, 6)
    return Arcs(
        places=tuple(places),
        channels=np.array([p.channels or space.input_channels for p in places], dtype=np.int64),
        accepts=np.array([place.peak_met for place in places]),
        first=np.array(first, dtype=np.int64),
        to=to,
        geometry=geometry_of,
        least_n=least_n,
        most_n=most_n,
        layer=np.array(layers, dtype=np.int64).reshape(-1, 6),
        move=move_of,
        shape=shape,
        hop_of=hop_of.reshape(-1).astype(np.int64),
        hops=hops,
        coefficient={
            **{name: _coefficient(cost, columns, terms) for name, cost in COSTS.items()},
            RF.name: _per_jump(shape[geometry_of, 0]),
        },
    )


def _geometry(move: Move, terms: Terms) -> Geometry:
    # Convolutions have no ceil mode in any framework: under ceil they floor.
    rounding = ROUNDINGS[terms.rounding]
    if rounding == CEIL and move.is_conv:
        rounding = FLOOR
    padding = 0 if move.is_same else move.padding
    return Geometry(move.growth, move.stride, padding, move.is_same, rounding)


def _widths_after(space: Space, place: Place, move: Move) -> tuple[int | None, ...]:
    if not move.is_conv:
        return (place.channels,)
    return space.channels.after(place.channels, move.stride > 1)


def _layer_numbers(move: Move, c_in: int, c_out: int) -> tuple[int, ...]:
    """taps, c_in, c_out, groups, learned, spread: the arguments of every cost."""
    taps = move.kernel**2 if move.is_conv else 0
    return (taps, c_in, c_out, 1, BIAS, move.dilation**2 * (move.kernel**2 - 1))


def _layer(move: Move, c_out: int) -> tuple[int, ...]:
    padding = SAME_CODE if move.is_same else move.padding
    return (move.op, move.kernel, move.stride, padding, move.dilation, c_out)


def _size_bands(
    place: Place, geometry: Geometry, layer_numbers: tuple[int, ...], terms: Terms
) -> list[tuple[bool, int, int]]:
    """(whether the lower bound on peak memory is met after it, least n, most n) of an arc.

    A layer's live values grow with its input size, so that a budget on peak memory is a band of
    input sizes: exact, and part of the automaton.
    """
    least_peak, most_peak = terms.least_peak, terms.most_peak
    most = NO_SIZE_LIMIT
    if most_peak is not None:
        most = _first_size_above(geometry, layer_numbers, terms, most_peak) - 1
    if place.peak_met:
        return [(True, 1, most)] if most >= 1 else []
    assert least_peak is not None
    met_from = _first_size_above(geometry, layer_numbers, terms, least_peak - 1)
    bands = [(False, 1, min(most, met_from - 1)), (True, met_from, most)]
    return [band for band in bands if band[1] <= band[2]]


def _first_size_above(
    geometry: Geometry, layer_numbers: tuple[int, ...], terms: Terms, limit: int
) -> int:
    """Least input size at which the layer's live bytes pass `limit`."""
    constant, per_in, per_out, _ = coefficients(COSTS["peak_memory"], *layer_numbers)

    def live(n: int) -> int:
        # FLOOR agrees with EXACT wherever that is valid, and never falls as n grows.
        rounding = FLOOR if geometry.rounding == EXACT else None
        size = geometry.output_size(n, rounding)
        return (constant + per_in * n * n + per_out * size * size) * terms.bytes_per_value

    low, high = 1, NO_SIZE_LIMIT
    while low < high:
        middle = (low + high) // 2
        if live(middle) > limit:
            high = middle
        else:
            low = middle + 1
    return low


def _per_jump(growth: np.ndarray) -> np.ndarray:
    """[A, 5] of the receptive field: what an arc's window grows by [A], times the jump."""
    values = np.zeros((len(growth), 5), np.int64)
    values[:, 4] = growth
    return values


def _coefficient(cost: Cost, numbers: np.ndarray, terms: Terms) -> np.ndarray:
    """[A, 5] of one cost, bytes counted in, from the layer numbers [A, 6] of every arc.

    Raises UsageError where int64 could wrap: the same functions in floating point tell.
    """
    factor = terms.bytes_per_value if cost.in_bytes else 1

    def probed(columns: np.ndarray) -> np.ndarray:
        values = np.zeros((columns.shape[1], 5), columns.dtype)
        for k, part in enumerate(coefficients(cost, *columns)):
            values[:, k] = part * factor
        return values

    if probed(numbers.T.astype(np.float64)).max(initial=0.0) > LARGEST_TOTAL:
        raise UsageError(f"{cost.name}: one layer passes 2^62 {cost.unit}; reduce channels")
    return probed(numbers.T)
