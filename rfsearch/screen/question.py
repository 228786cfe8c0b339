"""The question in one line, and the line of counts under it."""

from __future__ import annotations

from rfsearch.answer import Answer
from rfsearch.cost import COSTS
from rfsearch.explain.wording import counted, target
from rfsearch.screen.figures import grouped, shown

_LAYERS = {"conv": "convolutions", "maxpool": "max pools", "avgpool": "average pools"}


def question_line(answer: Answer) -> str:
    """What was asked: depth, layers, input, RF, rounding, output size and budgets."""
    space, query = answer.space, answer.query
    low, high = space.depth
    depth = str(low) if low == high else f"{low}..{high}"
    layers = " and ".join(_LAYERS[op] for op in space.op)
    n = query.input
    text = f"Stacks of {depth} {layers} with RF {target(query)} on {n}×{n}×{space.input_channels}"
    text += f", {query.rounding} sizes"
    if query.output_size:
        small, large = query.output_size
        text += f", output {small}" if small == large else f", output {small}..{large}"
    for name, (least, most) in query.budgets.items():
        label = name.replace("_", " ")
        if least is not None:
            text += f", {label} ≥ {_amount(name, least)}"
        if most is not None:
            text += f", {label} ≤ {_amount(name, most)}"
    return text


def count_lines(answer: Answer) -> list[str]:
    """How many of how many match, in how many families, and by depth."""
    candidates = answer.space.candidates
    if answer.at_most is None:
        return [f"of {grouped(candidates)} stacks an unknown number match"]
    if answer.matches is None:
        least, most = grouped(answer.at_least or 0), grouped(answer.at_most)
        return [f"between {least} and {most} of {grouped(candidates)} stacks match"]
    line = f"{grouped(answer.matches)} of {grouped(candidates)} stacks match"
    if answer.matches:
        line += f" (1 in {grouped(max(candidates // answer.matches, 1))})"
    if answer.families:
        line += f", in {answer.families:,} {'family' if answer.families == 1 else 'families'}"
    depths = answer.by_depth or {}
    filled = [f"{depth}: {grouped(number)}" for depth, number in depths.items() if number]
    return [line, *([f"by depth  {'   '.join(filled)}"] if len(depths) > 1 and filled else [])]


def listed_line(answer: Answer) -> str | None:
    """What --where did to the list; None where it was not given."""
    if answer.results is None or answer.request["where"] is None:
        return None
    kept = len(answer.results)
    return (
        f"--where {answer.request['where']}: {kept} of the {counted(answer.listed, 'listed row')} "
        "kept; the counts are without it"
    )


def _amount(name: str, number: int) -> str:
    scale = COSTS[name].scale
    return shown(name, number if scale == 1 else number / scale)
