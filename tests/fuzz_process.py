"""Commands run within limits of time and memory, in a process that is used again and again."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

from fuzz_case import Case, Outcome

HERE = Path(__file__).parent
LOOK_EVERY = 0.05  # seconds between two looks at the memory
RUNS_OF_ONE = 500  # then a new process, so that what one command leaves stays with few
WARM = (
    "--target-rf 9 --input 15 --depth 1..3 --top 2",
    "--target-rf 9 --input 15 --depth 1..3 --top 2 --bias true --rank-by max:deepmad",
    "show 8C3P1 --input 9",
)


class Limited:
    """A worker process; whoever takes longer, or more memory, is ended with it."""

    def __init__(self, seconds: float, megabytes: int, warm: tuple[str, ...] = WARM) -> None:
        self.seconds, self.megabytes, self._warm = seconds, megabytes, warm
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0

    def __enter__(self) -> Limited:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def run(self, case: Case) -> Outcome:
        """Run a case in a folder of its own."""
        if self._process is None or self._runs >= RUNS_OF_ONE:
            self.start()
        self._runs += 1
        return self._asked(case, self.seconds)

    def end(self) -> None:
        """End the worker."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def start(self) -> None:
        """A new worker, its kernels compiled."""
        self.end()
        path = os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "fuzz_worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._runs = 0
        for line in self._warm:  # kernels are compiled once, outside of every limit
            self._asked(Case(tuple(line.split())), 3600)

    def _asked(self, case: Case, seconds: float) -> Outcome:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        with tempfile.TemporaryDirectory(prefix="rfsearch-fuzz-") as name:
            folder = Path(name)
            for file, content in case.files:
                (folder / file).write_bytes(content)
            began = monotonic()
            asked = {"folder": name, "words": case.words}
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            ended, most = self._watched(process, began + seconds)
            code = None
            if ended is None:
                line = process.stdout.readline()
                if line:
                    code = json.loads(line)
                else:
                    ended = f"died: signal {-process.wait()}"
            if ended is not None:
                self.end()
            streams = [
                (folder / one).read_bytes() if (folder / one).exists() else b""
                for one in (".out", ".err")
            ]
            return Outcome(code, *streams, ended, monotonic() - began, most)

    def _watched(self, process: subprocess.Popen[bytes], until: float) -> tuple[str | None, int]:
        """Wait for an answer, or a limit: ("time" or "memory" or None, most megabytes seen)."""
        most = 0
        while True:
            ready, _, _ = select.select([process.stdout], [], [], LOOK_EVERY)
            most = max(most, _resident(process.pid))
            if ready:
                return None, most
            if most > self.megabytes:
                return "memory", most
            if monotonic() > until:
                return "time", most


def _resident(pid: int) -> int:
    """Megabytes that a process holds; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20
