"""Sizes of a network that was read from a file or module, which may change with its input.

What a source says of one input size need not hold at another: a resize goes to the size of a skip,
a crop is worked out from a shape, a pool to 7×7 is no row where 7×7 come in. So the source is read
at some other sizes; layers that differ between readings are written as what they follow; and
the rule is given only where every reading is as it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rfsearch.errors import RfsearchError, UsageError
from rfsearch.network.axis import Adaptive
from rfsearch.network.graph import Graph
from rfsearch.network.node import Node
from rfsearch.network.sizes.arithmetic import Arithmetic, Step, arithmetic, steps_of
from rfsearch.network.sizes.axis_sizes import AxisSizes, sizes_by

# Reads the source anew on an input of these sizes; UsageError where it cannot be.
Again = Callable[[tuple[int, ...]], Graph]


def read_sizes(nodes: Sequence[Node], axis: int, again: Again) -> AxisSizes:
    """The sizes along an axis, `read_at` those at which the source was read anew.

    UsageError where readings contradict each other and no rule covers them.
    """
    given = nodes[0].sizes
    readings: dict[int, Sequence[Node] | None] = {given[axis]: nodes}

    def read(n: int) -> None:
        if n > 0 and n not in readings:
            readings[n] = _read(again, (*given[:axis], n, *given[axis + 1 :]))

    n, period = given[axis], arithmetic(nodes, axis).period
    for other in (n - 1, n + 1, n + period, n + 2 * period, n - period):
        read(other)
    sizes = _agreeing(axis, readings)
    for other in sizes.nearest(n):
        read(other)
    sizes = _agreeing(axis, readings)
    if _is_as_read(sizes, readings):
        return replace(sizes, read_at=tuple(sorted(readings)))
    worked = ", ".join(str(one) for one, found in sorted(readings.items()) if found)
    raise UsageError(
        f"its layers change with the input's size in a way that has no rule; read at {worked}"
    )


def changes_at(nodes: Sequence[Node], axis: int, n: int, again: Again) -> int | None:
    """The first node that is another where the input has n pixels along the axis; None: none is.

    A source that cannot be read there changes as a whole: node 0.
    """
    given = nodes[0].sizes
    other = _read(again, (*given[:axis], n, *given[axis + 1 :]))
    if other is None or _shape(other) != _shape(nodes):
        return 0
    ways = zip(steps_of(nodes, axis), steps_of(other, axis), strict=True)
    return next((index for index, (one, two) in enumerate(ways) if one != two), None)


def _read(again: Again, sizes: tuple[int, ...]) -> Sequence[Node] | None:
    try:
        return again(sizes).finish()
    except RfsearchError:
        return None


def _is_as_read(sizes: AxisSizes, readings: dict[int, Sequence[Node] | None]) -> bool:
    return all((n in sizes.works) == (found is not None) for n, found in readings.items())


def _agreeing(axis: int, readings: dict[int, Sequence[Node] | None]) -> AxisSizes:
    """The rule of readings that have the same layers, the first that all readings bear out.

    A layer may be absent at some sizes, a pool to 7×7 where 7×7 come in; then other readings tell.
    """
    alike: dict[tuple[object, ...], list[Sequence[Node]]] = {}
    for found in readings.values():
        if found is not None:
            alike.setdefault(_shape(found), []).append(found)
    groups = sorted(alike.values(), key=len, reverse=True)
    rules = [sizes_by(_followed(group, axis)) for group in groups]
    return next((rule for rule in rules if _is_as_read(rule, readings)), rules[0])


def _shape(nodes: Sequence[Node]) -> tuple[object, ...]:
    """Which nodes read which."""
    return tuple((node.op, node.inputs) for node in nodes)


def _followed(readings: list[Sequence[Node]], axis: int) -> Arithmetic:
    """The arithmetic of several readings: what differs is as large as what it follows."""
    variants = [steps_of(nodes, axis, fixed=True) for nodes in readings]
    steps: list[Step] = []
    for index, ways in enumerate(zip(*variants, strict=True)):
        if all(way == ways[0] for way in ways):
            steps.append(ways[0])
            continue
        made = [nodes[index].sizes[axis] for nodes in readings]
        steps.append(_following(readings, axis, index, made) or ways[0])
    return Arithmetic(steps)


def _following(
    readings: list[Sequence[Node]], axis: int, index: int, made: list[int]
) -> Step | None:
    """A step as large as some node before it, or of one size; None where neither holds."""
    first = readings[0][index].inputs[:1]
    if len(set(made)) == 1:
        return Step(first, Adaptive(made[0]))
    for node in range(index):
        if [nodes[node].sizes[axis] for nodes in readings] == made:
            return Step((node,))
    return None
