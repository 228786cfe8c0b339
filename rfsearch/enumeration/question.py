"""The question of a dataset as its manifest holds it: the keys and values of a config file.

From these alone any worker, anywhere, builds the same automaton and so numbers the same matches.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import scale_of
from rfsearch.request.asked import layers_of, question_of
from rfsearch.request.options import ANSWER, OPTIONS
from rfsearch.request.request import Request

if TYPE_CHECKING:
    from rfsearch.question.found import Found

Told = dict[str, Any]


def told(request: Request) -> Told:
    """What shapes the matches and their order, resolved, as JSON holds it. Raises UsageError."""
    space = request.space()
    resolved = request.resolved(space, request.query(space))
    kept = {name: value for name, value in resolved.items() if OPTIONS[name].room != ANSWER}
    # Open ends and exact fractions are text in a file too.
    answer: Told = json.loads(json.dumps(kept, default=_text))
    return answer


def told_of(found: Found) -> Told:
    """The same of what a Python user asked. UsageError where no file could say it."""
    space, query = found.space, found.query
    if query.charges:
        raise UsageError(
            f"costs: {', '.join(query.charges)}: costs of one's own are written with a question "
            "by the command line alone (--cost)"
        )
    said = space.said
    if space.slot is not None and said["stage"] is None:
        said = layers_of(space)
    asked_of = {
        **said,
        **question_of(query),
        **_budgets(query.budgets, space.axes),
        "hop": None if query.hop is None else str(query.hop),
    }
    given = {name: value for name, value in asked_of.items() if value is not None}
    try:
        document = json.loads(json.dumps(given, default=_text))
    except TypeError as error:
        raise UsageError(f"space: {error}; a file says stages and blocks as tables") from None
    return told(asked(document, "found"))


def asked(question: Mapping[str, Any], place: str) -> Request:
    """The request that `told` came from; errors name `place` and the key. Raises UsageError."""
    unknown = set(question) - set(OPTIONS)
    if unknown:
        raise UsageError(f"{place}: {min(unknown)}: no such key of a question")
    read = {name: OPTIONS[name].read(value, f"{place}: {name}") for name, value in question.items()}
    return Request.of({}, place, read)


def found_of(request: Request, threads: int | None = None) -> Found:
    """The automaton, on so many threads (all processors if None). Raises as a search does."""
    from rfsearch.question.found import Found

    if threads is not None:
        request = replace(request, options={**request.options, "threads": threads})
    return Found._of(request)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON document, whatever the order of its keys."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _budgets(budgets: Mapping[str, tuple[int | None, int | None]], axes: int) -> dict[str, Any]:
    """min_COST and max_COST as given, from the whole units that a query keeps."""
    return {
        f"{side}_{name}": Fraction(bound, scale_of(name, axes))
        for name, ends in budgets.items()
        for side, bound in zip(("min", "max"), ends, strict=True)
        if bound is not None
    }


def _text(value: Any) -> Any:
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    if hasattr(value, "__index__"):
        return int(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")
