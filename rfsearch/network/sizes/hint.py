"""What an error about sizes says besides: the nearest input sizes that work, and their rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rfsearch.errors import RfsearchError, SizeError, UsageError
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.sizes.axis_sizes import AxisSizes, axis_sizes

# Strides of most networks; then what their inputs usually are.
_USUAL_STEPS = (32, 64, 128, 224, 256, 512)


def size_hint(made: Callable[[], Graph], sizes: tuple[int, ...], fixed: bool = False) -> str:
    """`; nearest input sizes that work: 556, 572 (16 n + 60 from 188 on)`; "" where none is known.

    `made` gives a graph of the network, at these sizes or others; `fixed` as in `axis_sizes`.
    """
    try:
        graph = made()
        nodes = graph.finish()
        found = [axis_sizes(nodes, axis, fixed) for axis in range(graph.axes)]
    except RfsearchError:
        return ""
    wrong = [(n, one) for n, one in zip(sizes, found, strict=True) if n not in one.works]
    return f"; {'; '.join(_said(dict(wrong), len(sizes)))}" if wrong else ""


def with_size_that_works(
    error: UsageError, given: InputSize, again: Callable[[InputSize], Graph], own: bool = False
) -> UsageError:
    """The error of reading a source at `given`, with sizes at which it can be read, if any.

    `again` reads the source at other sizes; `own`: it has a size of its own, to be tried first.
    """
    graph = _readable(given, again, own)
    if graph is None:
        return error
    sizes = input_sizes(given, graph.axes)
    works = "×".join(map(str, graph.nodes[0].sizes))
    hint = f"; it can be read at {works}"
    if said := size_hint(lambda: graph, sizes, fixed=True):
        near = [_nearest(graph, axis, n) for axis, n in enumerate(sizes)]
        if all(_reads(again, tuple(one)) for one in zip(*near, strict=False)):
            hint = said
    return SizeError(f"{error}{hint}")


def _nearest(graph: Graph, axis: int, n: int) -> list[int]:
    """The nearest sizes that work along an axis; n itself, where it does."""
    works = axis_sizes(graph.nodes, axis, fixed=True)
    return [n, n] if n in works.works else works.nearest(n)


def _readable(given: InputSize, again: Callable[[InputSize], Graph], own: bool) -> Graph | None:
    """The source at the first of some usual sizes at which it can be read."""
    if own and (graph := _reads(again, None)):  # type: ignore[arg-type]
        return graph
    if not isinstance(given, int):
        given = input_sizes(given)
    for step in _USUAL_STEPS:
        size = _rounded(given, step)
        if size != given and (graph := _reads(again, size)):
            return graph
    return None


def _rounded(given: int | Sequence[int], step: int) -> InputSize:
    """Every size up to the next multiple of `step`."""
    if isinstance(given, int):
        return -(-given // step) * step
    return tuple(-(-n // step) * step for n in given)


def _reads(again: Callable[[InputSize], Graph], sizes: InputSize) -> Graph | None:
    try:
        return again(sizes)
    except RfsearchError:
        return None


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
