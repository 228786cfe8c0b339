"""The C++ yardsticks: built with g++ where it is there, called in the same process."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from ctypes import POINTER, c_int, c_int32, c_int64, c_uint64
from pathlib import Path

import numpy as np

SOURCES = Path(__file__).parent / "cpp"
FLAGS = ["-O3", "-march=native", "-std=c++17", "-fopenmp", "-shared", "-fPIC"]


class Question(ctypes.Structure):
    """The struct of space.hpp."""

    _fields_ = [
        *(
            (name, c_int)
            for name in [
                "input",
                "low",
                "high",
                "rounding",
                "depth_low",
                "depth_high",
                "gaps",
                "first_width",
                "most_width",
                "kernels",
                "strides",
                "paddings",
            ]
        ),
        *((name, POINTER(c_int)) for name in ("kernel", "stride", "padding")),
    ]


def question(input, low, high, rounding, depth, gaps, widths, kernel, stride, padding):
    """A Question; `widths` are the first and the most of the doubling rule."""
    lists = [(c_int * len(numbers))(*numbers) for numbers in (kernel, stride, padding)]
    return Question(
        input, low, high, ("exact", "floor").index(rounding), *depth, gaps, *widths,
        len(kernel), len(stride), len(padding),
        *(ctypes.cast(numbers, POINTER(c_int)) for numbers in lists),
    )  # fmt: skip


class Native:
    """The compiled programs; raises RuntimeError where there is no g++."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("g++") is None:
            raise RuntimeError("no g++")
        for name in ("closure", "depth_first", "evaluate"):
            library = folder / f"{name}.so"
            source = SOURCES / f"{name}.cpp"
            subprocess.run(["g++", *FLAGS, str(source), "-o", str(library)], check=True)
            setattr(self, f"_{name}", ctypes.CDLL(str(library)))
        self._depth_first.depth_first.restype = c_int64

    def closure(self, asked: Question) -> tuple[int, int]:
        """(states, transitions) of the pruned automaton."""
        states, transitions = c_int64(), c_int64()
        self._closure.closure(ctypes.byref(asked), ctypes.byref(states), ctypes.byref(transitions))
        return states.value, transitions.value

    def counts(self, asked: Question) -> list[int]:
        """Matches of depth 1, 2, …, modulo 2^128."""
        words = (c_uint64 * (2 * asked.depth_high))()
        self._closure.counts(ctypes.byref(asked), words)
        return [words[2 * d] | words[2 * d + 1] << 64 for d in range(asked.depth_high)]

    def depth_first(self, asked: Question) -> int:
        """Matches, counted one by one."""
        return self._depth_first.depth_first(ctypes.byref(asked))

    def evaluate(self, arrays, input, input_channels, exact, bytes_per_value, threads):
        """(figures [12, candidates], faults, fault layers) of int32 arrays (candidates, layers)."""
        candidates, layers = arrays["op"].shape
        figures = np.empty((12, candidates), np.int64)
        faults = np.empty(candidates, np.int8)
        fault_layers = np.empty(candidates, np.int32)
        pointers = [
            arrays[name].ctypes.data_as(POINTER(c_int32))
            for name in ("op", "kernel", "stride", "padding", "channels")
        ]
        self._evaluate.evaluate(
            *pointers, c_int64(candidates), c_int(layers), c_int64(input),
            c_int64(input_channels), c_int(exact), c_int64(bytes_per_value),
            figures.ctypes.data_as(POINTER(c_int64)),
            faults.ctypes.data_as(POINTER(ctypes.c_int8)),
            fault_layers.ctypes.data_as(POINTER(c_int32)), c_int(threads),
        )  # fmt: skip
        return figures, faults, fault_layers
