"""evaluate against the same loop in C++ with OpenMP: 10^7 candidates of depth 8, two threads."""

import numpy as np
import pytest

import rfsearch
from rfsearch.kernels.price_codes import FIGURES, VALID
from rfsearch.network.bulk.layers import LayerArrays
from rfsearch.network.bulk.score import score

SCALES = {"centre": 2, "erf_variance": 12}  # the C++ loop keeps whole numbers
CANDIDATES, LAYERS, INPUT, THREADS = 10_000_000, 8, 224, 2


@pytest.fixture(scope="module")
def arrays():
    """Convolutions of mixed kernels, paddings within the default rule, a stride now and then."""
    random = np.random.default_rng(0)
    shape = (CANDIDATES, LAYERS)
    kernel = random.choice(np.array([1, 2, 3, 5, 7, 11], np.int32), shape)
    return {
        "op": np.ones(shape, np.int32),
        "kernel": kernel,
        "stride": random.choice(np.array([1, 1, 1, 2], np.int32), shape),
        "padding": random.integers(0, (kernel + 2) // 2, dtype=np.int32),
        "channels": random.choice(np.array([16, 32, 64, 128], np.int32), shape),
    }


@pytest.mark.parametrize("rounding", ["floor", "exact"])
def test_evaluate(rounding, arrays, native, side_by_side, note):
    """The whole call, frame and reasons included; under `exact` three of four are invalid."""
    frame, (figures, faults, _) = side_by_side(
        lambda: rfsearch.evaluate(arrays, INPUT, rounding=rounding, threads=THREADS),
        lambda: native.evaluate(arrays, INPUT, 3, rounding == "exact", 4, THREADS),
        rounds=9,
        aim="≥ 0.8",
    )
    valid = faults == VALID
    note("valid share", valid.mean())
    assert (frame["valid"].is_null().to_numpy() == valid).all()
    assert frame["macs"].sum() == figures[FIGURES.index("macs")][valid].sum()


@pytest.mark.parametrize("rounding", ["floor", "exact"])
def test_score(rounding, arrays, native, side_by_side):
    """The kernels on their pool alone, without frame and words: every figure equal."""
    layers = LayerArrays.of(arrays)
    scores, (figures, faults, _) = side_by_side(
        lambda: score(layers, INPUT, rounding=rounding, threads=THREADS),
        lambda: native.evaluate(arrays, INPUT, 3, rounding == "exact", 4, THREADS),
        rounds=9,
        aim="≥ 0.8",
    )
    valid = faults == VALID
    for row, name in enumerate(FIGURES):
        theirs = figures[row][valid]
        if name in SCALES:
            theirs = theirs / SCALES[name]
        assert (scores.figures[name][valid] == theirs).all()


def test_notations(benchmark, note):
    """A million notations to a frame: for information, C++ has no such thing."""
    random = np.random.default_rng(0)
    words = np.array([f"{c}C{k}P{p}" for c in (16, 32, 64) for k in (3, 5) for p in (0, 1)])
    stacks = ["-".join(row) for row in words[random.integers(0, len(words), (1_000_000, LAYERS))]]
    frame = benchmark.pedantic(
        rfsearch.evaluate, (stacks, INPUT), rounds=3, iterations=1, warmup_rounds=1
    )
    note("our seconds", benchmark.stats.stats.min)
    assert len(frame) == 1_000_000
