"""Figures: what every step of a staged space adds to each cost, as whole numbers.

An item's costs are linear in the volumes of its nodes (rfsearch.layers.anatomy), so that each
pair of an item and a size is worked out once, for all widths of one geometry together.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from rfsearch.errors import UsageError
from rfsearch.layers.anatomy import Anatomy

if TYPE_CHECKING:
    from rfsearch.automaton.spots import _Sweep

LARGEST_STEP = 1 << 56  # of a cost: sixty such steps stay below 2^62


def figures_of(
    sweep: _Sweep,
    source: np.ndarray,
    target: np.ndarray,
    link: np.ndarray,
    size: np.ndarray,
    jump: np.ndarray,
    place: np.ndarray,
) -> dict[str, Any]:
    """The fields `figure`, `stride`, `start`, `end` and `least` of Spots. Raises UsageError."""
    from rfsearch.automaton.spots import BODY, HEAD, INPUT

    axes, count = sweep.space.axes, len(source)
    kind = np.array([one.kind for one in sweep.links])[link]
    number = {
        name: np.zeros(count, np.int64)
        for name in ("depth", "params", "macs", "activations", "peak_memory", "entropy")
    }
    stride = np.ones(count, np.int64)
    start, end, least, spread = (np.zeros((count, axes), np.int64) for _ in range(4))
    body = np.flatnonzero(kind == BODY)
    pairs, which = _pairs(sweep, link[body], size[source[body]])
    for name, values in _costs(sweep, pairs).items():
        number[name][body] = values[which]
    placed = [sweep.place(made, at) for made, at in pairs]
    boxes = {
        name: np.array([getattr(one, name) for one in placed if one is not None], np.int64).reshape(
            -1, axes
        )
        for name in ("start", "end", "least", "spread", "stride")
    }
    jumps = np.array(sweep.jumps, np.int64)[jump[source[body]]]
    start[body] = boxes["start"][which] * jumps
    end[body] = boxes["end"][which] * jumps
    least[body] = boxes["least"][which] * jumps
    widest = np.abs(boxes["spread"]).max(initial=0) * float(jumps.max(initial=1)) ** 2
    if widest > LARGEST_STEP:
        raise UsageError("erf_variance: one step passes 2^56; reduce kernels, dilations or strides")
    spread[body] = boxes["spread"][which] * jumps**2
    stride[body] = boxes["stride"].prod(axis=1)[which]
    for i in np.flatnonzero(kind == INPUT):
        number["activations"][i] = prod(sweep.links[link[i]].input) * sweep.space.input_channels
        stride[i] = 2  # an input is a point of its family
    for i in np.flatnonzero(kind == HEAD):
        at = int(source[i])
        figures = sweep._head(int(size[at]), sweep.plan.width[int(place[at])])
        assert figures is not None
        for name, value in figures.items():
            number[name][i] = value
    query = sweep.query
    figure = {
        **number,
        "memory": number["activations"] * query.activation_bytes,
        "peak_memory": number["peak_memory"] * query.activation_bytes,
        "weight_memory": number["params"] * query.weight_bytes,
        "erf_variance": spread.sum(axis=1) if axes > 1 else spread[:, 0],
        "rf": (end - start).sum(axis=1),
    }
    return {"figure": figure, "stride": stride, "start": start, "end": end, "least": least}


def _pairs(
    sweep: _Sweep, link: np.ndarray, size: np.ndarray
) -> tuple[list[tuple[Anatomy, int]], np.ndarray]:
    """The distinct (anatomy, size) pairs of the steps, and each step's pair."""
    anatomies: dict[int, int] = {}
    made: list[Anatomy] = []
    of_link = np.zeros(len(sweep.links), np.int64)
    for number, one in enumerate(sweep.links):
        if one.made is None:
            continue
        # Equal items at equal widths share one object, so that identity is enough.
        of_link[number] = anatomies.setdefault(id(one.made), len(made))
        if of_link[number] == len(made):
            made.append(one.made)
    sizes = len(sweep.sizes)
    keys, which = np.unique(of_link[link] * sizes + size, return_inverse=True)
    return [(made[key // sizes], key % sizes) for key in keys.tolist()], which.reshape(-1)


def _costs(sweep: _Sweep, pairs: list[tuple[Anatomy, int]]) -> dict[str, np.ndarray]:
    """[pairs] of each cost, geometry by geometry."""
    found = {
        "depth": np.array([made.depth for made, _ in pairs], np.int64),
        "params": np.array([made.params for made, _ in pairs], np.int64),
        "entropy": np.array([made.entropy for made, _ in pairs], np.int64),
        "macs": np.zeros(len(pairs), np.int64),
        "activations": np.zeros(len(pairs), np.int64),
        "peak_memory": np.zeros(len(pairs), np.int64),
    }
    groups: dict[tuple, list[int]] = {}
    for number, (made, _) in enumerate(pairs):
        groups.setdefault((made.geometry, made.end), []).append(number)
    for numbers in groups.values():
        some = [pairs[number] for number in numbers]
        placed = [sweep.place(made, size) for made, size in some]
        volumes = np.array([one.volumes for one in placed if one is not None], np.int64)
        at = np.array(numbers)
        for name in ("macs", "activations"):
            found[name][at] = _product([getattr(made, name) for made, _ in some], volumes, name)
        steps = max(len(made.live) for made, _ in some)
        for step in range(steps):
            live = [made.live[min(step, len(made.live) - 1)] for made, _ in some]
            values = _product(live, volumes, "peak_memory")
            found["peak_memory"][at] = np.maximum(found["peak_memory"][at], values)
    return found


def _product(coefficients: list[tuple[int, ...]], volumes: np.ndarray, name: str) -> np.ndarray:
    """Row by row products; int64 would wrap silently, so floating point looks first."""
    rough = np.array(coefficients, np.float64) * volumes
    if rough.sum(axis=1).max(initial=0.0) * 1024 > LARGEST_STEP:
        raise UsageError(f"{name}: one step comes near 2^46; reduce channels, kernels or input")
    return (np.array(coefficients, np.int64) * volumes).sum(axis=1)
