"""The first run: what it compiles ahead, and the second process that compiles half of it."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from conftest import PLAIN_PYTHON

from rfsearch.cli import warm
from rfsearch.cli.compiling import told_of_compiling
from rfsearch.kernels import kernel_cache

AHEAD = """
import sys
from numba.core import event
from rfsearch.cli import warm
from rfsearch.cli import main

class Listener(event.Listener):
    def on_start(self, started):
        names.append(started.data["dispatcher"].py_func.__name__)

    def on_end(self, ended):
        pass

names = []
event.register("numba:compile", Listener())
warm.compile_first()
warm.compile_last()
compiled = len(names)
assert main(["--target-rf", "224", "--input", "227", "--quiet", "-o", sys.argv[1]]) == 0
print(compiled, names[compiled:])
"""


def test_a_search_compiles_nothing_that_was_not_compiled_ahead(tmp_path):
    """In a cache of its own; in plain Python nothing is compiled at all."""
    ran = subprocess.run(
        [sys.executable, "-c", AHEAD, str(tmp_path / "screen.txt")],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    compiled, later = ran.stdout.split(" ", 1)
    assert (int(compiled) > 50) != bool(os.environ.get("NUMBA_DISABLE_JIT"))
    assert later == "[]\n"


def test_the_second_process_ends_well_wherever_it_is_started(tmp_path):
    """A folder that holds another package of this name, as a clone does, is not imported from."""
    (tmp_path / "rfsearch").mkdir()
    (tmp_path / "rfsearch" / "__init__.py").write_text("")
    process = warm.start(cwd=tmp_path)
    assert process is not None
    assert process.wait(timeout=300) == 0


@pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")
@pytest.mark.parametrize("quiet", [False, True])
def test_whoever_waits_for_the_compiler_is_told_once(quiet, capsys, monkeypatch):
    """Also after the first run, by a question that none asked before."""
    monkeypatch.setattr(kernel_cache, "compiled_before", lambda: True)
    with told_of_compiling({"quiet": quiet}):
        assert capsys.readouterr().err == ""
        assert [numba.njit(add)(2) for add in (lambda x: x + 1, lambda x: x + 2)] == [3, 4]
    numba.njit(lambda x: x + 3)(2)
    line = "rfsearch: first question of this kind: compiling, some seconds, once\n"
    assert capsys.readouterr().err == ("" if quiet else line)
    assert gc.isenabled()


@pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")
def test_without_a_folder_for_kernels_no_second_process_compiles_in_vain(capsys, monkeypatch):
    """And nobody is promised that it is only once."""
    for place in (kernel_cache, warm):
        monkeypatch.setattr(place, "cache_folder", lambda: None)
    assert warm.start() is None
    with told_of_compiling({"quiet": False}):
        pass
    said = capsys.readouterr().err
    assert said.startswith("rfsearch: compiling, some seconds; NUMBA_CACHE_DIR can name a folder")
    assert said.count("\n") == 1


def test_a_second_installation_of_the_same_sources_has_kernels_of_its_own(tmp_path):
    """As numba keeps them by place: a first run there says so, and has its second process."""
    package = Path(kernel_cache.__file__).parent
    shutil.copytree(package, tmp_path / "rfsearch", ignore=shutil.ignore_patterns("__pycache__"))
    told = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "from rfsearch.kernels import kernel_cache as k; print(k.cache_folder())",
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    folder = kernel_cache.cache_folder()
    assert folder is not None
    assert Path(told).parent == folder.parent
    assert Path(told) != folder
