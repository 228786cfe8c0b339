"""The record as Markdown: benchmarks/peers.md, and the short table of the README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[3]
FILE = TOP / "benchmarks" / "peers.md"
README = TOP / "README.md"
BEGIN, END = "<!-- peers: begin, made by python -m benchmarks.peers -->", "<!-- peers: end -->"

BUSY = 4.0  # load of the machine above which a row is marked
BESIDE = "- Run beside other work, both sides alike:"

HEAD = """# rfsearch beside its peers

Written by `python -m benchmarks.peers`; not edited by hand. Both sides go from the question to the
answer in one process, in turn, warmed; seconds are medians, a ratio is the median of the rounds'
(peer's seconds over ours, above 1: rfsearch is faster), its least and greatest in brackets. Where
the peer is exact its answer must be ours, which is said: it is proof from outside. Where it stopped
at its limit without an answer, the ratio is a lower bound. What each peer is asked, and how, stands
in its file in [peers/](peers/).
"""


def text(record: Mapping[str, Any]) -> str:
    """The whole page."""
    versions = ", ".join(f"{name} {number}" for name, number in sorted(record["versions"].items()))
    lines = [HEAD, f"Machine: {record['machine']}. {versions}.", ""]
    lines += _table(record)
    missed = [line for peer, one in _rows(record) if (line := _missed(peer, one))]
    lines += ["", "## Goals that are missed", "", *(missed or ["None."])]
    notes = dict.fromkeys(
        f"- `{peer}`, {one['task']}: {one['note']}"
        for peer, one in _rows(record)
        if one.get("note")
    )
    busy = [
        f"  - `{peer}`, {one['task']}, {one['question']}: load {one['load']:g}"
        for peer, one in _rows(record)
        if one.get("load", 0) > BUSY
    ]
    if busy:
        notes |= {BESIDE: None} | dict.fromkeys(busy)
    lines += ["", "## Notes", "", *notes] if notes else []
    return "\n".join(lines) + "\n"


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for peer, ran in record["peers"].items():
        for one in ran["comparisons"]:
            yield peer, one


def _table(record: Mapping[str, Any]) -> list[str]:
    columns = ["peer", "how", "task", "question", "answer", "agrees", "ours", "peer's", "ratio",
               "goal", "sizes and more"]  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|---|---|---|---|---:|---|---:|---:|---:|---:|---|"]
    for peer, one in _rows(record):
        if "missing" in one or "task" not in one:
            why = (
                f"not installed: {', '.join(one['missing'])}" if "missing" in one else one["failed"]
            )
            lines.append(f"| {peer} | {why} |" + " |" * (len(columns) - 2))
            continue
        cells = [peer, one["form"], one["task"], one["question"], one["answer"], _agrees(one),
                 seconds(median(one["ours"])), _theirs(one), ratio(one), _goal(one),
                 _more(one)]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def median(values: list[float]) -> float:
    """The middle value."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def seconds(value: float) -> str:
    """Three digits, in s, ms or µs."""
    for unit, times in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * times >= 1 or unit == "µs":
            return f"{value * times:.3g} {unit}"
    raise AssertionError


def number(value: float) -> str:
    """A ratio, three digits, thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(one: Mapping[str, Any]) -> str:
    """The median with the rounds' range; a bound where the peer had no answer."""
    if "ratio" in one:
        low, high = number(one["ratio_low"]), number(one["ratio_high"])
        return (
            f"{number(one['ratio'])} ({low}–{high})"
            if len(one["ours"]) > 1
            else number(one["ratio"])
        )
    if "stopped_after" in one:
        return f"> {number(one['stopped_after'] / median(one['ours']))}"
    return "–"


def _theirs(one: Mapping[str, Any]) -> str:
    if "theirs" in one:
        return seconds(median(one["theirs"]))
    return one.get("no_answer") or one.get("failed") or "–"


def _agrees(one: Mapping[str, Any]) -> str:
    if "agree" not in one:
        return "–"
    return "yes" if one["agree"] else f"**no**: {one['their_answer']}"


def _goal(one: Mapping[str, Any]) -> str:
    return f"≥ {number(one['goal'])}" if one.get("goal") else ""


def _more(one: Mapping[str, Any]) -> str:
    every = one["sizes"] | one.get("more", {})
    return "; ".join(
        f"{name} {f'{value:,}' if isinstance(value, int) else value}"
        for name, value in every.items()
    )


def _missed(peer: str, one: Mapping[str, Any]) -> str | None:
    if not one.get("goal") or one.get("ratio", one["goal"]) >= one["goal"]:
        return None
    return (
        f"- `{peer}`, {one['task']}, {one['question']}: {number(one['ratio'])} where "
        f"{number(one['goal'])} is the goal (ours {seconds(median(one['ours']))}, the peer's "
        f"{seconds(median(one['theirs']))})."
    )


def readme_table(record: Mapping[str, Any]) -> list[str]:
    """One line a peer: its comparison with a goal, or its first."""
    lines = ["| peer | task | ours | peer's | ratio |", "|---|---|---:|---:|---:|"]
    for peer, ran in record["peers"].items():
        told = [
            one
            for one in ran["comparisons"]
            if "task" in one and ("ratio" in one or "no_answer" in one)
        ]
        if told:
            one = next((one for one in told if one.get("goal")), told[0])
            ours, theirs = seconds(median(one["ours"])), _theirs(one)
            figure = number(one["ratio"]) if "ratio" in one else ratio(one)
            lines.append(
                f"| {peer}: {one['form']} | {one['task']} | {ours} | {theirs} | {figure} |"
            )
    return lines


def within_readme(text: str, table: list[str]) -> str:
    """The README with the table between its marks. Raises ValueError where they are missing."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"README.md: no lines {BEGIN} and {END}")
    return "\n".join([f"{before}{BEGIN}", "", *table, "", f"{END}{after}"])
