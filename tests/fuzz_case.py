"""One case of the fuzzer: a command, its files, and what the command must not do."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

EXIT_CODES = (0, 1, 2, 3)
MOST_LINES = {0: 4, 1: 40, 2: 4, 3: 4}  # of stderr; where nothing matches, reasons stand there
LONGEST_LINE = 400  # characters of one line on stderr


@dataclass(frozen=True)
class Case:
    """Words of a command that runs in a folder with these files.

    `count` is the number of matches that a plain listing finds, where there is one.
    """

    words: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...] = ()
    count: int | None = None

    def __repr__(self) -> str:
        return self.command

    @property
    def command(self) -> str:
        """As a shell takes it."""
        return shlex.join(("rfsearch", *self.words))


@dataclass(frozen=True)
class Outcome:
    """How a case ended: an exit code, or why its process was ended."""

    code: int | None
    out: bytes = b""
    err: bytes = b""
    ended: str | None = None  # "time", "memory", or "died: signal 6"
    seconds: float = 0.0
    megabytes: int = 0


@dataclass(frozen=True)
class Finding:
    """What is wrong with an outcome; findings of one `signature` have one cause."""

    signature: str
    text: str

    @property
    def slow(self) -> bool:
        """Whether a limit ended it, so that trying it again is dear."""
        return self.signature.startswith(("time", "memory"))


def judged(case: Case, outcome: Outcome) -> Finding | None:
    """The first thing that is wrong; None where all is as it should be."""
    err = outcome.err.decode(errors="replace")
    word = case.words[0] if case.words and not case.words[0].startswith("-") else "search"
    if outcome.ended:
        last = (err.strip().splitlines()[-1:] or [""])[0][:LONGEST_LINE]
        signature = ", ".join(filter(None, (outcome.ended, word, _kind(last))))
        return Finding(signature, f"{outcome.ended} {last}".strip())
    if "Traceback (most recent call last)" in err:
        return _traceback(err)
    if outcome.code not in EXIT_CODES:
        return Finding(f"code {outcome.code}", f"exit code {outcome.code}: {err[-300:]}")
    lines = err.splitlines()
    if len(lines) > MOST_LINES[outcome.code]:
        return Finding(f"lines, {word}, {_kind(err)}", f"{len(lines)} lines on stderr: {err[:300]}")
    longest = max(lines, key=len, default="")
    if len(longest) > LONGEST_LINE:
        text = f"a line of {len(longest):,} characters: {longest[:160]} …"
        return Finding(f"long line, {word}", text)
    if outcome.code in (2, 3) and not lines:
        return Finding(f"silent {outcome.code}, {word}", f"exit code {outcome.code}, nothing said")
    return _wrong_answer(case, outcome)


def _wrong_answer(case: Case, outcome: Outcome) -> Finding | None:
    """No JSON object, or one that the exit code or the listing belies."""
    if not {"--format=json"} & set(case.words) or outcome.code not in (0, 1) or not outcome.out:
        return None
    try:
        document = json.loads(outcome.out)
    except ValueError as error:
        return Finding("no JSON", f"stdout is no JSON: {error}")
    matches = document.get("matches")
    if matches is not None and (int(matches) > 0) != (outcome.code == 0):
        return Finding("code and matches", f"exit code {outcome.code} with {matches} matches")
    if case.count is not None and matches is not None and int(matches) != case.count:
        return Finding("count", f"{matches} matches; the listing has {case.count}")
    return None


def _traceback(err: str) -> Finding:
    """One signature for each place in the package where an exception leaves it."""
    places = re.findall(r'File "[^"]*?/(rfsearch/[^"]+)", line (\d+), in (\S+)', err)
    last = err.strip().splitlines()[-1]
    name = last.partition(":")[0]
    file, line, function = places[-1] if places else ("?", "?", "?")
    return Finding(
        f"traceback, {name}, {file}, {function}", f"{last[:200]} ({file}:{line}, {function})"
    )


def _kind(text: str) -> str:
    """The words of a message without what it quotes."""
    return " ".join(re.findall(r"[a-z]{3,}", text)[:6])
