"""The copy of one channel on which receptive fields are measured.

Which pixels reach an output does not depend on the widths, so every layer has one channel in and
one out; weights are positive, so that nothing cancels. What would hide a pixel is replaced:

- a maximum passes the gradient of one pixel of its window only, and on an input of zeros answers
  to positive changes alone: an average, with the same window, takes its place;
- an activation function may be 0 where the pixel matters, and a norm may divide by it: left out;
- a product with a branch that is still 0 is 0: products become sums, and so do concatenations;
- a gate lets every output see everything, beyond the receptive field: left out, which is a gate
  held at a constant, and so are the head and branches that merge all positions.
"""

from __future__ import annotations

from dataclasses import replace

from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Part, Plan


def thin(plan: Plan, axis: int) -> Plan:
    """The plan of one channel, to look along `axis`; every output ends before its head.

    A branch may act as a gate on one axis and as a path on another, where its sizes are 1 on the
    first alone: so each axis has a copy of its own.
    """
    parts = _all(plan.parts, axis)
    return replace(plan, channels=1, parts=parts, activation="")


def _all(parts: tuple[Part, ...], axis: int) -> tuple[Part, ...]:
    return tuple(made for part in parts for made in _thin(part, axis))


def _thin(part: Part, axis: int) -> tuple[Part, ...]:
    """What stands for a part in the copy; nothing for what the copy leaves out."""
    if isinstance(part, Aside):
        return (replace(part, branch=_all(part.branch, axis), adds=False),)
    if isinstance(part, Collect):
        # Heads are not summed: the first of them says where the features are.
        join = "" if part.figures.after_head else "+"
        return (replace(part, join=join, activation=""),)
    if isinstance(part, Branching):
        return _branching(part, axis)
    if isinstance(part, Gate) or part.figures.after_head or part.op in ("BN", "LN", "SCALE"):
        return ()
    return (_operation(part),)


def _branching(part: Branching, axis: int) -> tuple[Part, ...]:
    if part.figures.after_head:
        first = _all(part.branches[0], axis)
        return tuple(replace(one, name=f"{part.name}_{one.name}") for one in first)
    branches = tuple(
        _all(branch, axis)
        for branch, gates in zip(part.branches, part.gates, strict=True)
        if not gates[axis]
    )
    join = "+" if len(branches) > 1 else ""
    return (replace(part, join=join, branches=branches, activation="", residual=False),)


def _operation(operation: Operation) -> Operation:
    op = {"MP": "AP", "DW": "C"}.get(operation.op, operation.op)
    return replace(
        operation,
        op=op,
        channels_in=1,
        channels=1,
        groups=1,
        norm="",
        bias=False,
        activation="",
    )
