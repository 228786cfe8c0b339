"""Choices that stand in no match, read off the finished automaton and put in few words."""

from __future__ import annotations

from collections.abc import Iterable

from rfsearch.request.query import Query
from rfsearch.space.plain import LARGEST_NUMBER, OPS, SAME, Move, Space
from rfsearch.why.reasons.residues import possible_strides
from rfsearch.why.reasons.wording import counted, listed

MOST_EXAMPLES = 3


def never(space: Space, query: Query, used: Iterable[Move]) -> list[str]:
    """One line on the layer choices that are not `used`; none where all are.

    Strides that the identity shuts out have their own line and are not repeated.
    """
    shut = {move.stride for move in space.moves} - possible_strides(space, query)
    known = [move for move in space.moves if move.stride not in shut]
    unused = set(known) - set(used)
    parts = []
    for field in ("op", "stride", "kernel", "dilation", "padding"):
        values = [
            value
            for value in sorted({getattr(move, field) for move in unused})
            if all(move in unused for move in known if getattr(move, field) == value)
        ]
        gone = {move for move in unused if getattr(move, field) in values}
        if values:
            parts.append(f"{field} {listed(_shown(field, value) for value in values)}")
            unused -= gone
            known = [move for move in known if move not in gone]
    if unused:
        examples = listed(_notation(move) for move in sorted(unused)[:MOST_EXAMPLES])
        such_as = f", such as {examples}" if len(unused) > MOST_EXAMPLES else f": {examples}"
        parts.append(f"{counted(len(unused), 'choice')} of a layer{such_as}")
    return [f"in no match: {'; '.join(parts)}"] if parts else []


def _shown(field: str, value: int) -> str:
    if field == "op":
        return list(OPS)[value]
    return SAME if field == "padding" and value > LARGEST_NUMBER else str(value)


def _notation(move: Move) -> str:
    text = f"{OPS[list(OPS)[move.op]]}{move.kernel}"
    text += f"S{move.stride}" if move.stride > 1 else ""
    text += "Ps" if move.is_same else f"P{move.padding}" if move.padding else ""
    return text + (f"D{move.dilation}" if move.dilation > 1 else "")
