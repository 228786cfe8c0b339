"""Trainings that were made, kept in a CSV file, so that a command that is stopped goes on.

A row is one training: data, recipe, stack, seed, accuracy in percent, seconds. What is there
already is not trained again; studies that ask for the same network share it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.evidence.data import FOLDER, load
from benchmarks.evidence.recipe import RECIPE

COLUMNS = ("data", "recipe", "stack", "seed", "accuracy", "seconds")
FILE = Path(__file__).parent / "accuracies.csv"


@dataclass(frozen=True)
class Runs:
    """The trainings of one file on the data at hand."""

    file: Path = FILE
    folder: Path = FOLDER

    def accuracies(
        self, stacks: Sequence[str], seeds: Iterable[int], jobs: int
    ) -> list[list[float]]:
        """Accuracy of each stack, one for each seed; what is missing is trained first."""
        seeds = list(seeds)
        name = load(self.folder).name
        known = self._known(name, RECIPE)
        wanted = [(stack, seed) for seed in seeds for stack in dict.fromkeys(stacks)]
        missing = [run for run in wanted if run not in known]
        for number, (run, accuracy, seconds) in enumerate(_train(missing, self.folder, jobs), 1):
            known[run] = round(accuracy, 2)
            self._append([name, RECIPE, *run, f"{accuracy:.2f}", f"{seconds:.1f}"])
            print(f"{number} of {len(missing)} trained", file=sys.stderr)
        return [[known[stack, seed] for seed in seeds] for stack in stacks]

    def _known(self, data: str, recipe: str) -> dict[tuple[str, int], float]:
        if not self.file.is_file():
            return {}
        with self.file.open(newline="") as lines:
            return {
                (row["stack"], int(row["seed"])): float(row["accuracy"])
                for row in csv.DictReader(lines)
                if (row["data"], row["recipe"]) == (data, recipe)
            }

    def _append(self, row: Sequence[object]) -> None:
        new = not self.file.is_file()
        with self.file.open("a", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            if new:
                writer.writerow(COLUMNS)
            writer.writerow(row)


def _one(stack: str, seed: int, folder: Path) -> tuple[float, float]:
    from benchmarks.evidence.training import accuracy

    return accuracy(stack, seed, load(folder))


def _train(missing: Sequence[tuple[str, int]], folder: Path, jobs: int):
    """((stack, seed), accuracy, seconds) of each, as it ends."""
    if not missing:
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_one, *run, folder): run for run in missing}
        for done in as_completed(waiting):
            yield (waiting[done], *done.result())
