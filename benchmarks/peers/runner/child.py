"""One peer in a process of its own: its comparisons as lines of JSON, one when it ends.

    python -m benchmarks.peers.runner.child PEER [--tiny]

What is killed here leaves the others as they are. A line `begun` has our side before the peer's.
"""

from __future__ import annotations

import argparse
import json
import shutil
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.peers.runner.measure import measure


def lacking(needs: tuple[str, ...]) -> list[str]:
    """What of these is not installed: packages, and programs such as g++."""
    return [name for name in needs if find_spec(name) is None and shutil.which(name) is None]


def main() -> None:
    """The comparisons of one peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer")
    parser.add_argument("--tiny", action="store_true", help="questions of a second")
    given = parser.parse_args()
    peer = import_module(f"benchmarks.peers.{given.peer}")
    missing = lacking(peer.NEEDS)
    if missing:
        return _tell("missing", {"packages": missing})
    for comparison in peer.comparisons(given.tiny):
        _tell("done", measure(comparison, lambda begun: _tell("begun", begun)))
    return None


def _tell(event: str, content: dict[str, Any]) -> None:
    print(json.dumps({"event": event, **content}), flush=True)


if __name__ == "__main__":
    main()
