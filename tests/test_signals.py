"""Interrupts and closed pipes: quiet ends, right exit codes, nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONG = "--input 4096 --target-rf 4095 --rounding floor --allow-gaps --depth 1..64 --channels 64,128"
LISTED = (
    "--input 33 --target-rf 15 --kernel 1,3 --stride 1,2 --padding 0,1 --allow-gaps --depth 1..5 "
    "--distinct none --top 100000 --quiet"
)


def start(line, **options):
    """The command as a process of its own, both ends of its output piped to us."""
    return subprocess.Popen(
        # Without warnings: numpy has some to give where the kernels run as plain Python.
        [sys.executable, "-W", "ignore", "-m", "rfsearch", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def interrupt(process, timeout):
    """Ctrl-C, which must end the process with exit 130, its last line and nothing on stdout."""
    assert process.poll() is None, "the question was meant to be long"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "rfsearch: interrupted"
    assert "Traceback" not in err


def test_ctrl_c_during_a_long_answer_exits_130_with_nothing_half_written(tmp_path):
    process = start(f"{LONG} --format json -o found.json", cwd=tmp_path)
    time.sleep(3)
    interrupt(process, timeout=20)
    assert not list(tmp_path.iterdir())


@pytest.mark.compiled
def test_ctrl_c_ends_what_other_threads_were_asked(tmp_path):
    """The greatest of a cost that the budget is about takes a minute, on the threads of a pool."""
    preset = (ROOT / "configs" / "microcontroller.toml").read_text(encoding="utf-8")
    for of_device, plain in (("arena", "peak_memory"), ("flash", "weight_memory")):
        preset = preset.replace(f"max_{of_device}", f"max_{plain}")
    (tmp_path / "long.toml").write_text(preset, encoding="utf-8")
    process = start("reach --config long.toml --greatest params", cwd=tmp_path)
    time.sleep(8)
    interrupt(process, timeout=15)


@pytest.mark.compiled
@pytest.mark.parametrize("seconds", [1, 2.5, 4, 5.5])
def test_ctrl_c_while_kernels_are_compiled(seconds, tmp_path):
    """In the midst of LLVM's work for numba, too, where Python code of llvmlite is called back."""
    process = start(
        "--target-rf 224 --input 227", env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    )
    time.sleep(seconds)
    interrupt(process, timeout=20)


def interrupted(*_, **__):
    raise KeyboardInterrupt


def test_what_was_counted_before_the_interrupt_is_said(monkeypatch, capsys):
    from rfsearch.cli import main
    from rfsearch.question.found import Found

    monkeypatch.setattr(Found, "front", interrupted)
    monkeypatch.setattr(Found, "families", interrupted)
    assert main(LISTED.split()) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == "rfsearch: so far: 432 of 9,330 stacks match (1 in 21)"
    assert "Front" not in err


def test_a_front_and_a_list_finished_before_the_interrupt_are_shown(monkeypatch, capsys):
    """On stderr, as stdout is for whole answers; what was not begun is absent."""
    from rfsearch.cli import main
    from rfsearch.why import nearby

    monkeypatch.setattr(nearby, "around", interrupted)
    assert main(LISTED.replace("--quiet", "--top 1").split()) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rfsearch: so far: 432 of 9,330 stacks match")
    assert "Front: nothing beats" in err and "The best 1 by" in err
    assert "Nearby" not in err
    assert err.splitlines()[-1] == "rfsearch: interrupted"


def test_a_reader_that_leaves_early_is_no_error():
    process = start(f"{LISTED} --format ndjson")
    assert process.stdout.readline().startswith("{")
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert [line for line in process.stderr if "compiling" not in line] == []
