"""Every peer, one after the other, each in its process and within its seconds."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]


def names() -> list[str]:
    """The peers: every file beside the package's own."""
    files = (path.stem for path in FOLDER.glob("*.py"))
    return sorted(name for name in files if name not in ("__init__", "__main__", "regressions"))


def run(peers: Sequence[str], tiny: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """(peer, record) of each comparison as it ends. A record has `missing`, `failed`, or figures.

    A peer that is over its LIMIT is killed; its open comparison then has `no_answer`.
    """
    for peer in peers:
        limit = import_module(f"benchmarks.peers.{peer}").LIMIT
        yield from ((peer, record) for record in _one(peer, tiny, limit))


def _one(peer: str, tiny: bool, limit: float) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.peers.runner.child", peer]
    started, begun = time.monotonic(), None
    with subprocess.Popen(
        [*command, *(["--tiny"] if tiny else [])],
        stdout=subprocess.PIPE, text=True, cwd=FOLDER.parents[1],
    ) as child:  # fmt: skip
        timer = threading.Timer(limit, child.kill)
        timer.start()
        assert child.stdout is not None
        for line in child.stdout:
            if not line.startswith('{"event"'):
                continue  # what solvers print
            record = json.loads(line)
            event = record.pop("event")
            if event == "begun":
                begun = record
                continue
            begun = None
            yield {"missing": record["packages"]} if event == "missing" else record
        timer.cancel()
        code = child.wait()
    if code:
        over = time.monotonic() - started >= limit
        words = f"stopped after {limit} s" if over else f"failed with exit code {code}"
        if over and begun:
            yield begun | {"no_answer": words, "stopped_after": limit}
        else:
            yield (begun or {}) | {"failed": words}
