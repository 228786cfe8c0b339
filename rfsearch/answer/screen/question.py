"""The question in one line, and the line of counts under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.answer.answer import Answer
from rfsearch.answer.answer import candidates as candidates_of
from rfsearch.answer.screen.figures import grouped, shown
from rfsearch.request.query import Query, ranges_text, scales
from rfsearch.request.total_stride import ends_text
from rfsearch.space.space import Space
from rfsearch.why.reasons.wording import counted

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood

_LAYERS = {
    "conv": "convolutions",
    "depthwise": "depthwise convolutions",
    "maxpool": "max pools",
    "avgpool": "average pools",
    "transposed": "transposed convolutions",
    "upsample": "resizes",
    "upsample_linear": "linear resizes",
}


def question_line(answer: Answer) -> str:
    """What was asked: what is built, RF, input, rounding, output size and budgets."""
    space, query = answer.space, answer.query
    asked = _asked(query, space.input_channels)
    return _built(space) + asked + _budgets(query, scales(space.axes, query.charges))


def _built(space: Space | Neighbourhood) -> str:
    """The networks searched among: like one, one run of layers, or stages between their ends."""
    if space.reference is not None:
        return f"Networks within {counted(space.changes, 'change')} of {space.reference}"
    if space.slot is not None:
        kind, (low, high) = space.slot
        layers = " and ".join(_LAYERS[op] for op in kind.op)
        if low == high == 1 and len(kind.op) == 1:
            layers = layers.removesuffix("s")
        return f"Stacks of {low if low == high else f'{low}..{high}'} {layers}"
    ends = [f"{name} {text}" for name, text in (("stem", space.stem), ("head", space.head)) if text]
    beside = f" ({', '.join(ends)})" if ends else ""
    return f"Stacks of {counted(len(space.stages), 'stage')}{beside}"


def _asked(query: Query, channels: int) -> str:
    """RF, inputs, rounding, output size and jump."""
    inputs = " or ".join("×".join([*map(str, sizes), str(channels)]) for sizes in query.inputs)
    rf = "any RF" if query.target_rf is None else f"RF {query.target_text()}"
    text = f" with {rf} on {inputs}"
    text += f", {query.rounding} sizes"
    if query.output_size is not None:
        text += f", output {ranges_text(query.output_size)}"
    if query.jump is not None:
        text += f", jump {ends_text(query.jump)}"
    return text


def _budgets(query: Query, scale: dict[str, int]) -> str:
    text = ""
    for name, (least, most) in query.budgets.items():
        label = name.replace("_", " ")
        for sign, bound in (("≥", least), ("≤", most)):
            if bound is not None:
                amount = bound if scale[name] == 1 else bound / scale[name]
                text += f", {label} {sign} {shown(name, amount, query.costs)}"
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
