"""Tiles that reproduce the whole image exactly: how large, where they start, what of each is kept.

All tiles have one size. What the borders of a tile change is cut away (see
`rfsearch.network.sizes.borders`), but for those that are the image's own. Tiles start at multiples
of the alignment, so that every stride and phase falls as in the whole; the last ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.sizes.arithmetic import Arithmetic, arithmetic
from rfsearch.network.sizes.borders import clean_from, clean_to, mirrors_cleanly
from rfsearch.network.sizes.by_reading import changes_at
from rfsearch.network.sizes.repeating import Repeating
from rfsearch.network.sizes.untiled import reason_against
from rfsearch.network.words import row_name

if TYPE_CHECKING:
    from rfsearch.network.network import Network


# Tiles are looked for up to this many pixels.
_LARGEST = 2**40


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile along an axis: input pixels start … stop − 1.

    Of its outputs those from `kept` to `end` − 1 are kept, the whole's from `first` on.
    """

    start: int
    stop: int
    kept: int
    end: int
    first: int


@dataclass(frozen=True, slots=True)
class AxisTiling:
    """How an image of `input` pixels along an axis is cut; sizes and steps in input pixels.

    output      positions of the whole's features
    alignment   tile starts are multiples of it, and so are the differences of tile sizes
    least       the least tile with outputs of its own; the image itself may be smaller
    jump        input pixels from one output to the next
    cut         outputs of a tile (before, after) that its borders change: they are cut away
    halo        pixels of a tile (before, after) beyond jump × outputs kept: those of outputs that
                are cut away, and half of what the network itself is smaller than its input
    """

    input: int
    output: int
    alignment: int
    least: int
    jump: Fraction
    cut: tuple[int, int]
    halo: tuple[Fraction, Fraction]
    _cutter: _Cutter = field(repr=False, compare=False)

    def __repr__(self) -> str:
        return f"<AxisTiling {', '.join(f'{name} {said}' for name, said in self._figures)}>"

    def _repr_html_(self) -> str:
        """For notebooks: sizes, halo and steps."""
        from rfsearch.network.html import table

        return table([name for name, _ in self._figures], [[said for _, said in self._figures]])

    @property
    def _figures(self) -> list[tuple[str, str]]:
        halo = " and ".join(map(str, self.halo))
        return [
            ("input", str(self.input)),
            ("tiles", self.sizes.rule),
            ("halo", halo),
            ("alignment", str(self.alignment)),
        ]

    @property
    def sizes(self) -> Repeating:
        """All tile sizes that reproduce an image as long as this one, larger ones included."""
        return Repeating((), self.least, self.alignment, (self.input % self.alignment,))

    def step(self, tile: int) -> int:
        """Pixels from one tile of this size to the next; UsageError for a size that is none."""
        return self._cutter.checked_step(tile)

    def tiles(self, tile: int) -> list[Tile]:
        """The tiles of this size that together give every output once, in order."""
        return self._cutter.tiles(tile)


def axis_tiling(network: Network, axis: int) -> AxisTiling:
    """How to cut the network's input along an axis; UsageError says what makes it impossible."""
    if reason := reason_against(network, axis):
        raise UsageError(f"tiles cannot reproduce the whole image: {reason}")
    cutter = _Cutter(network, axis)
    least = cutter.least()
    _check_reading(network, axis, least)
    seen = network.features.fields[axis]
    begin, end = cutter.clean(least)
    size = cutter.run(least)
    # What the network itself leaves out at its borders, half on each side.
    lost = (least - size * seen.jump) / 2
    return AxisTiling(
        input=network.input[axis],
        output=network.features.sizes[axis],
        alignment=cutter.alignment,
        least=least,
        jump=seen.jump,
        cut=(begin, size - end),
        halo=(begin * seen.jump + lost, (size - end) * seen.jump + lost),
        _cutter=cutter,
    )


def _check_reading(network: Network, axis: int, tile: int) -> None:
    """UsageError where what was read from a file or module is another network on a tile."""
    if network.again is None:
        return
    changed = changes_at(network.nodes, axis, tile, network.again)
    if changed is not None:
        where = f"row {row_name(network, network.nodes[changed])}" if changed else "the network"
        raise UsageError(
            f"tiles cannot reproduce the whole image: on a tile of {tile} {where} is not what it "
            f"is on the whole"
        )


class _Cutter:
    """The arithmetic of what leads to the features, along one axis."""

    def __init__(self, network: Network, axis: int) -> None:
        self.whole = network.input[axis]
        self.all = arithmetic(network.nodes, axis, network.has_weights)
        self.target = network.features_index
        self.sums = Arithmetic(self.all.steps[: self.target + 1])
        self.needed = _needed(self.sums, self.target)
        self.alignment = self._alignment()
        sizes = self.sums.run(self.whole)
        assert sizes is not None
        self.sizes_of_whole = sizes
        self.slope = self.sums.slopes[self.target]

    def _alignment(self) -> int:
        return lcm(*(self.sums.periods[index] for index in self.needed))

    def run(self, tile: int) -> int:
        """The size of the features of a tile."""
        sizes = self.sums.run(tile)
        assert sizes is not None
        return sizes[self.target]

    def clean(self, tile: int) -> tuple[int, int]:
        """Outputs of the features that no inner border of a tile changes: first, end."""
        sizes = self.sums.run(tile)
        assert sizes is not None
        first, end = {0: 0}, {0: tile}
        for index in self.needed[1:]:
            step = self.sums.steps[index]
            firsts = [first[source] for source in step.inputs]
            ends = [end[source] for source in step.inputs]
            if step.map is None:
                first[index], end[index] = max(firsts), min(ends)
                continue
            n = sizes[step.inputs[0]]
            if not mirrors_cleanly(step.map, firsts[0], ends[0], n):
                return 0, 0
            first[index] = clean_from(step.map, firsts[0], n)
            end[index] = clean_to(step.map, ends[0], n)
        return first[self.target], end[self.target]

    def step(self, tile: int) -> int:
        """The largest step of tiles of this size; 0 where none of them has an output of its own."""
        if not self._is_part(tile):
            return 0
        begin, end = self.clean(tile)
        return max(int((end - begin) / self.slope) // self.alignment * self.alignment, 0)

    def _is_part(self, tile: int) -> bool:
        """Whether the network takes the tile, and each tensor is a part of the whole's."""
        if tile < 1 or (self.whole - tile) % self.alignment or self.all.run(tile) is None:
            return False
        sizes = self.sums.run(tile)
        assert sizes is not None
        for index in self.needed:
            moved = (self.whole - tile) * self.sums.slopes[index]
            if self.sizes_of_whole[index] - sizes[index] != moved:
                return False
        return True

    def least(self) -> int:
        """The least tile that has outputs of its own; UsageError where there is none."""
        align = self.alignment
        rest = self.whole % align
        high = 1
        while not self.step(rest + high * align):
            high *= 2
            if high * align > _LARGEST:
                raise UsageError("tiles cannot reproduce the whole image: branches drift apart")
        # A larger tile keeps no fewer outputs, so that halving finds the first.
        low = 0
        while low < high:
            middle = (low + high) // 2
            if self.step(rest + middle * align):
                high = middle
            else:
                low = middle + 1
        return rest + low * align

    def checked_step(self, tile: int) -> int:
        step = self.step(tile) if tile <= self.whole else 0
        if not step:
            raise UsageError(
                f"tile: {tile} does not reproduce an image of {self.whole}; {self.least()} does, "
                f"and every {self.alignment} more"
            )
        return step

    def tiles(self, tile: int) -> list[Tile]:
        step = self.checked_step(tile)
        begin, end = self.clean(tile)
        last = self.whole - tile
        size = self.run(tile)
        starts = [*range(0, last, step), last]
        found: list[Tile] = []
        done = 0
        for start in starts:
            moved = int(start * self.slope)
            stop = size if start == last else end
            found.append(Tile(start, start + tile, done - moved, stop, done))
            done = moved + stop
        assert all(one.kept >= begin for one in found[1:])
        return found


def _needed(sums: Arithmetic, target: int) -> list[int]:
    """The nodes that lead to the target, in order."""
    needed = {target}
    for index in range(target, -1, -1):
        if index in needed:
            needed.update(sums.steps[index].inputs)
    return sorted(needed)
