"""How far an answer that was cut short is proven, in words."""

from __future__ import annotations

from fractions import Fraction

from rfsearch.answer.answer import Answer
from rfsearch.answer.screen.figures import shown
from rfsearch.why.reasons.wording import counted


def front_proven(answer: Answer) -> str:
    """What no stack can be beyond the points of a front that was cut short."""
    gap, rows = answer.gaps["front"], answer.front
    if rows is None or not len(rows):
        return "cut short before any stack was found"
    beyond = [_distance(answer, cost, by) for cost, by in gap.items() if by]
    if not beyond:
        them = "it" if len(rows) == 1 else "them"
        return f"proven: nothing beats {them}; of stacks that tie, others may come first"
    proven = answer.proven["front"]
    text = f"{proven} of them proven; " if proven else ""
    return text + (
        "proven of every stack: one of these is worse than it by at most " + " and ".join(beyond)
    )


def list_proven(answer: Answer) -> str:
    """How many rows are proven, and how much worse than the best the others may be."""
    gap, proven = answer.gaps["results"], answer.proven["results"]
    if not answer.listed:
        return "cut short before any stack was found"
    first = f"cut short: the first {proven:,} are proven" if proven else "cut short: none is proven"
    wanted = answer.request["top"]
    more = "" if answer.listed == wanted else f"; {counted(wanted, 'row')} were asked for"
    if proven == answer.listed:
        return first + more
    said = {cost: by for cost, by in gap.items() if by is not None}
    last = list(said)[-1] if said else None
    if last is None:
        return first + more
    others = "the others are" if proven else "all are"
    if not said[last]:
        ties = " and ".join(cost.replace("_", " ") for cost in said)
        return f"{first}; {others} as good in {ties}{more}"
    equal = f"as good in {' and '.join(list(said)[:-1])} and " if len(said) > 1 else ""
    by = _distance(answer, last, said[last])
    return f"{first}; {others} {equal}at most {by} from the best{more}"


def _distance(answer: Answer, cost: str, by: int | Fraction | None) -> str:
    """`1.2 MiB memory`."""
    assert by is not None
    number = by if isinstance(by, int) else float(by)
    name = cost.replace("_", " ").replace("macs", "MACs")
    return f"{shown(cost, number, answer.query.costs)} {name}"
