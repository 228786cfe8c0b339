"""What two documents have that the other lacks, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Rows named of each list; the JSON has all.
_SHOWN = 10
_NAMES = {"front": "front", "results": "list", "reach": "reach", "rungs": "ladder", "rows": "rows"}


def compare_screen(found: dict[str, Any], first: str, second: str) -> str:
    """The lines of a comparison; A and B are the files."""
    return "".join(f"{line}\n" for line in _lines(found, first, second))


def _lines(found: dict[str, Any], first: str, second: str) -> Iterator[str]:
    yield f"A {first}"
    yield f"B {second}"
    if found["same"]:
        yield "nothing differs"
        return
    for title, part in (("question", found["query"]), ("counts", found["counts"])):
        if part:
            yield ""
            yield title
            yield from (f"  {name}: A {_text(a)}, B {_text(b)}" for name, (a, b) in part.items())
    for name, part in found["lists"].items():
        if any(part.values()):
            yield ""
            yield _NAMES[name]
            yield from _of_list(part)
    for side, other in (("first", "second"), ("second", "first")):
        stacks = (found["beaten"] or {}).get(side)
        if stacks:
            yield ""
            own, better = _SIDES[side], _SIDES[other]
            yield f"of the front of {own}, beaten by that of {better}: {len(stacks)}"
            yield from _cut([f"  {stack}" for stack in stacks])


_SIDES = {"first": "A", "second": "B"}


def _of_list(part: dict[str, Any]) -> Iterator[str]:
    for side, letter in _SIDES.items():
        rows = part[f"only_{side}"]
        if rows:
            yield f"  only in {letter}: {len(rows)}"
            yield from _cut([f"    {_row(row)}" for row in rows])
    if part["changed"]:
        yield f"  in both, with other figures: {len(part['changed'])}"
        lines = []
        for change in part["changed"]:
            columns = [
                f"{c} A {_text(v[0])}, B {_text(v[1])}" for c, v in change.items() if c != "row"
            ]
            lines.append(f"    {_row(change['row'])}: {'; '.join(columns)}")
        yield from _cut(lines)


def _cut(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"    … and {len(lines) - _SHOWN} more: --format json has all"


def _row(row: dict[str, Any]) -> str:
    if "stack" not in row:
        return f"RF {_text(row['rf'])}"
    return f"{row['stack']} at {row['input']}" if "input" in row else str(row["stack"])


def _text(value: Any) -> str:
    if value is None:
        return "not said"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
