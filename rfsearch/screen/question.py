"""The question in one line, and the line of counts under it."""

from __future__ import annotations

from rfsearch.answer import Answer
from rfsearch.answer import candidates as candidates_of
from rfsearch.cost import COSTS
from rfsearch.explain.wording import counted, target
from rfsearch.query import Query
from rfsearch.screen.figures import grouped, shown
from rfsearch.space import Space
from rfsearch.stages.query import StagedQuery, range_text, scales
from rfsearch.stages.space import StagedSpace

_LAYERS = {"conv": "convolutions", "maxpool": "max pools", "avgpool": "average pools"}


def question_line(answer: Answer) -> str:
    """What was asked: depth, layers, input, RF, rounding, output size and budgets."""
    space, query = answer.space, answer.query
    if isinstance(query, StagedQuery):
        assert isinstance(space, StagedSpace)
        return _staged_line(space, query)
    assert isinstance(space, Space)
    low, high = space.depth
    depth = str(low) if low == high else f"{low}..{high}"
    layers = " and ".join(_LAYERS[op] for op in space.op)
    n = query.input
    text = f"Stacks of {depth} {layers} with RF {target(query)} on {n}×{n}×{space.input_channels}"
    text += f", {query.rounding} sizes"
    if query.output_size:
        small, large = query.output_size
        text += f", output {small}" if small == large else f", output {small}..{large}"
    return text + _budgets(query, {})


def _staged_line(space: StagedSpace, query: StagedQuery) -> str:
    """The same of a staged space: its stages, inputs, and the target of each axis."""
    inputs = " or ".join(query.input_texts())
    number = len(space.stages)
    what = f"Stacks of {number} {'stage' if number == 1 else 'stages'}"
    if space.stem or space.head:
        ends = [
            f"{name} {text}" for name, text in (("stem", space.stem), ("head", space.head)) if text
        ]
        what += f" ({', '.join(ends)})"
    rf = "any RF" if query.target_rf is None else f"RF {query.target_text()}"
    text = f"{what} with {rf} on {inputs} × {space.input_channels} channels"
    text += f", {query.rounding} sizes"
    if query.output_size is not None:
        ranges = [range_text(one) for one in query.output_size]
        text += f", output {ranges[0] if len(set(ranges)) == 1 else 'x'.join(ranges)}"
    return text + _budgets(query, scales(space.axes))


def _budgets(query: Query | StagedQuery, scale: dict[str, int]) -> str:
    text = ""
    for name, (least, most) in query.budgets.items():
        label = name.replace("_", " ")
        if least is not None:
            text += f", {label} ≥ {_amount(name, least, scale)}"
        if most is not None:
            text += f", {label} ≤ {_amount(name, most, scale)}"
    return text


def count_lines(answer: Answer) -> list[str]:
    """How many of how many match, in how many families, and by depth."""
    candidates = candidates_of(answer)
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


def _amount(name: str, number: int, scales: dict[str, int]) -> str:
    scale = scales.get(name, COSTS[name].scale)
    return shown(name, number if scale == 1 else number / scale)
