"""The nearest receptive fields that other stacks of a staged space have, from one reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.request.query import LARGEST_RF
from rfsearch.request.staged_query import StagedQuery
from rfsearch.space.staged import StagedSpace
from rfsearch.why.nearby.ask import Near
from rfsearch.why.nearby.change import Change

FARTHEST = 32  # pixels on either side of the target

Progress = Callable[[str, float], None]


def staged_around(
    space: StagedSpace, query: StagedQuery, running: Mapping[str, Any], progress: Progress
) -> list[Near]:
    """The nearest RF below and above the target that some stack has, with its exact count.

    Only for one target on axes that are alike, within 32 pixels; nothing where it outgrows a limit.
    """
    if query.target_rf is None or len(set(query.target_rf)) > 1:
        return []
    low, high = query.target_rf[0]
    if high is None:
        return []
    wide = (max(low - FARTHEST, 1), min(high + FARTHEST, LARGEST_RF))
    asked = replace(query, target_rf=(wide,) * len(query.target_rf))
    from rfsearch.question.found import Found

    try:
        found = Found.build(space, asked, **running, progress=progress)
        frame = found.reach(("memory", "macs"))
    except (LimitError, UsageError):
        return []
    rows = [row for row in frame.iter_rows(named=True) if isinstance(row["rf"], int)]
    below = [row for row in rows if row["rf"] < low][-1:]
    above = [row for row in rows if row["rf"] > high][:1]
    return [_near(row) for row in (*below, *above)]


def _near(row: Mapping[str, Any]) -> Near:
    rf = row["rf"]
    change = Change(f"RF {rf}", f"--target-rf {rf}", {"target_rf": rf}, f"RF {rf}")
    known = row["matches"]
    least, most = row.get("matches_at_least", known), row.get("matches_at_most", known)
    matches = None if known is None else int(known)
    return Near(change, matches, int(least), int(most), row["least_memory"], row["least_macs"])
