"""Warm worker processes, and the rule that a tab's newest question ends its older ones."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

# Workers that wait for a question; another is started when one is taken or ended.
SPARE = 2


class SupersededError(Exception):
    """A newer question of the same tab has come, or the tab has gone."""


class Worker:
    """One process; `ask` waits for its answer, `end` may come from another thread meanwhile."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rfsearch.cli.explore.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # Ctrl-C in the terminal is for the server, which ends its workers.
            start_new_session=True,
        )

    def ask(self, argv: Sequence[str]) -> dict[str, Any]:
        """The outcome {code, out, err} of a command; SupersededError where the process ended."""
        assert self.process.stdin and self.process.stdout
        try:
            print(json.dumps(list(argv)), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except (BrokenPipeError, ValueError):
            line = ""
        if not line:
            raise SupersededError
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


class Turn:
    """One question of a tab: the worker that answers it, until a newer turn takes over."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.lock = threading.Lock()
        self.worker: Worker | None = None
        self.over = False

    def ask(self, argv: Sequence[str]) -> dict[str, Any]:
        """As Worker.ask; SupersededError also where the turn is already over."""
        with self.lock:
            if self.over:
                raise SupersededError
            self.worker = worker = self.workers.take()
        answer = worker.ask(argv)
        with self.lock:
            self.worker = None
            if not self.over:
                self.workers.give_back(worker)
            else:
                raise SupersededError
        return answer

    def supersede(self) -> None:
        """End it, in the midst of its work."""
        with self.lock:
            self.over = True
            if self.worker is not None:
                self.worker.end()


class Workers:
    """The spare workers and the newest turn of each tab. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: list[Worker] = []
        self._turns: dict[str, Turn] = {}
        self._closed = False

    def __enter__(self) -> Workers:
        self._refill()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            turns, spare = list(self._turns.values()), self._spare
            self._spare = []
        for turn in turns:
            turn.supersede()
        for worker in spare:
            worker.end()

    def turn(self, tab: str) -> Turn:
        """A new turn of a tab, which ends the one before it."""
        made = Turn(self)
        with self._lock:
            before = self._turns.get(tab)
            self._turns[tab] = made
        if before is not None:
            before.supersede()
        return made

    def take(self) -> Worker:
        """A worker that waits, or a new one; another one is started for the next question."""
        with self._lock:
            worker = self._spare.pop(0) if self._spare else Worker()
        threading.Thread(target=self._refill, daemon=True).start()
        return worker

    def give_back(self, worker: Worker) -> None:
        """First in line, for it has all its kernels; the newest spare goes where there are many."""
        with self._lock:
            closed = self._closed
            if not closed:
                self._spare.insert(0, worker)
            gone = [worker] if closed else self._spare[SPARE:]
            del self._spare[SPARE:]
        for one in gone:
            one.end()

    def _refill(self) -> None:
        with self._lock:
            while not self._closed and len(self._spare) < SPARE:
                self._spare.append(Worker())
