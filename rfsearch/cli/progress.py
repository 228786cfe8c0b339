"""Long work watched from the main thread: a progress line, and an interrupt that is heard at once.

The kernels hold no lock of the interpreter, but Python handles Ctrl-C only in the main thread and
between two of its own steps. So the work runs in a thread of its own, and the main thread waits,
draws the line and hears the interrupt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TextIO

# Anything shorter is over before a line could be read.
SILENT_SECONDS = 1.0
_TICK = 0.1

# What is cut short may still look up the stacks that it lists.
GRACE = 5.0


class ProgressLine:
    """What the work reports, and the line it makes: stage, count, rate, share, time that is left.

    A report is `progress(stage, done, count)`, done in 0..1; count is of what the stage makes, 0
    where that is not counted. After `stop` the next report raises KeyboardInterrupt in the thread
    that reports.
    """

    def __init__(self) -> None:
        self._stage, self._done, self._count, self._since = "starting", 0.0, 0, monotonic()
        self._stopped = False

    def __call__(self, stage: str, done: float, count: int = 0, /) -> None:
        if self._stopped:
            raise KeyboardInterrupt
        if stage != self._stage:
            self._stage, self._since = stage, monotonic()
        self._count = count
        self._done = min(max(done, 0.0), 1.0)

    def stop(self) -> None:
        """Ask the work to end at its next report."""
        self._stopped = True

    def line(self) -> str:
        """The stage, how many things it has made and how fast, its share, what remains."""
        elapsed = monotonic() - self._since
        said = []
        if self._count:
            rate = f", {_short(self._count / elapsed)}/s" if elapsed > 0 else ""
            said.append(f"{self._count:,}{rate}")
        if self._done <= 0.0:
            said.append(f"{elapsed:.0f} s")
        else:
            remaining = elapsed * (1.0 - self._done) / self._done
            said.append(f"{self._done:.0%}, about {remaining:.0f} s left")
        return f"{self._stage}: {', '.join(said)}"


def _short(rate: float) -> str:
    """A rate in two digits or three: `870`, `1.2 M`."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if rate >= size:
            scaled = rate / size
            return f"{scaled:.0f}{unit}" if scaled >= 10 else f"{scaled:.1f}{unit}"
    return f"{rate:.0f}"


def watched(
    work: Callable[[ProgressLine], None],
    stream: TextIO | None,
    cut: Callable[[], None] | None = None,
) -> bool:
    """Run `work(progress)` in a thread; draw its line on `stream` if that is a terminal.

    What `work` raises is raised here; KeyboardInterrupt leaves the thread to end by itself. Work
    that can be `cut` short is, at the first interrupt, and has GRACE seconds for what it knows.
    Returns whether it was.
    """
    progress, failure = ProgressLine(), []
    ended = threading.Event()  # an interrupted join takes a running thread for one that has ended

    def run() -> None:
        try:
            work(progress)
        except BaseException as error:
            failure.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    drawing = stream is not None and stream.isatty()
    began, drawn = monotonic(), False
    until: float | None = None
    thread.start()
    try:
        while True:
            try:
                ended.wait(_TICK)
            except KeyboardInterrupt:
                if cut is None or until is not None:
                    raise
                cut()
                until = monotonic() + GRACE
            if ended.is_set():
                break
            if until is not None and monotonic() > until:
                raise KeyboardInterrupt
            if stream is not None and drawing and monotonic() - began > SILENT_SECONDS:
                # \033[K clears what a longer line left behind.
                print(f"\r{progress.line()}\033[K", end="", file=stream, flush=True)
                drawn = True
    except KeyboardInterrupt:
        progress.stop()
        raise
    finally:
        if stream is not None and drawn:
            print("\r\033[K", end="", file=stream, flush=True)
    if failure:
        raise failure[0]
    return until is not None
