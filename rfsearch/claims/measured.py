"""What a framework tells of a network that it has built, and the same in the words of a claim."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from rfsearch.claims.viewpoint import NOTHING, Viewpoint
from rfsearch.export.plan import Plan
from rfsearch.network.field import Box
from rfsearch.network.figures import agreed, half, whole


@dataclass(frozen=True)
class Built:
    """The whole network at its real widths: output shape (channels, axes…), params, MACs.

    inferred    the shape as the framework infers it, without weights
    ran         the shape as it was when run with weights; None where it was not run
    """

    inferred: tuple[int, ...]
    params: int
    macs: int
    ran: tuple[int, ...] | None = None


class Framework(Protocol):
    """Builds and measures; one module a framework."""

    def build(self, plan: Plan, run: bool) -> Built:
        """The whole network of a plan."""

    def feature_sizes(self, thin: Plan) -> tuple[int, ...]:
        """Size of the described output of the one-channel copy, as it runs."""

    def boxes(self, thin: Plan, view: Viewpoint) -> list[Box]:
        """(first, last) pixel along the axis that reaches each output of the viewpoint."""


def figures(
    built: Built, sizes: tuple[int, ...], views: list[Viewpoint], boxes: list[list[Box]]
) -> dict[str, Any]:
    """The measured figures under their column names, one value where the axes agree."""
    rf, jump, start, end = [], [], [], []
    for view, found in zip(views, boxes, strict=True):
        shift = found[-1][0] - found[view.phase][0]
        rf.append(max(last - first + 1 for first, last in found))
        jump.append(Fraction(shift, view.period))
        # The first output's box: one with the same phase, moved back.
        back = shift * (view.outputs[0] // view.period)
        first, last = found[0] if found[0] != NOTHING else (back, back)
        start.append(first - back)
        end.append(last - back)
    return {
        "output_size": agreed(list(sizes)),
        "params": built.params,
        "macs": built.macs,
        "rf": agreed(rf),
        "jump": agreed([whole(one) for one in jump]),
        "centre": agreed([half(a + b) for a, b in zip(start, end, strict=True)]),
        "padding_total": agreed([-a for a in start]),
    }
