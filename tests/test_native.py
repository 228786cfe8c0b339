"""Kernels as kept machine code: the results of the Python that they are, never another one's."""

import os
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pytest
from conftest import PLAIN_PYTHON
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rfsearch.kernels import jit
from rfsearch.kernels.native import object_file, places
from rfsearch.kernels.native.kernel import Kernel, listeners
from rfsearch.kernels.native.passing import passed, signature

pytestmark = pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")


class Pair(NamedTuple):
    """Two arrays."""

    left: np.ndarray
    right: np.ndarray


@jit.inner
def _weighed(value, weight):
    return value * weight


@jit.njit
def mixed(pair, weights, factor, number, flag, row, nothing):
    """Of every kind that kernels take, and scratch of its own."""
    scratch = np.zeros(3, np.int64)
    total = 0
    for i in range(pair.left.shape[0]):
        for j in range(pair.left.shape[1]):
            total += _weighed(pair.left[i, j], row[1])
    for value in pair.right:
        scratch[0] += value
    fraction = factor * number
    if nothing is None:
        fraction += 1.0
    return total + scratch[0], weights[0], fraction, flag


@jit.bare
def _looked_at(table, at, back, pair, cube):
    """Items, rows and planes, from either end; fields by their names and in their order."""
    row, (left, right) = table[at], pair
    plane = cube[back]
    total = row[back] * 3 + table[back, at] * 5 + plane[at, back] * 7 + cube[at, back, at] * 11
    total += left[at, back] + pair.left[back][at] + right[back] * 13 + len(plane) + row.shape[0]
    total += cube.shape[2] * 17 - table.shape[0]
    row[back] = at - back
    table[back, at] += 2
    return total


@jit.njit
def looked_at(table, at, back, pair, cube, marks, words):
    """The same with scratch of its own; marks and words are of other sizes than int64."""
    scratch = np.zeros((5, 3), np.int64)
    scratch[-1, -1], scratch[back + 1] = at, back
    inner_row = scratch[back + 1]
    marks[back] = marks[at] or at > back
    words[at] = words[back] ^ np.uint64(at)
    low, high = np.uint64(3), words[at]
    order = (1 if low < high else 0) + (2 if low != high else 0) + (4 if low >= high else 0)
    total = _looked_at(table, at, back, pair, cube) + scratch[4, 2] + inner_row[0] * 19
    return total, order, bool(marks[-1]), words[-1]


@jit.njit
def root(number):
    """Raises where there is none."""
    if number < 0:
        raise ValueError("no root")
    return number**0.5


@jit.bare_njit
def busy(steps):
    """Works for a while."""
    x = np.uint64(1)
    for _ in range(steps):
        x = x * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return x


INTEGERS = st.integers(-(2**40), 2**40)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A folder for kernels that is empty."""
    monkeypatch.setattr(places, "folders", lambda: (tmp_path,))
    monkeypatch.setattr(places, "own_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def compilations():
    """The names of the kernels that were compiled meanwhile."""
    names = []
    listeners.append(names.append)
    yield names
    listeners.remove(names.append)


@given(
    arrays.arrays(
        np.int64, arrays.array_shapes(min_dims=2, max_dims=2, min_side=0), elements=INTEGERS
    ),
    arrays.arrays(np.int32, st.integers(0, 5)),
    st.floats(allow_nan=False, width=32),
    INTEGERS,
    st.booleans(),
    st.booleans(),
)
def test_every_kind_of_argument_arrives_as_python_has_it(left, right, factor, n, flag, turn):
    """Also arrays that are strided or may not be written to."""
    if turn:
        left = left.T
        right.flags.writeable = False
    weights = np.array([2**63 + 5], np.uint64)
    given_ = (Pair(left, right), weights, factor, n, flag, (1, 3), None)
    assert mixed(*given_) == mixed.function(*given_)


@given(
    arrays.arrays(np.int64, (4, 4), elements=INTEGERS),
    arrays.arrays(np.int64, (4, 4, 4), elements=INTEGERS),
    arrays.arrays(np.bool_, 4),
    arrays.arrays(np.uint64, 4, elements=st.sampled_from([0, 3, 7, 2**63 + 5])),
    st.integers(0, 3),
    st.integers(-4, -1),
    st.booleans(),
)
def test_what_lies_in_arrays_is_found_from_either_end(table, cube, marks, words, at, back, turn):
    """And written there; also through views, and in arrays that are not contiguous."""
    back = back if turn else -2
    pair = Pair(cube[0].T if turn else cube[0].copy(), np.arange(4, dtype=np.int32))
    results = []
    for function in (looked_at, looked_at.function):
        given_ = [one.copy() for one in (table, cube, marks, words)]
        ours = Pair(pair.left.copy("K"), pair.right)
        own_table, own_cube, own_marks, own_words = given_
        result = function(own_table, at, back, ours, own_cube, own_marks, own_words)
        results.append(([int(one) for one in result], [one.tolist() for one in given_]))
    assert results[0] == results[1]


def test_results_keep_their_kinds():
    """Whole numbers beyond int64 where unsigned, floats, truth."""
    pair = Pair(np.ones((1, 1), np.int64), np.ones(1, np.int32))
    result = mixed(pair, np.array([2**64 - 1], np.uint64), 0.5, 3, True, (1, 1), None)
    assert result == (2, 2**64 - 1, 2.5, True)
    assert [type(one) for one in result] == [int, int, float, bool]


def test_an_error_of_a_kernel_is_raised():
    """With its class and its words, and the next call is right."""
    with pytest.raises(ValueError, match="no root"):
        root(-4)
    assert root(4) == 2.0


@pytest.mark.parametrize("value", [1 << 64, -(1 << 63) - 1])
def test_a_number_that_needs_more_than_64_bits_is_refused(value):
    """It would wrap silently."""
    with pytest.raises(OverflowError):
        root(value)


@pytest.mark.parametrize("value", ["text", [1], {}, np.array(["a"]), np.ones(2, ">i8"), 1j])
def test_what_no_kernel_takes_is_refused(value):
    """By its kind, before any code runs."""
    with pytest.raises(TypeError, match="a kernel takes no"):
        signature(passed((value,))[0])


def test_other_threads_run_meanwhile():
    """The interpreter's lock is free while a kernel works."""
    busy(1)
    ticks, done = 0, threading.Event()

    def work():
        busy(400_000_000)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks > 5


def test_many_threads_that_ask_first_compile_once(own_cache, compilations):
    """And all have the result."""
    kernel = Kernel(root.function, root.flags)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(kernel, [9] * 32)) == [3.0] * 32
    assert len(compilations) == 1


def test_a_hundred_thousand_calls_keep_no_memory():
    """Neither what is handed over nor a kernel's own scratch."""
    pair = Pair(np.ones((50, 50), np.int64), np.ones(50, np.int32))
    weights = np.zeros(1, np.uint64)

    def calls(count):
        for _ in range(count):
            mixed(pair, weights, 0.5, 3, True, (1, 1), None)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = calls(1_000)
    assert calls(100_000) - before < 8_000  # KiB; a leak of 80 bytes a call would be that


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]),
        lambda whole: whole.replace(b'"form": 1', b'"form": 0'),
        lambda whole: whole.replace(b'"signature": "i8"', b'"signature": "f8"'),
        lambda whole: b"\x00" * 100,
    ],
    ids=["empty", "cut short", "a bit", "another form", "another signature", "something else"],
)
def test_a_damaged_file_is_compiled_anew_and_replaced(damage, own_cache, compilations):
    """Never run."""
    assert Kernel(root.function, root.flags)(16) == 4.0
    (path,) = own_cache.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert Kernel(root.function, root.flags)(16) == 4.0
    assert len(compilations) == 2
    assert object_file.read(path) is not None
    assert Kernel(root.function, root.flags)(16) == 4.0
    assert len(compilations) == 2


def test_without_a_place_to_keep_them_kernels_are_compiled_for_this_process(
    monkeypatch, compilations
):
    """Each once."""
    monkeypatch.setattr(places, "folders", lambda: ())
    monkeypatch.setattr(places, "own_folder", lambda: None)
    kernel = Kernel(root.function, root.flags)
    assert (kernel(4), kernel(9)) == (2.0, 3.0)
    assert len(compilations) == 1


def test_a_full_disk_leaves_no_half_file(own_cache, monkeypatch):
    """The kernel works; what cannot be renamed is not there."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert Kernel(root.function, root.flags)(4) == 2.0
    assert not list(own_cache.glob("*.o"))


@pytest.mark.parametrize(
    ("features", "levels"),
    [
        (set(), []),
        (places.LEVELS_OF["x86_64"]["x86-64-v2"], ["x86-64-v2"]),
        (places.LEVELS_OF["x86_64"]["x86-64-v3"], []),
        (set().union(*places.LEVELS_OF["x86_64"].values()), ["x86-64-v2", "x86-64-v3"]),
    ],
)
def test_code_for_a_level_is_for_processors_that_have_all_of_it(features, levels, monkeypatch):
    """A processor with some of a level's features has not the level."""
    import llvmlite.binding as llvm

    monkeypatch.setattr(places.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: dict.fromkeys(features, True))
    assert places._levels() == levels


MIXED = """
from test_native import Pair, mixed, np

pair = Pair(np.ones((2, 3), np.int64), np.arange(3))
print(mixed(pair, np.ones(1, np.uint64), 0.5, 3, True, (1, 3), None))
"""
KERNEL = (sys.executable, "-c", MIXED)
COUNT = (sys.executable, "-m", "rfsearch", "--target-rf", "9", "--input", "16", "--count")


@pytest.mark.parametrize(
    "ask", [KERNEL, pytest.param(COUNT, marks=pytest.mark.nightly)], ids=["a kernel", "a command"]
)
def test_two_first_runs_at_once_print_the_same(ask, tmp_path):
    """They compile into one folder."""
    here = os.path.dirname(__file__)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    runs = [
        subprocess.Popen(
            ask,
            env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert first == second != b""
    assert [run.returncode for run in runs] == [0, 0]
    assert not [path for path in tmp_path.rglob("tmp*") if path.is_file()]


LOAD_ALL = """
import sys
from rfsearch.kernels.native.ahead import kernel_named, variants
from rfsearch.kernels.native.engine import load

for variant in variants():
    kept = kernel_named(variant.kernel).object_for(variant.signature)
    load(kept.code, kept.entry)
print(sorted({"numba"} & set(sys.modules)))
"""


def test_every_listed_kernel_compiles_and_is_loaded_without_numba():
    """What a kernel calls must be there: LLVM's loader ends the process otherwise."""
    for again in (False, True):
        ran = subprocess.run(
            [sys.executable, "-c", LOAD_ALL], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert not again or ran.stdout == "[]\n"
