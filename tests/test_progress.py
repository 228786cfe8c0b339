"""The progress line, and work that is watched."""

import io

import pytest

from rfsearch.cli import progress
from rfsearch.cli.progress import ProgressLine, watched


class Terminal(io.StringIO):
    """A text stream that claims to be a terminal."""

    def isatty(self):
        return True


def test_the_line_names_the_stage_the_share_and_what_remains(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    report = ProgressLine()
    report("states", 0.0)
    now[0] = 3.0
    assert report.line() == "states: 3 s"
    report("states", 0.25)
    assert report.line() == "states: 25%, about 9 s left"


@pytest.mark.parametrize(
    ("count", "said"),
    [(7, "7, 2/s"), (3_700, "3,700, 925/s"), (5_000_000, "5,000,000, 1.2 M/s"),
     (4 * 10**10, "40,000,000,000, 10 G/s")],
)  # fmt: skip
def test_the_line_counts_what_is_made_and_how_fast(monkeypatch, count, said):
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    report = ProgressLine()
    report("front", 0.0)
    now[0] = 4.0
    report("front", 0.5, count)
    assert report.line() == f"front: {said}, 50%, about 4 s left"
    report("front", 0.0, count)
    assert report.line() == f"front: {said}, 4 s"


def test_after_stop_the_next_report_ends_the_work():
    report = ProgressLine()
    report.stop()
    with pytest.raises(KeyboardInterrupt):
        report("states", 0.5)


def test_what_the_work_raises_is_raised_to_the_caller():
    def work(report):
        raise ValueError("from within")

    with pytest.raises(ValueError, match="from within"):
        watched(work, None)


def slow_work(report):
    from time import sleep

    for step in range(5):
        report("states", step / 5)
        sleep(0.06)


def test_long_work_draws_on_a_terminal_and_cleans_up(monkeypatch):
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.0)
    terminal = Terminal()
    watched(slow_work, terminal)
    assert "states: " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


def test_nothing_is_drawn_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.0)
    file = io.StringIO()
    watched(slow_work, file)
    assert file.getvalue() == ""


def test_short_work_draws_nothing_even_on_a_terminal():
    terminal = Terminal()
    watched(lambda report: report("states", 0.5), terminal)
    assert terminal.getvalue() == ""
