"""Both sides of a comparison in turn, in this process; every second of every round is kept."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.peers.runner.comparison import Comparison, NoAnswer

WARM = 2.0  # seconds: a longer call has nothing to gain from one before it


def measure(comparison: Comparison, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The comparison's record, with the machine's load when it ended.

    `tell` has ours before the peer begins, should it be killed.
    """
    record = _measured(comparison, tell)
    return record | {"load": round(os.getloadavg()[0], 1)}


def _measured(comparison: Comparison, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The seconds, ratios and answers.

    Ours is called twice before, so that nothing is compiled while it is timed. The peer's first
    call warms it, too; where it is longer than WARM it counts as the first round. Then in turn.
    """
    comparison.ours()
    record = _words(comparison)
    seconds, answer = _timed(comparison.ours)
    record |= {"ours": [seconds], "answer": comparison.shown(answer)}
    tell(record)
    try:
        first = _timed(comparison.ours), _timed(comparison.theirs)
        rounds = [first] if first[1][0] > WARM or comparison.rounds == 1 else []
        while len(rounds) < comparison.rounds:
            rounds.append((_timed(comparison.ours), _timed(comparison.theirs)))
    except NoAnswer as nothing:
        return record | {"no_answer": str(nothing), "stopped_after": nothing.seconds}
    ours, theirs = ([one[side][0] for one in rounds] for side in (0, 1))
    answer, found = rounds[-1][0][1], rounds[-1][1][1]
    record |= {"ours": ours, "theirs": theirs, "answer": comparison.shown(answer)}
    if comparison.agree is not None:
        record["agree"] = bool(comparison.agree(answer, found))
        if not record["agree"]:
            record["their_answer"] = comparison.shown(found)
    scale = comparison.scale(answer, found) if comparison.scale else (1.0, 1.0)
    ratios = [(b / scale[1]) / (a / scale[0]) for a, b in zip(ours, theirs, strict=True)]
    record |= {
        "ratio": statistics.median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios),
    }  # fmt: skip
    if comparison.more is not None:
        record["more"] = dict(comparison.more(answer, found))
    return record


def _words(comparison: Comparison) -> dict[str, Any]:
    return {
        "task": comparison.task, "question": comparison.question, "form": comparison.form,
        "goal": comparison.goal, "note": comparison.note, "sizes": dict(comparison.sizes),
    }  # fmt: skip


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = call()
    return time.perf_counter() - started, answer
