"""The second process of a first run: what it compiles has to go through to its end."""

import subprocess
import sys

from rfsearch import warm


def test_what_is_compiled_last_runs_to_its_end():
    warm.compile_last()


def test_the_second_process_ends_well():
    process = [sys.executable, "-m", "rfsearch.warm"]
    ended = subprocess.run(process, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
