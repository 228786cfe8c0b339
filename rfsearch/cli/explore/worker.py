"""A process that runs commands one after another and stays warm: kernels are loaded once.

It reads a JSON list of arguments a line and writes a JSON object {code, out, err} a line. A
process of its own can be ended in the midst of a question, which a thread cannot.
"""

from __future__ import annotations

import io
import json
import sys
from typing import TextIO

# A small question of every kind, so that the first real one finds its kernels loaded.
_WARM = ["--target-rf=7", "--input=16", "--depth=1..3", "--format=json"]


def serve(orders: TextIO, answers: TextIO) -> None:
    """Run every command of `orders` until it ends."""
    run(_WARM)
    for line in orders:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)


def run(argv: list[str]) -> dict[str, object]:
    """One command, with what it wrote."""
    from rfsearch.cli import main

    held = sys.stdout, sys.stderr
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    sys.stdout, sys.stderr = out, err
    try:
        code = main(argv)
    finally:
        sys.stdout, sys.stderr = held
    out.flush()
    return {"code": code, "out": out.buffer.getvalue().decode(), "err": err.getvalue()}  # type: ignore[attr-defined]


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
