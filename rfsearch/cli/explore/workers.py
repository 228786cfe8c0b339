"""Warm worker processes, and the rule that a tab's newest question ends its older ones."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

# Workers that wait for a question: another is started where none does, and ended beyond the most.
FIRST, MOST = 2, 3

# Seconds in which a question that is told to stop must do so, before its process is ended.
GRACE = 1.0


class SupersededError(Exception):
    """A newer question of the same tab has come, or the tab has gone."""


class Worker:
    """One process, see worker.py; `stop` and `end` may come from another thread meanwhile."""

    def __init__(self) -> None:
        self.number = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rfsearch.cli.explore.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # Ctrl-C in the terminal is for the server, which ends its workers.
            start_new_session=True,
        )

    def ask(self, argv: Sequence[str], sample: bool = False) -> Iterator[dict[str, Any]]:
        """Ask; the parts of the answer as they come. SupersededError where it stopped or ended."""
        self.number += 1
        self._order({"id": self.number, "argv": list(argv), "sample": sample})
        return self._answers()

    def _answers(self) -> Iterator[dict[str, Any]]:
        while True:
            line = self._line()
            answer: dict[str, Any] = json.loads(line) if line else {"stopped": True}
            answer.pop("id", None)
            if "stopped" in answer:
                raise SupersededError
            yield answer
            if "error" in answer or answer["part"] == "all":
                return

    def _line(self) -> str:
        """The next line of its answer; none where it has ended."""
        assert self.process.stdout
        try:
            return self.process.stdout.readline()
        except ValueError:  # closed meanwhile
            return ""

    def stop(self) -> None:
        """Tell the question that it is over."""
        self._order({"stop": self.number})

    def _order(self, order: dict[str, Any]) -> None:
        assert self.process.stdin
        with suppress(BrokenPipeError, ValueError):  # it has ended, as the answer will tell
            print(json.dumps(order), file=self.process.stdin, flush=True)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            with suppress(BrokenPipeError):
                pipe.close()


class Turn:
    """One question of a tab: the worker that answers it, until a newer turn takes over."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.lock = threading.Lock()
        self.worker: Worker | None = None
        self.over = False

    def ask(self, argv: Sequence[str], sample: bool = False) -> Iterator[dict[str, Any]]:
        """As Worker.ask; SupersededError also where the turn is already over.

        The worker is given back when the last part has been taken, or the question has stopped.
        """
        with self.lock:
            if self.over:
                raise SupersededError
            self.worker = worker = self.workers.take()
            answers = worker.ask(argv, sample)
        try:
            for answer in answers:
                if self.over:
                    continue  # to its end, so that the worker can be asked again
                yield answer
        finally:
            with self.lock:
                self.worker = None
            self.workers.give_back(worker)
        if self.over:
            raise SupersededError

    def supersede(self) -> None:
        """End it: at its next report, or with its process where that is late."""
        with self.lock:
            self.over = True
            worker = self.worker
            if worker is None:
                return
            worker.stop()
        late = threading.Timer(GRACE, self._end, [worker])
        late.daemon = True
        late.start()

    def _end(self, worker: Worker) -> None:
        with self.lock:
            if self.worker is worker:
                worker.end()


class Workers:
    """The waiting workers and the newest turn of each tab. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Worker] = []
        self._turns: dict[str, Turn] = {}
        self._closed = False

    def __enter__(self) -> Workers:
        self._fill_up(FIRST)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            turns, waiting = list(self._turns.values()), self._waiting
            self._waiting = []
        for turn in turns:
            turn.over = True
            if (worker := turn.worker) is not None:
                worker.end()
        for worker in waiting:
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

    def end(self, tab: str) -> None:
        """End the newest turn of a tab, where it has one."""
        with self._lock:
            before = self._turns.pop(tab, None)
        if before is not None:
            before.supersede()

    def take(self) -> Worker:
        """A worker that waits, or a new one; where none is left, one is started for the next."""
        with self._lock:
            worker = self._waiting.pop(0) if self._waiting else Worker()
        threading.Thread(target=self._fill_up, args=(1,), daemon=True).start()
        return worker

    def give_back(self, worker: Worker) -> None:
        """First in line, for it has all its kernels; the newest goes where there are many."""
        with self._lock:
            if not self._closed and not worker.ended:
                self._waiting.insert(0, worker)
            gone = [worker] if self._closed else self._waiting[MOST:]
            del self._waiting[MOST:]
        for one in gone:
            one.end()

    def _fill_up(self, least: int) -> None:
        with self._lock:
            while not self._closed and len(self._waiting) < least:
                self._waiting.append(Worker())
