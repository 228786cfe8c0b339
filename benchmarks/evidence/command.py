"""What the three studies' commands share: their flags, and a table as Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evidence.data import FOLDER
from benchmarks.evidence.runs import FILE, Runs

DOCS = Path(__file__).parents[2] / "docs" / "evidence"


@dataclass(frozen=True)
class Asked:
    """How much is trained, and where the report goes."""

    runs: Runs
    jobs: int
    seeds: range
    networks: int
    output: Path


def asked(description: str, output: str, *, networks: int, seeds: int) -> Asked:
    """The flags of one study, as they were given."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("-o", "--output", type=Path, default=DOCS / output, help="the report")
    parser.add_argument("--networks", type=int, default=networks, help="drawn (of each RF)")
    parser.add_argument("--seeds", type=int, default=seeds, help="trainings of each network")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    parser.add_argument("--runs", type=Path, default=FILE, help="CSV file of trainings")
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of Fashion-MNIST")
    given = parser.parse_args()
    return Asked(
        Runs(given.runs, given.data), given.jobs, range(given.seeds), given.networks, given.output
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table, numbers to the right."""
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join('---:' for _ in header)}|"]
    return lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]


def write(report: Sequence[str], output: Path) -> None:
    """The report's lines as a file; its folder is made."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(report) + "\n", "utf-8")
