"""What an error about sizes says besides: the nearest input sizes that work, and their rule."""

from __future__ import annotations

from collections.abc import Callable

from rfsearch.errors import RfsearchError
from rfsearch.network.graph import Graph
from rfsearch.network.sizes.axis_sizes import AxisSizes, axis_sizes


def size_hint(made: Callable[[], Graph], sizes: tuple[int, ...], fixed: bool = False) -> str:
    """`; nearest input sizes that work: 556, 572 (16 n + 60 from 188 on)`; "" where none is known.

    `made` gives a graph of the network, at these sizes or others; `fixed` as in `axis_sizes`.
    """
    try:
        graph = made()
        found = [axis_sizes(graph.finish(), axis, fixed) for axis in range(graph.axes)]
    except RfsearchError:
        return ""
    wrong = [(n, one) for n, one in zip(sizes, found, strict=True) if n not in one.works]
    return f"; {'; '.join(_said(dict(wrong), len(sizes)))}" if wrong else ""


def _said(wrong: dict[int, AxisSizes], axes: int) -> list[str]:
    """A part for each wrong size: what works near it, and by which rule."""
    parts: list[str] = []
    for n, sizes in wrong.items():
        near = sizes.nearest(n)
        of = f" for {n}" if axes > 1 and len(wrong) > 1 else ""
        if not near:
            parts.append(f"no input size works{of}")
            continue
        first = "least" if near[0] == sizes.least and near[0] > n else "nearest"
        works = "sizes that work" if len(near) > 1 else "size that works"
        parts.append(f"{first} input {works}{of}: {', '.join(map(str, near))} ({sizes.rule})")
    return parts
