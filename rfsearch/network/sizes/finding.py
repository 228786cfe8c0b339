"""Findings about input sizes: which work, where not all do; which let every stride divide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rfsearch.errors import LimitError
from rfsearch.network.sizes.axis_sizes import AxisSizes, axis_sizes

if TYPE_CHECKING:
    from rfsearch.network.network import Network


def size_findings(network: Network) -> Iterator[str]:
    """A line for each kind of axis and what is worth saying of its sizes."""
    lines: list[str] = []
    for axis, n in enumerate(network.input):
        try:
            # What a file or module does at other sizes is not known before it is read at them.
            sizes = axis_sizes(network.nodes, axis)
        except LimitError as error:
            lines.append(f"input sizes that work: {error}")
            continue
        if not network.has_weights:
            lines += _working(sizes, n)
        lines += _dividing(sizes, n)
    yield from dict.fromkeys(lines)


def _working(sizes: AxisSizes, n: int) -> Iterator[str]:
    """Where sizes that work are apart, as those of networks whose branches must agree."""
    works = sizes.works
    if works.period > 1 or not works.endless:
        near = ", ".join(map(str, works.below(n) + works.above(n)))
        yield f"input sizes that work: {works.rule}" + (f"; nearest to {n}: {near}" if near else "")


def _dividing(sizes: AxisSizes, n: int) -> Iterator[str]:
    """Where a stride does not divide: the nearest input sizes at which all do."""
    divides = sizes.divides
    if divides is None or n in divides:
        return
    near = divides.below(n, 2) + divides.above(n, 2)
    if near:
        shown = ", ".join(map(str, near))
        yield f"input sizes near {n} at which every stride divides: {shown} ({divides.rule})"
    else:
        yield "at no input size does every stride divide"
