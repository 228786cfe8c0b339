"""What options say of a staged space: the tables of a file, or one slot made from the flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.request.staged_query import StagedQuery
from rfsearch.space.edits.space import LikeSpace
from rfsearch.space.staged import SLOT_DEFAULTS, StagedSpace

_OF_SLOTS = tuple(name for name in SLOT_DEFAULTS if name != "groups")
_OWN = ("input_channels", "allow_gaps", "allow_wide_padding")


def staged_space(
    plain: Mapping[str, Any], staged: Mapping[str, Any], said: frozenset[str]
) -> StagedSpace:
    """The space of a request; `plain` are its options of a Space, `staged` those of stages alone.

    Without stages the stack is one slot, repeated as deep as asked. Raises UsageError.
    """
    fields = {name: plain[name] for name in _OWN if name in plain}
    fields |= {name: value for name, value in staged.items() if name not in ("stage", "block")}
    if "stage" in staged:
        defaults = {name: plain[name] for name in _OF_SLOTS if name in said and name in plain}
        return StagedSpace(staged["stage"], staged.get("block"), defaults=defaults, **fields)
    if "block" in staged:
        raise UsageError("block: blocks stand in slots, and there is no [[stage]]")
    slot = {name: plain[name] for name in _OF_SLOTS if name in plain}
    slot.setdefault("padding", "any")
    return StagedSpace([slot | {"repeat": plain["depth"]}], **fields)


def like_space(
    plain: Mapping[str, Any], staged: Mapping[str, Any], said: frozenset[str]
) -> LikeSpace:
    """The neighbourhood of a request; the options as for `staged_space`. Raises UsageError."""
    for name in ("never_falls", "never_grows"):
        if name in staged:
            raise UsageError(f"{name}: not asked of the networks like one")
    choices = {name: value for name, value in plain.items() if name in said and name != "depth"}
    choices |= {name: value for name, value in staged.items() if name != "stage"}
    return LikeSpace(stages=staged.get("stage"), **choices)


def resolved(
    options: Mapping[str, Any], said: frozenset[str], query: StagedQuery
) -> dict[str, Any]:
    """What was said, and the question as it was understood, in the forms of a TOML file."""
    inputs = query.input_texts()
    numbers = [int(text) if text.isdigit() else text for text in inputs]
    return {
        **{name: options[name] for name in said},
        "input": numbers[0] if len(numbers) == 1 else numbers,
        "target_rf": query.target_text(),
        "rounding": query.rounding,
        "bytes": {"weight": query.weight_bytes, "activation": query.activation_bytes},
    }
