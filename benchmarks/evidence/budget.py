"""The space and the budget of the second and the third study, and networks drawn from it."""

from __future__ import annotations

import rfsearch
from benchmarks.evidence.data import SIDE
from rfsearch.question.found import Found

BUDGET = {"max_macs": 600_000, "max_params": 16_000}
TARGET = (9, 45)  # pixels; the images have 28
DRAWN_WITH = 20  # the seed of the draw

# Made by hand before any training, with the same widths, depth and budget: doubling where it
# strides, bottlenecks, large kernels first.
HAND_MADE = {
    "hand-made, doubling": "8C3S2P1N-8C3P1N-16C3S2P1N-16C3P1N-32C3P1N-32C1N-GAP-10FC",
    "hand-made, bottlenecks": "16C3S2P1N-32C3S2P1N-8C1N-32C3P1N-8C1N-32C3P1N-GAP-10FC",
    "hand-made, large first": "8C5S2P2N-16C5S2P2N-16C3P1N-16C3P1N-16C3P1N-32C1N-GAP-10FC",
}


def space() -> rfsearch.Space:
    """Six convolutions with norms, then a global average and a classifier."""
    return rfsearch.Space(
        kernel=[1, 3, 5], stride=[1, 2], padding="half", channels=[8, 16, 32, 64],
        depth=6, norm="batch", head="GAP-10FC", input_channels=1,
    )  # fmt: skip


def search(**more: object) -> Found:
    """All networks of the space within the budget, or another."""
    return space().search(SIDE, TARGET, rounding="floor", output_size=7, **{**BUDGET, **more})


def drawn(networks: int) -> list[str]:
    """So many different matches, drawn uniformly, always the same ones."""
    sampled = search().sample(2 * networks + 10, seed=DRAWN_WITH)["stack"]
    return list(dict.fromkeys(sampled))[:networks]
