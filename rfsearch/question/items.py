"""Items: every item at every width and size at which it stands in a match, and in how many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from rfsearch.automaton.automaton import Automaton
from rfsearch.question.count import count_by_depth
from rfsearch.question.rows import whole
from rfsearch.request.running import Progress


def items_frame(
    automaton: Automaton, matches: int | None, threads: int | None, progress: Progress
) -> pl.DataFrame:
    """Columns `item`, `channels`, `sizes` (`32`, `49x10`) and `uses`: matches that have it.

    `matches` is their number; None where it is not known, and `uses` is null then. An item that
    stands in a match more than once is one use.
    """
    items = automaton.items
    steps_of: dict[object, list[int]] = {place: [] for place in items.places}
    runs: list[list[int]] = [[] for _ in items.runs]
    for step, run in zip(items.step.tolist(), items.which.tolist(), strict=True):
        runs[run].append(step)
    for run, steps in zip(items.runs, runs, strict=True):
        for place in set(run):
            if place in steps_of:
                steps_of[place] += steps
    uses: list[int | None] = []
    for number, place in enumerate(items.places):
        without = None if matches is None else _without(automaton, steps_of[place], threads)
        uses.append(None if without is None or matches is None else matches - without)
        progress("items", (number + 1) / len(items.places))
    keys = [place.key for place in items.places]
    return pl.DataFrame(
        {
            "item": pl.Series([text for text, _, _ in keys], dtype=pl.String),
            "channels": pl.Series([channels for _, channels, _ in keys], dtype=pl.Int64),
            "sizes": pl.Series(["x".join(map(str, s)) for _, _, s in keys], dtype=pl.String),
            "uses": whole(uses).series("uses"),
        }
    )


def _without(automaton: Automaton, steps: list[int], threads: int | None) -> int:
    """How many matches have none of these steps."""
    refused = np.zeros(automaton.steps, bool)
    refused[steps] = True
    kept = ~refused[automaton.step]
    first = np.append(0, np.cumsum(kept))[automaton.first]
    others = replace(
        automaton, first=first.astype(np.int64), to=automaton.to[kept], step=automaton.step[kept]
    )
    return sum(count_by_depth(others, threads).values())
