"""Why a staged space has few matches or none: what takes no part, and what forbids the target."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.closure import build
from rfsearch.automaton.spots import BODY, Spots
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.layer import Block, Item, Layer
from rfsearch.layers.notation.format import format_item
from rfsearch.request.staged_query import StagedQuery, range_text
from rfsearch.space.staged import StagedSpace
from rfsearch.why.reasons.wording import listed

MOST_NAMED = 12


def staged_why(automaton: Automaton) -> list[str]:
    """What stands in no match: inputs, and numbers of layers of the body; a line each."""
    spots: Spots = automaton.arcs.spots
    used = np.unique(spots.link[np.unique(automaton.arc)])
    lines = []
    query: StagedQuery = automaton.query
    inputs = {spots.links[number].input for number in used.tolist()}
    idle = [
        text
        for text, sizes in zip(query.input_texts(), query.inputs, strict=True)
        if sizes not in inputs
    ]
    if idle:
        lines.append(f"no match has input {listed(idle)}")
    every = _choices(spots, range(len(spots.links)))
    taken = _choices(spots, used.tolist())
    for name, values in every.items():
        never = sorted(values - taken.get(name, set()), key=str)
        if never and len(never) < len(values):
            shown = listed(never[:MOST_NAMED])
            more = f" and {len(never) - MOST_NAMED} more" if len(never) > MOST_NAMED else ""
            lines.append(f"no match has {name} {shown}{more}")
    return lines


def staged_reasons(space: StagedSpace, query: StagedQuery, memory_limit: int) -> list[str]:
    """Why nothing matches: which of sizes, target and budgets forbids it, with the nearest RFs."""
    without: MappingProxyType[str, tuple[int | None, int | None]] = MappingProxyType({})
    free = replace(query, target_rf=None, budgets=without, output_size=None)
    if not _any(space, free, memory_limit):
        return [
            f"no stack of the space has valid {query.rounding} sizes on input "
            f"{' or '.join(query.input_texts())}"
        ]
    lines = []
    if query.output_size is not None and not _any(
        space, replace(free, output_size=query.output_size), memory_limit
    ):
        wanted = "x".join(range_text(one) for one in query.output_size)
        lines.append(f"no stack ends at output size {wanted}")
    if query.target_rf is not None and not _any(
        space, replace(free, target_rf=query.target_rf), memory_limit
    ):
        lines.append(f"no stack has RF {query.target_text()}{_nearest(space, query, memory_limit)}")
    if not lines and query.budgets:
        lines.append(
            "there are stacks with these sizes and this RF, but none within the budgets on "
            + listed(name.replace("_", " ") for name in query.budgets)
        )
    return lines or ["each condition can be met, but no stack meets all of them together"]


def _any(space: StagedSpace, query: StagedQuery, memory_limit: int) -> bool:
    built = build(space, query, memory_limit, lambda stage, done: None)
    return built.transitions > 0


def _nearest(space: StagedSpace, query: StagedQuery, memory_limit: int) -> str:
    """The nearest RFs on either side that some stack of valid sizes has, of one axis."""
    from rfsearch.why.reasons.any_target import attainable

    assert query.target_rf is not None
    without: MappingProxyType[str, tuple[int | None, int | None]] = MappingProxyType({})
    try:
        known = attainable(space, replace(query, target_rf=None, budgets=without), memory_limit)
    except (LimitError, UsageError):
        return ""
    if not known or len(known[0]) != 1 or len(set(query.target_rf)) != 1:
        return ""
    low, high = query.target_rf[0]
    rfs = sorted(rf for (rf,) in known)
    below = [rf for rf in rfs if rf < low]
    above = [rf for rf in rfs if high is not None and rf > high]
    near = [*below[-1:], *above[:1]]
    return f"; the nearest that some has: {listed(near)}" if near else ""


def _choices(spots: Spots, links: object) -> dict[str, set[object]]:
    """{kernel, stride, …: values} over the layers and blocks of some links' items."""
    found: dict[str, set[object]] = {}
    for number in links:  # type: ignore[attr-defined]
        link = spots.links[number]
        if link.kind == BODY and len(link.stack) == 1:
            for name, value in _numbers(link.stack[0]):
                found.setdefault(name, set()).add(value)
    return found


def _numbers(item: Item) -> list[tuple[str, object]]:
    if isinstance(item, Block):
        return [("block", format_item(item))]
    assert isinstance(item, Layer)
    found: list[tuple[str, object]] = [("kernel", item.kernel), ("stride", item.stride)]
    if item.channels is not None:
        found.append(("channels", item.channels))
    return found
