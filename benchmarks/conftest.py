"""Fixtures of the benchmarks: the C++ yardsticks, side-by-side timing, and the table at the end."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from native import Native

_LINES: list[tuple[str, str, str, str]] = []


def pytest_xdist_auto_num_workers(config):
    """No workers: two measurements at once measure each other."""
    config.option.dist = "no"
    return 0


@pytest.fixture(scope="session")
def native(tmp_path_factory):
    """The C++ programs, built once; tests that need them are skipped where there is no g++."""
    try:
        return Native(tmp_path_factory.mktemp("native"))
    except RuntimeError as error:
        pytest.skip(str(error))


@pytest.fixture
def note(request):
    """note(what, figure, aim): one line of the table at the end, also kept in extra_info."""

    def note(what, figure, aim=""):
        _LINES.append((request.node.name, what, f"{figure:.3g}", aim))
        if "benchmark" in request.fixturenames:
            request.getfixturevalue("benchmark").extra_info[what] = figure

    return note


@pytest.fixture
def side_by_side(benchmark, note):
    """side_by_side(ours, theirs, rounds, aim): times of both in turn, and theirs / ours noted.

    Both run once before (compiling, caches), then in turn, and the best of each counts: what
    disturbs a round disturbs only upwards. Returns the last results of both.
    """

    def compare(ours, theirs, rounds=5, aim="≥ 1"):
        seconds, results = [], {}

        def yardstick():
            started = time.perf_counter()
            results["theirs"] = theirs()
            seconds.append(time.perf_counter() - started)

        def engine():
            results["ours"] = ours()

        engine(), theirs()
        benchmark.pedantic(engine, setup=yardstick, rounds=rounds, iterations=1)
        note("yardstick seconds", min(seconds))
        note("our seconds", benchmark.stats.stats.min)
        note("ratio", min(seconds) / benchmark.stats.stats.min, aim)
        return results["ours"], results["theirs"]

    return compare


def pytest_addoption(parser):
    """--record FILE: the figures as a table of Markdown, too."""
    parser.addoption("--record", metavar="FILE", help="also write the figures to FILE")


def pytest_terminal_summary(terminalreporter, config):
    """The table of figures, each beside its aim."""
    if not _LINES:
        return
    if config.getoption("record"):
        Path(config.getoption("record")).write_text(_markdown())
    terminalreporter.section("rfsearch against its yardsticks")
    for test, what, figure, aim in _LINES:
        terminalreporter.write_line(f"{test:<52} {what:<24} {figure:>12}  {aim}")


def _markdown():
    lines = [
        "# One run",
        "",
        "Written by `pytest benchmarks/ --record benchmarks/results.md` on "
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "polars"))
        + ". What the figures are and what they are held against: [README.md](README.md).",
        "",
        "| test | what | figure | aim |",
        "|---|---|---:|---|",
    ]
    lines += [f"| {' | '.join(cell.replace('|', ' ') for cell in line)} |" for line in _LINES]
    return "\n".join(lines) + "\n"
