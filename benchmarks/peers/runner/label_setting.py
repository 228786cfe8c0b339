"""Label-setting searches in C++ (benchmarks/cpp/labels.hpp) over the graph of states, by depth."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Iterator
from ctypes import POINTER, c_int, c_int32, c_int64
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from native import FLAGS, SOURCES
from queries import DEFAULT, DEFAULT_16, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.layered import unrolled
from benchmarks.peers.runner.questions import TINY, sizes, text

COSTS = ("memory", "macs", "params")
MOST = 1 << 22  # vectors of a front


class _Graph(ctypes.Structure):
    """The struct of labels.hpp."""

    _fields_ = [
        ("nodes", c_int), ("start", c_int), ("end", c_int), ("first", POINTER(c_int64)),
        ("to", POINTER(c_int32)), ("cost", POINTER(c_int64)),
    ]  # fmt: skip


@dataclass
class Arrays:
    """The unrolled graph, an end behind all nodes where a stack may end; costs [arcs, 3]."""

    asked: Measured
    first: np.ndarray = field(init=False)
    to: np.ndarray = field(init=False)
    cost: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        layered = unrolled(plain.graph(self.asked))
        end = len(layered.arcs)
        rows = [
            [(to, arc.costs) for arc, to in arcs] + ([(end, (0, 0, 0))] if final else [])
            for arcs, final in zip(layered.arcs, layered.final, strict=True)
        ]
        every = [one for row in rows for one in row]
        self.first = np.cumsum([0, *(len(row) for row in rows), 0]).astype(np.int64)
        self.to = np.array([to for to, _ in every], np.int32)
        self.cost = np.array([costs for _, costs in every], np.int64)

    def graph(self) -> _Graph:
        """As the C++ programs take it."""
        nodes = len(self.first) - 1
        pointers = [
            array.ctypes.data_as(POINTER(kind))
            for array, kind in ((self.first, c_int64), (self.to, c_int32), (self.cost, c_int64))
        ]
        return _Graph(nodes, 0, nodes - 1, *pointers)


@dataclass
class Searched:
    """A front of (memory, MACs, params) ascending, and how many labels were made for it."""

    points: list[tuple[int, ...]]
    made: int


def comparisons(name: str, form: str, tiny: bool) -> Iterator[Comparison]:
    """The front of three costs by one of the programs, which is given the graph."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / f"{name}.so"
        subprocess.run(
            ["g++", *FLAGS, str(SOURCES / f"{name}.cpp"), "-o", str(library)], check=True
        )
        search = getattr(ctypes.CDLL(str(library)), name)
        search.restype = c_int64
        for asked in [TINY] if tiny else [DEFAULT, DEFAULT_16]:
            arrays = Arrays(asked)
            yield Comparison(
                task="front of memory, MACs and params", question=text(asked), form=form,
                ours=lambda asked=asked: answers.front(asked, COSTS),
                theirs=lambda arrays=arrays: searched(search, arrays),
                agree=lambda ours, theirs: ours == theirs.points,
                shown=lambda points: f"{len(points)} points",
                note="ours also finds each point's first stack in order; theirs has vectors alone",
                more=_rate, sizes=sizes(asked) | {"nodes": len(arrays.first) - 1},
            )  # fmt: skip


def searched(search, arrays: Arrays) -> Searched:
    """The front by a program of the form of ltmoa.cpp."""
    graph, front, labels = arrays.graph(), np.empty((MOST, 3), np.int64), (c_int64 * 3)()
    found = search(ctypes.byref(graph), front.ctypes.data_as(POINTER(c_int64)), MOST, labels)
    if found < 0:
        raise SystemExit(f"more than {MOST} vectors")
    points = front[:found]
    memory = (points[:, 0] + plain.input_values(arrays.asked)) * plain.BYTES
    rows = zip(memory.tolist(), points[:, 1].tolist(), points[:, 2].tolist(), strict=True)
    return Searched(sorted(rows), labels[0])


def _rate(_, theirs: Searched) -> dict[str, int]:
    return {"their labels": theirs.made}
