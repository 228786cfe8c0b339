"""The copy of one channel on which receptive fields are measured.

Which pixels reach an output does not depend on the widths, so every layer has one channel in and
one out; weights are positive, so that nothing cancels. What would hide a pixel is replaced:

- a maximum passes the gradient of one pixel of its window only, and on an input of zeros answers
  to positive changes alone: an average, with the same window, takes its place;
- an activation function may be 0 where the pixel matters, and a norm may divide by it: left out;
- a product with a branch that is still 0 is 0: products become sums, and so do concatenations;
- a gate lets every output see everything, beyond the receptive field: left out, and so are
  branches that merge all positions, and the head.
"""

from __future__ import annotations

from dataclasses import replace

from rfsearch.export.plan import (
    Aside,
    Collect,
    Gate,
    Operation,
    Part,
    Plan,
    before_head,
    merges,
)


def thin(plan: Plan) -> Plan:
    """The plan of one channel up to the head; its output is the last tensor before the head."""
    parts = _thin_all(before_head(plan.parts))
    return replace(plan, channels=1, parts=parts, activation="", asides=0)


def _thin_all(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    thinned = (_thin(part) for part in parts)
    return tuple(part for part in thinned if part is not None)


def _thin(part: Part) -> Part | None:
    """None for what the copy leaves out."""
    if isinstance(part, Operation):
        return _thin_operation(part)
    if isinstance(part, Gate):
        return None
    if isinstance(part, Aside):
        return replace(part, branch=_thin_all(part.branch))
    if isinstance(part, Collect):
        return replace(part, join="+", activation="")
    kept = [branch for branch in part.branches if not any(map(merges, branch))]
    branches = tuple(_thin_all(branch) for branch in kept)
    join = "+" if len(branches) > 1 else ""
    return replace(part, join=join, branches=branches, activation="", residual=False)


def _thin_operation(operation: Operation) -> Operation | None:
    if operation.op in ("BN", "LN", "SCALE"):
        return None
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
