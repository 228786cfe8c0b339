"""What a generated file says of its network: title, notation, and a line for each layer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Part, Plan
from rfsearch.layers.notation.format import format_item

EXPLANATION = (
    "Comments give the size after a layer, its receptive field (RF) and jump, in input pixels."
)
PATCHES = "Patches, P…(…), are an order of execution: here every layer makes its whole map."


def heading(plan: Plan) -> str:
    """The file's docstring, without its quotes."""
    patches = f"\n{PATCHES}" if plan.in_patches else ""
    return f"{title(plan)}\n\n{folded(plan.notation)}\n\n{EXPLANATION}{patches}\n"


def title(plan: Plan) -> str:
    """`Input 227×227×3, features 2×2, RF 224, jump 27, 256 channels.`"""
    features = plan.features
    sizes = "×".join(map(str, (*plan.sizes, plan.channels)))
    return f"Input {sizes}, features {features.note}, {features.channels} channels."


def folded(notation: str, width: int = 84) -> str:
    """The notation over several lines, cut after the signs between its layers."""
    lines, line = [], ""
    for piece in re.split(r"(?<=[-|+*])", notation):
        if line and len(line) + len(piece) > width:
            lines.append(line)
            line = ""
        line += piece
    return "\n".join([*lines, line])


def shortened(text: str, width: int = 72) -> str:
    """The text, or its beginning."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def of_part(part: Part) -> list[str]:
    """The lines above a part; a block's tell of its layers too."""
    if isinstance(part, Aside | Collect):
        return []
    if isinstance(part, Operation | Gate):
        return [f"{shortened(format_item(part.layer))}: {part.figures.note}"]
    inner = [line for branch in part.branches for line in _inner(branch, "")]
    return [of_block(part), *inner]


def of_block(part: Branching) -> str:
    """The line of a block alone."""
    return f"{shortened(format_item(part.block))}: {part.figures.note}"


def _inner(parts: Sequence[Part], prefix: str) -> list[str]:
    """A line for each layer of a block."""
    lines: list[str] = []
    for part in parts:
        name = prefix + part.name
        if isinstance(part, Operation | Gate):
            lines.append(f"  {name}, {shortened(format_item(part.layer))}: {part.figures.note}")
        elif isinstance(part, Aside):
            lines += _inner(part.branch, f"{name}_")
        elif isinstance(part, Branching):
            for branch in part.branches:
                lines += _inner(branch, f"{name}.")
    return lines
