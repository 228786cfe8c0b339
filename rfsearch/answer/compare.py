"""Two JSON documents compared: what one has that the other lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from rfsearch.schema import SCHEMA

# Lists of rows, and what names a row of each.
LISTS = {
    "front": ("input", "stack"),
    "results": ("input", "stack"),
    "reach": ("rf",),
    "rungs": ("rf",),
    "rows": ("stack",),
}
# What differs between two runs of one question.
_PASSING = ("seconds", "rank")
_COUNTS = ("matches", "matches_at_least", "matches_at_most", "families", "tightness", "different")

Document = Mapping[str, Any]


def compare(first: Document, second: Document) -> dict[str, Any]:
    """What differs, as plain values: `same` is true where nothing does.

    query    {option: [first, second]} where they differ, null for what one does not say
    counts   likewise
    lists    {list: {only_first, only_second: rows; changed: [{row, column: [first, second]}]}}
    beaten   {first, second: stacks of its front that some of the other's front is better than};
             null where the fronts are of different costs
    """
    query = _different(first.get("query") or {}, second.get("query") or {})
    counts = _different(*({name: one.get(name) for name in _COUNTS} for one in (first, second)))
    lists = {
        name: _lists(first.get(name) or [], second.get(name) or [], key)
        for name, key in LISTS.items()
        if name in first or name in second
    }
    same = not query and not counts and not any(any(one.values()) for one in lists.values())
    return {
        "schema": SCHEMA,
        "same": same,
        "query": query,
        "counts": counts,
        "lists": lists,
        "beaten": _beaten(first, second),
    }


def _different(first: Document, second: Document) -> dict[str, list[Any]]:
    return {
        name: [first.get(name), second.get(name)]
        for name in {**first, **second}
        if first.get(name) != second.get(name)
    }


def _lists(
    first: Sequence[Document], second: Sequence[Document], key: tuple[str, ...]
) -> dict[str, Any]:
    def named(rows: Sequence[Document]) -> dict[str, Document]:
        return {str([row.get(name) for name in key]): row for row in rows}

    one, other = named(first), named(second)
    changed = []
    for name, row in one.items():
        if name in other:
            columns = _different(row, other[name])
            columns = {column: both for column, both in columns.items() if column not in _PASSING}
            if columns:
                changed.append({"row": {part: row[part] for part in key if part in row}, **columns})
    return {
        "only_first": [row for name, row in one.items() if name not in other],
        "only_second": [row for name, row in other.items() if name not in one],
        "changed": changed,
    }


def _beaten(first: Document, second: Document) -> dict[str, list[str]] | None:
    costs = (first.get("query") or {}).get("front")
    if not costs or costs != (second.get("query") or {}).get("front"):
        return None
    fronts = [
        {row["stack"]: _vector(row, costs) for row in one.get("front") or [] if _has(row, costs)}
        for one in (first, second)
    ]
    return {
        side: [
            stack
            for stack, vector in own.items()
            if any(_beats(better, vector) for better in others.values())
        ]
        for side, own, others in (
            ("first", fronts[0], fronts[1]),
            ("second", fronts[1], fronts[0]),
        )
    }


def _has(row: Document, costs: Sequence[str]) -> bool:
    return all(isinstance(row.get(_bare(cost)), int | float | str) for cost in costs)


def _bare(cost: str) -> str:
    return cost.removeprefix("max:").removeprefix("min:")


def _vector(row: Document, costs: Sequence[str]) -> list[Fraction]:
    """The row's costs, each so that less is better."""
    return [(-1 if cost.startswith("max:") else 1) * Fraction(row[_bare(cost)]) for cost in costs]


def _beats(better: list[Fraction], vector: list[Fraction]) -> bool:
    return better != vector and all(a <= b for a, b in zip(better, vector, strict=True))
