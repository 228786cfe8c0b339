"""What options say of a space: a file's tables, one run of layers from flags, or a network.

Also the other way: the options that hold for a space and a query, as the JSON object shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.layers.layer import SAME
from rfsearch.request.options import ANSWER, BUDGET, OPTIONS, QUESTION, SPACE
from rfsearch.request.query import Query, ranges_text
from rfsearch.request.total_stride import NAME, SETTINGS, ends_text
from rfsearch.space.choices import ANY, LayerSlot
from rfsearch.space.slots import SLOT_DEFAULTS
from rfsearch.space.space import Space

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood

# Of the answer's options those that decide what is in it; how it is written is left out.
_SHAPING = ("rank_by", "top", "distinct", "front", "where")
_OF_LIKE = ("like", "changes")
_OF_SLOTS = ("never_falls", "never_grows")  # what networks like one do not keep


def set_aside(options: Mapping[str, Any]) -> list[str]:
    """The rules of a file's slots that are not kept, as the question is about networks like one."""
    return [name for name in _OF_SLOTS if options["like"] is not None and options[name]]


def space_of(
    options: Mapping[str, Any], said: frozenset[str], kind: type[Space] = Space
) -> Space | Neighbourhood:
    """The space that options ask about; `said` are those that do not stand at their default.

    With stages the choices of a layer hold where slots do not say, but only if they were said.
    Raises UsageError.
    """
    given = {
        name: options[name]
        for name, option in OPTIONS.items()
        if option.room == SPACE and options[name] is not None
    }
    stages = given.pop("stage", None)
    if "like" in given:
        from rfsearch.space.edits.space import Neighbourhood

        choices = {
            name: value
            for name, value in given.items()
            if name not in (*_OF_LIKE, *_OF_SLOTS, "depth") and name in said
        }
        changes = {name: given[name] for name in ("changes",) if name in given}
        return Neighbourhood(given["like"], **changes, stages=stages, **choices)
    if stages is None:
        return kind(**given)
    kept = {
        name: value
        for name, value in given.items()
        if name != "depth" and (name not in SLOT_DEFAULTS or name in said)
    }
    return kind(stages=stages, **kept)


def resolved(
    options: Mapping[str, Any], said: frozenset[str], space: Space | Neighbourhood, query: Query
) -> dict[str, Any]:
    """Every option that shapes the answer, as it was understood, in the forms of a TOML file.

    Of one run of layers every choice; with stages, or for the networks like one, what was said.
    """
    rooms = {name: option.room for name, option in OPTIONS.items()}
    shown = {
        name: options[name]
        for name in OPTIONS
        if (rooms[name] in (SPACE, QUESTION) and name in said and name not in set_aside(options))
        or rooms[name] == BUDGET
        or (rooms[name] == ANSWER and name in _SHAPING)
    }
    shown |= question_of(query)
    if space.slot is not None and options["stage"] is None:
        shown |= layers_of(space)
    known = {name: shown[name] for name in OPTIONS if shown.get(name) is not None}
    bounds = {name: value for name, value in options.items() if name not in OPTIONS}
    return known | {name: _bound(value) for name, value in bounds.items()}


def _bound(value: Any) -> Any:
    """A number as it is; `12ms` as text."""
    return value if isinstance(value, int | float) else str(value)


def question_of(query: Query) -> dict[str, Any]:
    """The question's own options, budgets aside, None where one is not asked."""
    inputs = [_number(text) for text in query.input_texts()]
    return {
        "input": inputs[0] if len(inputs) == 1 else inputs,
        "target_rf": _number(query.target_text()),
        "rounding": query.rounding,
        "output_size": _number(ranges_text(query.output_size)) if query.output_size else None,
        **dict.fromkeys(SETTINGS),
        NAME: _number(ends_text(query.jump)) if query.jump else None,
        **_bytes(query),
    }


def layers_of(space: Space) -> dict[str, Any]:
    """The choices of a space that is one run of layers."""
    assert space.slot is not None
    kind, depth = space.slot
    rules = dict(kind.turns)
    lists = {
        name: [str(rules[name])] if name in rules else [_text(v) for v in getattr(kind, name)]
        for name in ("op", "kernel", "stride", "dilation")
    }
    groups = {} if kind.groups == (1,) else {"groups": list(kind.groups)}
    return {
        **lists,
        **groups,
        "padding": _paddings(space, kind),
        "channels": str(kind.channels),
        "depth": list(depth),
        "input_channels": space.input_channels,
        "axes": space.axes,
        "norm": space.norm,
        "bias": space.bias,
        "allow_gaps": space.allow_gaps,
        "allow_holes": space.allow_holes,
        "allow_wide_padding": space.allow_wide_padding,
    }


def _paddings(space: Space, kind: LayerSlot) -> list[Any]:
    """The paddings that layers may have; every one of a list that none may have is left out."""
    if any(isinstance(one, str) and one not in (ANY, SAME) for one in kind.padding):
        return [_text(one) for one in kind.padding]
    used = {
        choice.items[0].padding  # type: ignore[union-attr]
        for choice in kind.choices(space.input_channels, space._setting(False), False)
    }
    numbers = sorted(one for one in used if isinstance(one, int))
    per_axis = sorted(str(one) for one in used if not isinstance(one, int | str))
    return [*numbers, *per_axis, *([SAME] if SAME in used else [])]


def _bytes(query: Query) -> dict[str, Any]:
    if query.weight_bytes == query.activation_bytes:
        return {"bytes_per_value": query.weight_bytes, "bytes": None}
    both = {"weight": query.weight_bytes, "activation": query.activation_bytes}
    return {"bytes_per_value": None, "bytes": both}


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _text(value: Any) -> Any:
    """A number an axis as it is written, `3x5`; others as they are."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else value
