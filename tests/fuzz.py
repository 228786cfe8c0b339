"""Ask rfsearch thousands of broken and sound things: `python tests/fuzz.py --minutes 30`.

Command lines, notations, TOML files and ONNX bytes, and small questions whose matches are listed
one by one. What must hold: an exit code of 0 to 3, no traceback, few and short lines on stderr,
bounded time and memory, and counts equal to the listing. What fails is made as small as it can
be and printed as a command; its files are kept. --seed says where to begin, so that a run can be
had again. What was found before, in this run or in tests/fuzz_found.py, is passed over.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from fuzz_case import Case, Finding, judged
from fuzz_commands import commands, counts, notations
from fuzz_files import files, onnx_files
from fuzz_found import OPEN
from fuzz_process import Limited
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

KINDS = {
    "commands": commands,
    "notations": notations,
    "files": files,
    "onnx": onnx_files,
    "counts": counts,
}
OF_A_ROUND = 100  # cases of one kind, then the next
SMALLER = 60  # seconds to make a finding smaller
TRIES = 8  # to make a case smaller that a limit ended


class Broken(Exception):
    """A finding, for Hypothesis to make smaller."""


class Over(BaseException):
    """The time of the run is over."""


class Enough(BaseException):
    """The time to make a finding smaller is over."""


@dataclass
class Run:
    """One run of the fuzzer: what it asked, and what it found."""

    limited: Limited
    until: float
    known: set[str] = field(default_factory=lambda: set(OPEN))
    asked: Counter = field(default_factory=Counter)
    codes: Counter = field(default_factory=Counter)
    findings: list[tuple[Case, Finding]] = field(default_factory=list)

    def round(self, kind: str, number: int, examples: int = OF_A_ROUND) -> None:
        """Some cases of one kind, from a seed; ends at the first new finding, made small."""
        smallest: list[tuple[Case, Finding]] = []
        since = float("inf")

        @seed(number)
        @settings(
            max_examples=examples, phases=(Phase.generate, Phase.shrink), deadline=None,
            database=None, suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet,
            print_blob=False,
        )  # fmt: skip
        @given(KINDS[kind]())
        def ask(case):
            nonlocal since
            if monotonic() > since + SMALLER:
                raise Enough
            finding = self.tried(kind, case)
            if finding is None or finding.signature in self.known:
                return
            if finding.slow:  # each try takes as long again, so Hypothesis is not asked
                smallest[:] = [(case, finding)]
                smallest[:] = [(self.shorter(kind, case, finding), finding)]
                self.keep(*smallest.pop())
            elif not smallest or smallest[0][1].signature == finding.signature:
                smallest[:] = [(case, finding)]
                since = min(since, monotonic())
                raise Broken

        try:
            ask()
        except (Broken, Enough):
            pass
        finally:
            if smallest:
                self.keep(*smallest[0])

    def tried(self, kind: str, case: Case) -> Finding | None:
        """What is wrong with one case."""
        if monotonic() > self.until:
            raise Over
        outcome = self.limited.run(case)
        self.asked[kind] += 1
        self.codes[outcome.ended or outcome.code] += 1
        return judged(case, outcome)

    def shorter(self, kind: str, case: Case, finding: Finding) -> Case:
        """A case that a limit ended, without words that it does not need."""
        at = 1
        for _ in range(TRIES):
            if at >= len(case.words):
                break
            less = replace(case, words=case.words[:at] + case.words[at + 1 :])
            if case.words[at].startswith("--memory-limit") or not self._same(kind, less, finding):
                at += 1
            else:
                case = less
        return case

    def _same(self, kind: str, case: Case, finding: Finding) -> bool:
        again = self.tried(kind, case)
        return again is not None and again.signature == finding.signature

    def keep(self, case: Case, finding: Finding) -> None:
        """Note a new finding."""
        if finding.signature not in self.known:
            self.known.add(finding.signature)
            self.findings.append((case, finding))
            print(_told(case, finding, len(self.findings)), flush=True)


def _told(case: Case, finding: Finding, number: int) -> str:
    """A finding with the command that shows it; its files are kept beside each other."""
    text = f"\n{number}. {finding.text}\n"
    if not case.files:
        return f"{text}   {case.command}"
    folder = Path(tempfile.mkdtemp(prefix=f"rfsearch-fuzz-found-{number}-"))
    for name, content in case.files:
        (folder / name).write_bytes(content)
    return f"{text}   cd {folder}; {case.command}"


def fuzz(run: Run, kinds: list[str], begin: int, rounds: int | None, examples: int) -> None:
    """Kind after kind, round after round, until the time or the rounds are over."""
    numbers = random.Random(begin)
    try:
        while rounds is None or rounds > 0:
            for kind in kinds:
                run.round(kind, numbers.getrandbits(32), examples)
            rounds = None if rounds is None else rounds - 1
    except Over:
        pass


def main(argv: list[str] | None = None) -> int:
    """Fuzz as the flags say; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0, help="where to begin (default 0)")
    parser.add_argument("--rounds", type=int, help="end after so many rounds of every kind")
    parser.add_argument("--examples", type=int, default=OF_A_ROUND, help="cases of a round")
    parser.add_argument("--only", default=",".join(KINDS), help="kinds, with commas")
    parser.add_argument("--seconds", type=float, default=60, help="of one case, at most")
    parser.add_argument("--megabytes", type=int, default=3000, help="of the process, at most")
    asked = parser.parse_args(argv)
    kinds = asked.only.split(",")
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"--only: {', '.join(unknown)}: not of {', '.join(KINDS)}")
    with Limited(asked.seconds, asked.megabytes) as limited:
        limited.start()
        run = Run(limited, monotonic() + 60 * asked.minutes)
        fuzz(run, kinds, asked.seed, asked.rounds, asked.examples)
    tally = ", ".join(f"{kind} {number:,}" for kind, number in run.asked.items())
    ends = ", ".join(f"{end}: {number:,}" for end, number in sorted(run.codes.items(), key=str))
    print(f"\n{sum(run.asked.values()):,} cases ({tally}); ended with {ends}")
    passed = f"; {len(OPEN)} known and open" if OPEN else ""
    print(f"{len(run.findings)} findings, seed {asked.seed}{passed}")
    return 1 if run.findings else 0


if __name__ == "__main__":
    sys.exit(main())
