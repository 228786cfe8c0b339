"""The record of runs: a JSON file of comparisons by peer, with when, where and with what."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "record.json"
PACKAGES = (
    "rfsearch", "numpy", "numba", "polars", "didppy", "ortools", "highspy", "graphillion",
    "oxidd", "pynini", "optuna", "pymoo", "duckdb",
)  # fmt: skip


def machine() -> str:
    """The processor and how many of it, Python, the compiler."""
    model = platform.processor() or platform.machine()
    lines = Path("/proc/cpuinfo")
    if lines.is_file():
        named = [line for line in lines.read_text().splitlines() if line.startswith("model name")]
        model = named[0].split(":", 1)[1].strip() if named else model
    compiler = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True)
    return (
        f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"g++ {compiler.stdout.strip()}"
    )


def versions() -> dict[str, str]:
    """Of the packages that are installed."""
    known = {}
    for name in PACKAGES:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            continue
    return known


def read(file: Path = FILE) -> dict[str, Any]:
    """The record so far; empty where there is none."""
    return json.loads(file.read_text("utf-8")) if file.is_file() else {"peers": {}}


def write(peer: str, comparisons: Sequence[dict[str, Any]], file: Path = FILE) -> None:
    """One peer's comparisons in place of those that the record has."""
    record = read(file)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    record |= {"machine": machine()}
    record["versions"] = record.get("versions", {}) | versions()
    record["peers"][peer] = {"when": when, "comparisons": list(comparisons)}
    record["peers"] = dict(sorted(record["peers"].items()))
    text = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True)
    file.write_text(text + "\n", "utf-8")
