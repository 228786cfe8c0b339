"""Inputs and choices that stand in no match, read off the finished automaton, in few words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rfsearch.automaton.plan import BODY, INPUT, Link
from rfsearch.layers.layer import Block, Item, Layer, Padding, layers_in, spread
from rfsearch.layers.notation.format import format_item
from rfsearch.layers.recurrence import CEIL, ROUNDINGS
from rfsearch.request.query import Query, size_text
from rfsearch.space.choices import OPS
from rfsearch.why.reasons.axis import axes_of
from rfsearch.why.reasons.residues import possible_strides
from rfsearch.why.reasons.windows import window_alone
from rfsearch.why.reasons.wording import counted, cut, listed

if TYPE_CHECKING:
    from rfsearch.question.found import Found
    from rfsearch.space.space import Space

MOST_EXAMPLES = 3
MOST_NAMED = 12  # values of one field
_NAMES = {letters: name for name, letters in OPS.items()}


def unused(space: Space, query: Query, found: Found) -> list[str]:
    """One line on the inputs and one on the layer choices of no match; none where all are used.

    Strides that the identity shuts out have their own line and are not repeated.
    """
    links = found.automaton.spots.links
    used = [links[number] for number in found._links_used().tolist()]
    lines = []
    inputs = {link.input for link in used if link.kind == INPUT}
    idle = [size_text(sizes) for sizes in query.inputs if sizes not in inputs]
    if idle and inputs:
        lines.append(f"no match has input {_named(idle)}")
    known = list(dict.fromkeys(_choices(links)))
    if not known:
        return lines
    taken = {*layers_in(item for link in used for item in link.stack), *_choices(used)}
    parts = [*_windows(space, query, known, taken), *_widths(space, query, known, taken)]
    blocks = [one for one in known if isinstance(one, Block) and one not in taken]
    parts += _such_as(blocks, "block")
    return [*lines, f"in no match: {'; '.join(parts)}"] if parts else lines


def _choices(links: Iterable[Link]) -> Iterator[Item]:
    """What single steps of the body, or of a stem of one item, may be."""
    return (link.stack[0] for link in links if link.kind == BODY and len(link.stack) == 1)


def _windows(
    space: Space, query: Query, choices: list[Item], taken: Collection[Item]
) -> Iterator[str]:
    """Values of a window's fields that stand in no match, then windows that remain."""
    allowed = [(number, possible_strides(axis)) for _, number, axis in axes_of(space, query)]

    def shut(window: Layer) -> bool:
        return any(spread(window.stride, space.axes)[n] not in some for n, some in allowed)

    windows = dict.fromkeys(window_alone(one) for one in choices if isinstance(one, Layer))
    known = [window for window in windows if not shut(window)]
    used = {window_alone(one) for one in taken if isinstance(one, Layer)}
    left = set(known) - used
    for field in ("op", "stride", "kernel", "dilation", "padding"):
        values = {getattr(window, field) for window in left}
        values -= {getattr(window, field) for window in used}
        values -= {getattr(window, field) for window in known if window not in left}
        gone = {window for window in left if getattr(window, field) in values}
        if values:
            shown = [_shown(field, value) for value in sorted(values, key=_order)]
            yield f"{field} {_named(shown)}"
        left -= gone
        known = [window for window in known if window not in gone]
    yield from _such_as(left, "layer")


def _widths(
    space: Space, query: Query, choices: list[Item], taken: Collection[Item]
) -> Iterator[str]:
    """Channels and groups in no match, where a layer may choose among several."""
    for field in ("channels", "groups"):
        some = {getattr(one, field) for one in choices if isinstance(one, Layer) and one.op == "C"}
        some -= {getattr(one, field) for one in taken if isinstance(one, Layer)}
        if some and _is_free(space, query, field):
            yield f"{field} {_named(sorted(some))}"


def _is_free(space: Space, query: Query, field: str) -> bool:
    """Whether at some place layers differ in this field alone."""
    control = space._control(ROUNDINGS[query.rounding] == CEIL, loops=space.slot is not None)
    for arcs in control.arcs:
        layers = (item for item, _ in arcs if isinstance(item, Layer))
        for _, alike in groupby(layers, key=window_alone):
            if len({getattr(one, field) for one in alike}) > 1:
                return True
    return False


def _such_as(choices: Iterable[Item], noun: str) -> list[str]:
    """How many choices remain, and the first of them."""
    items = sorted(choices, key=lambda one: one.order)
    if not items:
        return []
    examples = listed(cut(format_item(one)) for one in items[:MOST_EXAMPLES])
    lead = f", such as {examples}" if len(items) > MOST_EXAMPLES else f": {examples}"
    return [f"{counted(len(items), 'choice')} of a {noun}{lead}"]


def _named(values: list[Any]) -> str:
    """The values, the last of a long list counted only."""
    more = len(values) - MOST_NAMED
    return listed(values if more < 1 else [*values[:MOST_NAMED], f"{more} more"])


def _order(value: Any) -> tuple[Any, ...]:
    """Numbers as numbers, then words."""
    if isinstance(value, str):
        return (1, list(_NAMES).index(value) if value in _NAMES else len(_NAMES))
    return (0, value if isinstance(value, tuple) else (value,))


def _shown(field: str, value: Any) -> str:
    if field == "op":
        return str(_NAMES.get(value, value))  # gates stand in blocks alone, by their letters
    if field == "padding":
        return _padding(value)
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _padding(padding: Padding) -> str:
    """A number, `same`, or the sides as the notation writes them."""
    if isinstance(padding, (int, str)):
        return str(padding)
    return format_item(Layer("MP", 2, padding=padding)).removeprefix("MP2P")
