"""A wheel as it is installed: its first search compiles nothing and imports no numba.

RFSEARCH_WHEEL names the Python of an environment in which the wheel was installed: .ci/run has one.
"""

import os
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("RFSEARCH_WHEEL")
pytestmark = pytest.mark.skipif(PYTHON is None, reason="RFSEARCH_WHEEL names no Python")

ASK = """
import sys
from rfsearch.cli import main
from rfsearch.kernels.native.kernel import listeners

compiled = []
listeners.append(compiled.append)
code = main(sys.argv[1:])
print(compiled, sorted({"numba"} & set(sys.modules)), code, file=sys.stderr)
"""
QUESTIONS = {
    "search": "--target-rf 224 --input 227",
    "count": "--target-rf 224 --input 227 --max-macs 3G --count",
    "preset": f"--config {Path(__file__).parent.parent / 'configs' / 'resnet.toml'}",
    "like": "--like resnet18 --changes 1 --target-rf 96..500 --input 96",
    "reach": "reach --input 64 --depth 1..4",
    "ladder": "ladder --target-rf 23..55:16 --hold params:5% --input 64",
}


def ran(folder, line, **more):
    """The run of a command of the wheel, in an empty folder of its own."""
    return subprocess.run(
        [PYTHON, "-P", "-c", ASK, *line.split()],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": "", **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("line", QUESTIONS.values(), ids=QUESTIONS)
def test_a_first_command_of_a_wheel_compiles_nothing(line, tmp_path):
    """And needs no numba."""
    first = ran(tmp_path, line)
    assert first.stdout
    assert first.stderr.splitlines()[-1] == "[] [] 0"


def test_a_wheel_answers_as_its_sources_do_in_plain_python(tmp_path):
    """Byte for byte."""
    line = "--target-rf 31 --input 64 --depth 1..4 --front memory,macs --format json"
    plain = ran(tmp_path, line, NUMBA_DISABLE_JIT="1")
    compiled = ran(tmp_path, line)
    assert _untimed(compiled.stdout) == _untimed(plain.stdout) != ""


def test_a_wheel_works_where_nothing_can_be_written(tmp_path):
    """As another user, without a home."""
    first = ran("/", QUESTIONS["search"], HOME="/nonexistent", XDG_CACHE_HOME="/nonexistent")
    assert first.stderr.splitlines()[-1] == "[] [] 0"


def _untimed(text):
    return text.partition('"seconds"')[0]
