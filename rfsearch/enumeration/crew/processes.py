"""Processes of this machine: started anew, never forked, fed a line a task through pipes.

A worker that dies, of lack of memory say, is started again and its task given out again, so that
nothing is lost; a task at which workers keep dying ends the job.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rfsearch import errors
from rfsearch.enumeration.crew import Job
from rfsearch.errors import LimitError, RfsearchError

MOST_DEATHS = 3  # at one task


class Processes:
    """`size` processes, one task each at a time."""

    def __init__(self, size: int) -> None:
        self.size = size

    def work(self, job: Job, tasks: Sequence[Any]) -> Iterator[Any]:
        """See Crew. Workers are ended when this is, whether by its end, an error or Ctrl-C."""
        left: deque[Any] = deque(tasks)
        done: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()
        hands = [Hand(job, left, done) for _ in range(min(self.size, len(tasks)))]
        try:
            for hand in hands:
                hand.thread.start()
            for _ in range(len(tasks)):
                answer, error = _next(done)
                if error is not None:
                    raise error
                yield answer
        finally:
            left.clear()
            for hand in hands:
                hand.end()


def _next(done: queue.Queue[Any]) -> Any:
    """The next that is done; waits in short turns, between which Python hears Ctrl-C."""
    while True:
        try:
            return done.get(timeout=0.1)
        except queue.Empty:
            continue


class Hand:
    """A worker process and the thread that feeds it."""

    def __init__(self, job: Job, left: deque[Any], done: queue.Queue[Any]) -> None:
        self._job, self._left, self._done = job, left, done
        self._process: subprocess.Popen[str] | None = None
        self._lock, self._ended = threading.Lock(), False
        self.thread = threading.Thread(target=self._feed, daemon=True)

    def end(self) -> None:
        """Kill the worker: what it has not finished leaves no trace but a file to be tidied."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()
        if self.thread.is_alive():
            self.thread.join()
        if self._process is not None:
            buried(self._process)

    def _feed(self) -> None:
        try:
            while True:
                try:
                    task = self._left.popleft()
                except IndexError:
                    return
                self._done.put((self._asked(task), None))
        except BaseException as error:
            self._done.put((None, error))

    def _asked(self, task: Any) -> Any:
        """The answer of a worker, another where one dies. Raises what the task raised."""
        code = None
        for _ in range(MOST_DEATHS):
            process = self._alive()
            line = _exchanged(process, json.dumps(task))
            if line:
                answer = json.loads(line)
                if "error" in answer:
                    kind = getattr(errors, answer["kind"], RfsearchError)
                    raise kind(answer["error"])
                return answer["done"]
            code, self._process = buried(process), None
        raise LimitError(
            f"task {task}: {MOST_DEATHS} workers ended at it without a word (exit code {code}; "
            "-9 is often lack of memory); fewer --workers take less"
        )

    def _alive(self) -> subprocess.Popen[str]:
        """The worker, started where there is none."""
        with self._lock:
            if self._ended:
                raise KeyboardInterrupt
            if self._process is None:
                self._process = started(self._job)
            return self._process


def _exchanged(process: subprocess.Popen[str], task: str) -> str:
    """What a worker says to a task; empty where it died."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(task + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        return ""
    return line if line.endswith("\n") else ""


def buried(process: subprocess.Popen[str]) -> int:
    """The exit code of a worker that is ended here, if it has not ended by itself."""
    process.kill()
    with process, suppress(BrokenPipeError):
        return process.wait()
    return process.wait()


def started(job: Job) -> subprocess.Popen[str]:
    """A worker process of this very package, wherever the working folder is.

    In a session of its own, so that Ctrl-C reaches the one that leads alone; should that one be
    killed, the worker's input ends, and so does it.
    """
    here = str(Path(__file__).parent.parent.parent.parent)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "rfsearch.enumeration.crew.worker"],
        env={**os.environ, "PYTHONPATH": path, "POLARS_MAX_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it died already, as will be seen
        process.stdin.write(json.dumps({"call": job.call, "common": job.common}) + "\n")
        process.stdin.flush()
    return process
