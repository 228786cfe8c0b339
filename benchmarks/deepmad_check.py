"""The bound and the search of deepmad.py against listings: `pytest benchmarks/deepmad_check.py`.

Each box of a few thousand networks is listed whole, counted and scored by the plain functions of
deepmad_network, which share nothing with the kernels but the budgets.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from deepmad_bound import WARM, bound
from deepmad_boxes import ROOTS, START, halves, nearest, roots
from deepmad_local import anneal, exchange
from deepmad_network import (
    MAC_BUDGET,
    OPTIONS,
    PARAM_BUDGET,
    PUBLISHED,
    PUBLISHED_EFFECTIVENESS,
    blocks,
    choice_of,
    counted,
    expressed,
)
from deepmad_relaxation import FIELDS

WIDEST_INDEX = 255


def box_around(choice: np.ndarray, draw: np.random.Generator, open_entries: int) -> np.ndarray:
    """A box that holds the choice, with a few ranges of two to five indices."""
    box = np.zeros(FIELDS, np.int64)
    box[:5] = choice[:5]
    box[5] = choice[12] == choice[13]
    box[6:16] = box[16:26] = choice[5:]
    for k in draw.choice(10, open_entries, replace=False):
        most = len(OPTIONS) - 1 if k < 5 else WIDEST_INDEX
        box[6 + k] = max(box[6 + k] - draw.integers(0, 3), 0)
        box[16 + k] = min(box[16 + k] + draw.integers(1, 3), most)
    if box[5]:
        box[13] = box[23] = 0
    return box


def best_listed(box: np.ndarray) -> float:
    """The best score of all networks in the box within every budget; -1: none."""
    best = -1.0
    ranges = [range(low, high + 1) for low, high in zip(box[6:16], box[16:26], strict=True)]
    for picked in product(*ranges):
        choice = np.array([*box[:5], *picked])
        if box[5]:
            choice[12] = choice[13]
        network = blocks(choice)
        macs, params = counted(network)
        if macs <= MAC_BUDGET and params <= PARAM_BUDGET:
            score, effectiveness = expressed(network)
            if effectiveness <= PUBLISHED_EFFECTIVENESS:
                best = max(best, score)
    return best


def bounded(box: np.ndarray, warm: np.ndarray | None = None) -> float:
    start = START.copy() if warm is None else warm
    return bound(box, start, -np.inf, np.empty(10), np.empty(10))


def searched(box: np.ndarray) -> float:
    """The best score that halving finds in the box; -1: none."""
    best, boxes, starts = -1.0, box[None].astype(np.int16), START[None].copy()
    while len(boxes):
        boxes, starts, _, _, best, _ = halves(boxes, starts, best)
    return best


@pytest.fixture(scope="module")
def good() -> list[np.ndarray]:
    """Choices at the budgets' edge, with and without equal o3 and o4."""
    found = [anneal(choice_of(PUBLISHED), 100_000, 100.0, seed)[0] for seed in range(12)]
    return [choice_of(PUBLISHED), *found]


@pytest.mark.parametrize("seed", range(60))
def test_a_listed_box_has_no_better_network_than_its_bound_and_halving_finds_its_best(good, seed):
    draw = np.random.default_rng(seed)
    box = box_around(good[seed % len(good)], draw, int(draw.integers(1, 6)))
    listed = best_listed(box)
    assert listed <= bounded(box)
    assert searched(box) == pytest.approx(listed, abs=1e-6)


@pytest.mark.parametrize("seed", range(60))
def test_a_bound_from_any_start_and_in_any_wider_box_is_above_the_networks_in_it(good, seed):
    draw = np.random.default_rng(seed)
    choice = good[seed % len(good)]
    score, _ = expressed(blocks(choice))
    box = box_around(choice, draw, 0)
    open_entries = draw.random(10) < 0.7
    for k in np.flatnonzero(open_entries):
        most = len(OPTIONS) - 1 if k < 5 else WIDEST_INDEX
        if k == 7 and box[5]:
            continue
        box[6 + k] = draw.integers(0, box[6 + k] + 1)
        box[16 + k] = draw.integers(box[16 + k], most + 1)
    for _ in range(20):
        warm = np.exp(draw.normal(2, 3, WARM))
        assert bounded(box, warm) >= score


@pytest.mark.parametrize("seed", range(100))
def test_the_bound_of_all_networks_of_some_depths_is_within_a_hundredth_above_the_best_known(seed):
    draw = np.random.default_rng(seed)
    best = -1.0
    while best < 0:
        number = int(draw.integers(ROOTS))
        boxes, starts, bounds = roots(number, number + 1, 0.0)
        if len(bounds):
            rounded = nearest(boxes[0].astype(np.int64), starts[0])
            rounded[10:] = np.maximum(rounded[10:] - draw.integers(0, 12), 0)
            best_choice, best = exchange(rounded, 5)
            if (best_choice[12] == best_choice[13]) != boxes[0, 5]:
                best = -1.0
    assert best <= bounds[0] <= 1.01 * best
