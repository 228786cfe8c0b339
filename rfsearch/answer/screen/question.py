"""The question in one line, and the line of counts under it."""

from __future__ import annotations

from rfsearch.answer.answer import Answer
from rfsearch.answer.answer import candidates as candidates_of
from rfsearch.answer.screen.figures import grouped, shown
from rfsearch.layers.cost import RANKED
from rfsearch.request.query import Query
from rfsearch.request.staged_query import StagedQuery, range_text, scales
from rfsearch.space.edits.space import LikeSpace
from rfsearch.space.plain import Space
from rfsearch.space.staged import StagedSpace
from rfsearch.why.reasons.wording import counted, target

_LAYERS = {"conv": "convolutions", "maxpool": "max pools", "avgpool": "average pools"}


def question_line(answer: Answer) -> str:
    """What was asked: depth, layers, input, RF, rounding, output size and budgets."""
    space, query = answer.space, answer.query
    if isinstance(query, StagedQuery):
        if isinstance(space, LikeSpace):
            return _like_line(space, query)
        assert isinstance(space, StagedSpace)
        return _staged_line(space, query)
    assert isinstance(space, Space)
    low, high = space.depth
    depth = str(low) if low == high else f"{low}..{high}"
    layers = " and ".join(_LAYERS[op] for op in space.op)
    if depth == "1" and len(space.op) == 1:
        layers = layers.removesuffix("s")
    n = query.input
    text = f"Stacks of {depth} {layers} with RF {target(query)} on {n}×{n}×{space.input_channels}"
    text += f", {query.rounding} sizes"
    if query.output_size:
        small, large = query.output_size
        text += f", output {small}" if small == large else f", output {small}..{large}"
    return text + _budgets(query, {})


def _staged_line(space: StagedSpace, query: StagedQuery) -> str:
    """The same of a staged space: its stages, inputs, and the target of each axis."""
    number = len(space.stages)
    what = f"Stacks of {number} {'stage' if number == 1 else 'stages'}"
    if space.stem or space.head:
        ends = [
            f"{name} {text}" for name, text in (("stem", space.stem), ("head", space.head)) if text
        ]
        what += f" ({', '.join(ends)})"
    return what + _asked(query, space.input_channels) + _budgets(query, scales(space.axes))


def _like_line(space: LikeSpace, query: StagedQuery) -> str:
    """The same of the networks like one."""
    number = f"{space.changes} {'change' if space.changes == 1 else 'changes'}"
    what = f"Networks within {number} of {space.mine.name}"
    return what + _asked(query, space.input_channels) + _budgets(query, scales(space.axes))


def _asked(query: StagedQuery, channels: int) -> str:
    """RF, inputs, rounding and output size."""
    inputs = " or ".join(query.input_texts())
    rf = "any RF" if query.target_rf is None else f"RF {query.target_text()}"
    text = f" with {rf} on {inputs} × {channels} channels"
    text += f", {query.rounding} sizes"
    if query.output_size is not None:
        ranges = [range_text(one) for one in query.output_size]
        text += f", output {ranges[0] if len(set(ranges)) == 1 else 'x'.join(ranges)}"
    return text


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
    if answer.at_most is None and answer.at_least:
        return [f"at least {grouped(answer.at_least)} of {grouped(candidates)} stacks match"]
    if answer.at_most is None:
        return [f"of {grouped(candidates)} stacks an unknown number match"]
    if answer.matches is None:
        least, most = grouped(answer.at_least or 0), grouped(answer.at_most)
        return [f"between {least} and {most} of {grouped(candidates)} stacks match"]
    line = f"{grouped(answer.matches)} of {grouped(candidates)} stacks match"
    if answer.matches and candidates >= 2 * answer.matches:
        line += f" (1 in {grouped(candidates // answer.matches)})"
    if answer.families:
        line += f", in {answer.families:,} {'family' if answer.families == 1 else 'families'}"
    lines = [line]
    for what, counts in (("changes", answer.by_changes), ("depth", answer.by_depth)):
        filled = [f"{n}: {grouped(number)}" for n, number in (counts or {}).items() if number]
        if filled and len(counts or {}) > (what == "depth"):
            lines.append(f"by {what}  {'   '.join(filled)}")
    return lines


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
    scale = scales.get(name, RANKED[name].scale)
    return shown(name, number if scale == 1 else number / scale)
