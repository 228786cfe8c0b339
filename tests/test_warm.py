"""The first run: what it compiles ahead, and the second process that compiles half of it."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PLAIN_PYTHON

from rfsearch.cli import warm
from rfsearch.cli.compiling import told_of_compiling
from rfsearch.kernels import jit, kernel_cache
from rfsearch.kernels.native import places

AHEAD = """
import sys
from rfsearch.cli import main, warm
from rfsearch.kernels.native.kernel import listeners

compiled = []
listeners.append(compiled.append)
crew = warm.start()
if crew is not None:
    crew.work()
ahead = len(compiled)
assert main(["--target-rf", "224", "--input", "227", "--quiet", "-o", sys.argv[1]]) == 0
print(compiled[ahead:], sorted({"numba"} & set(sys.modules)))
"""


USED = """
from rfsearch.kernels.native.ahead import SEARCH, variants
from variants import called, search

search()
used, ahead = set(called()), {(one.kernel, one.signature) for one in variants(SEARCH)}
print(len(used) > 10, used - ahead)
"""


@pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")
def test_all_that_a_search_uses_stands_in_the_list_of_what_is_compiled_ahead():
    here = os.path.dirname(__file__)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", USED],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "True set()\n"


@pytest.mark.nightly
@pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")
def test_a_search_compiles_nothing_that_was_not_compiled_ahead(tmp_path):
    """In a cache of its own; and a second search there does without numba."""
    for numba_there in (True, False):
        ran = subprocess.run(
            [sys.executable, "-c", AHEAD, str(tmp_path / "screen.txt")],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout == f"[] {['numba'] * numba_there}\n"


@pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")
def test_another_process_ends_well_wherever_it_is_started(tmp_path):
    """A folder that holds another package of this name, as a clone does, is not imported from."""
    (tmp_path / "rfsearch").mkdir()
    (tmp_path / "rfsearch" / "__init__.py").write_text("")
    crew = warm.start(cwd=tmp_path)
    assert crew is not None
    crew.work()
    assert [helper.returncode for helper in crew.helpers] == [0] * len(crew.helpers)
    assert not crew.claims.exists()


def _one_more(number):
    return number + 1


def _two_more(number):
    return number + 2


def _three_more(number):
    return number + 3


@pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")
@pytest.mark.parametrize("quiet", [False, True])
def test_whoever_waits_for_the_compiler_is_told_once(quiet, capsys, monkeypatch, tmp_path):
    """Also after the first run, by a question that none asked before."""
    monkeypatch.setattr(kernel_cache, "compiled_before", lambda: True)
    monkeypatch.setattr(places, "folders", lambda: (tmp_path,))
    monkeypatch.setattr(places, "own_folder", lambda: tmp_path)
    kernels = [jit.bare_njit(add) for add in (_one_more, _two_more, _three_more)]
    with told_of_compiling({"quiet": quiet}):
        assert capsys.readouterr().err == ""
        assert [kernel(2) for kernel in kernels[:2]] == [3, 4]
    assert kernels[2](2) == 5
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


def test_other_sources_have_kernels_of_their_own(tmp_path):
    """What was compiled from one text of a kernel is never called for another."""
    package = Path(kernel_cache.__file__).parents[1]
    shutil.copytree(package, tmp_path / "rfsearch", ignore=shutil.ignore_patterns("__pycache__"))
    ask = "from rfsearch.kernels import kernel_cache as k; print(k.cache_folder())"

    def told():
        return subprocess.run(
            [sys.executable, "-P", "-c", ask],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert told() == str(kernel_cache.cache_folder())
    with (tmp_path / "rfsearch" / "kernels" / "count.py").open("a") as file:
        file.write("# another\n")
    assert Path(told()).parent == kernel_cache.cache_folder().parent
    assert told() != str(kernel_cache.cache_folder())
