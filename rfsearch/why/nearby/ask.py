"""A changed question asked for real: its exact count, and its cheapest match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rfsearch.errors import LimitError, UsageError
from rfsearch.question.found import Found
from rfsearch.why.nearby.change import Change
from rfsearch.why.nearby.targets import Targets
from rfsearch.why.reasons import obstructions


class Near(NamedTuple):
    """The answer to a changed question.

    `matches` is exact; None where a budget makes counting infeasible, with `at_least` and
    `at_most` the proven bounds (equal otherwise). `memory` (bytes) and `macs` are the least of
    any match, None where there is none or they were not asked for. `transitions` is the size of
    the automaton that it took.
    """

    change: Change
    matches: int | None
    at_least: int
    at_most: int
    memory: int | None = None
    macs: int | None = None
    transitions: int = 0

    def document(self) -> dict[str, Any]:
        """As the JSON object carries it."""
        counts: dict[str, Any] = {"matches": self.matches}
        if self.matches is None:
            counts = {"matches_at_least": self.at_least, "matches_at_most": self.at_most}
        least = {"memory": self.memory, "macs": self.macs}
        return {"query": dict(self.change.values), **counts, **least}


def ask(
    change: Change, running: Mapping[str, Any], least: bool, targets: Targets | None = None
) -> Near | None:
    """Ask the question after `change`; None where it cannot be asked or outgrows a limit.

    `running` is what Found.build takes beside the question (threads, progress); `least` says
    whether the least memory and MACs are wanted too. `targets` compile a change of the target.
    """
    try:
        if obstructions(change.space, change.query):
            return Near(change, 0, 0, 0)
        if targets is None:
            found = Found._build(change.space, change.query, **running)
        else:
            found = targets.found(change.query, dict(running))
        at_least, at_most = found.count_bounds()
        figures = found.least("memory", "macs") if least and at_most else {}
    except (LimitError, UsageError):
        return None
    matches = at_least if at_least == at_most else None
    transitions = found.automaton.transitions
    return Near(change, matches, at_least, at_most, **figures, transitions=transitions)
