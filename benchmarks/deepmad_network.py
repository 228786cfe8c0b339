"""DeepMAD's ResNet-18-like networks: what may be chosen, and what a choice costs and scores.

A network is stem 3 → 32 (k3 s2), then five super-blocks of L equal residual bottlenecks
`R({b}C1N-{b}C{k}S{s}P{k//2}N-{o}C1N)`, 224 at the input. A choice is 15 indices: of each
super-block L (1..20), an option (k, b) in the order of k·b, and o / 8. Score and effectiveness are
defined in Shen et al., "DeepMAD", CVPR 2023, and explained in rfsearch/automaton/expressive.py;
MACs and parameters count convolutions, norms and the projections of `R`.
"""

from __future__ import annotations

import math

import numpy as np

from rfsearch.kernels import jit

STRIDES = (2, 2, 2, 1, 2)
STEM, SIZE = 32, 112
SIZES = (56, 28, 14, 14, 7)  # positions along an axis after each super-block
DEEPEST, WIDEST, STEP = 20, 2048, 8
ENDS = (0, 1, 3, 4)  # the super-blocks at whose end a stage ends (so does one at the stem)
RATIOS = (1.0, 1.0, 0.0, 1.0, 8.0)  # of the stage that ends with each super-block

# (L, k, b, o) of each super-block as its authors published them.
PUBLISHED = (
    (1, 5, 40, 96),
    (6, 5, 40, 384),
    (9, 5, 64, 384),
    (10, 3, 104, 1024),
    (12, 5, 104, 672),
)
PUBLISHED_EFFECTIVENESS = 0.2990955537315473
MAC_BUDGET, PARAM_BUDGET = 1_810_902_016, 11_153_088

STEM_MACS, STEM_PARAMS = 27 * STEM * SIZE**2, 27 * STEM + 2 * STEM
STEM_LOG = math.log(27) / 2
STEM_WEIGHT = math.log(STEM * SIZE**2)


def _options() -> list[tuple[int, int, int]]:
    """(k b, k, b), ascending; where k b is equal, only k = 5: same score and cheaper."""
    widths = range(STEP, WIDEST + 1, STEP)
    cheapest = {3 * b: (3, b) for b in widths} | {5 * b: (5, b) for b in widths}
    return sorted((u, k, b) for u, (k, b) in cheapest.items())


OPTIONS = _options()
OPTION_U, OPTION_K, OPTION_B = (np.array(some, np.int64) for some in zip(*OPTIONS, strict=True))
LOG_U = np.log(OPTION_U)
LOG_O = np.log(STEP * np.arange(1, WIDEST // STEP + 1))

Blocks = tuple[tuple[int, int, int, int], ...]


def blocks(choice: np.ndarray) -> Blocks:
    """(L, k, b, o) of each super-block of a choice [15]: five L, five options, five o / 8 - 1."""
    at = [int(value) for value in choice]
    return tuple(
        (at[i], OPTIONS[at[5 + i]][1], OPTIONS[at[5 + i]][2], STEP * (at[10 + i] + 1))
        for i in range(5)
    )


def choice_of(network: Blocks) -> np.ndarray:
    """The choice [15] that gives (L, k, b, o) of each super-block."""
    index = {(k, b): at for at, (_, k, b) in enumerate(OPTIONS)}
    return np.array(
        [L for L, *_ in network]
        + [index[k, b] for _, k, b, _ in network]
        + [o // STEP - 1 for *_, o in network],
        np.int64,
    )


def notation(network: Blocks) -> str:
    """The network as rfsearch writes it."""
    parts = [f"{STEM}C3S2P1N"]
    for (L, k, b, o), stride in zip(network, STRIDES, strict=True):
        first, more = (f"R({b}C1N-{b}C{k}S{s}P{k // 2}N-{o}C1N)" for s in (stride, 1))
        parts += [first, f"({more})x{L - 1}"] if L > 2 else [first, more][:L]
    return "-".join(parts)


def space(network: Blocks) -> tuple[list[dict[str, object]], dict[str, object]]:
    """Stages and block of a StagedSpace that holds this network alone."""
    stages: list[dict[str, object]] = []
    for (L, k, b, o), s in zip(network, STRIDES, strict=True):
        block = {"block": "b", "k": k, "m": b, "c": o}
        more = [{**block, "s": 1, "repeat": L - 1}] if L > 1 else []
        stages.append({"slot": [{**block, "s": s}, *more]})
    return stages, {"b": {"stack": "R({m}C1N-{m}C{k}S{s}P{k//2}N-{c}C1N)"}}


def counted(network: Blocks) -> tuple[int, int]:
    """MACs and parameters."""
    macs, params, c, n = STEM_MACS, STEM_PARAMS, STEM, SIZE
    for (L, k, b, o), stride, m in zip(network, STRIDES, SIZES, strict=True):
        inner = L * b * b * k * k + (2 * L - 1) * b * o
        projection = c * o if stride != 1 or c != o else 0
        macs += c * b * n * n + (inner + projection) * m * m
        params += c * b + inner + L * (4 * b + 2 * o) + projection + (2 * o if projection else 0)
        c, n = o, m
    return macs, params


def expressed(network: Blocks) -> tuple[float, float]:
    """Score and effectiveness, as the paper's code computes them."""
    so_far, convolutions, c = STEM_LOG, 1, STEM
    score, worst = STEM_WEIGHT * STEM_LOG, 1 / 27
    for (L, k, b, o), m, ratio in zip(network, SIZES, RATIOS, strict=True):
        so_far += L * math.log(k * b) + (math.log(c) + (L - 1) * math.log(o)) / 2
        convolutions += 3 * L
        if ratio:
            score += ratio * math.log(o * m * m) * so_far
            worst = max(worst, math.exp(math.log(convolutions) - 2 * so_far / convolutions))
        c = o
    return score, worst


def least_logs(effectiveness: float) -> np.ndarray:
    """[102] the least sum of logarithms / 2 with which sum(L) blocks stay within effectiveness."""
    counts = 1 + 3 * np.arange(102)
    return counts * np.log(counts / effectiveness) / 2


WITHIN_PUBLISHED = least_logs(PUBLISHED_EFFECTIVENESS)
# For bounds: any rounding of logarithms to 2^-24 and of effectiveness to 2^-32 lies within this.
WITHIN_ROUNDED = least_logs(PUBLISHED_EFFECTIVENESS * (1 + 1e-6))

_SIZE2 = np.array([n * n for n in SIZES], np.int64)
_INTO2 = np.array([n * n for n in (SIZE, *SIZES[:4])], np.int64)
_RATIOS = np.array(RATIOS)
_VOLUME = 2 * np.log(np.array(SIZES))
_LOG_STEM = math.log(STEM)


@jit.inner
def judge(v):
    """Score of a choice [15], and how far it lies beyond each budget (0: within).

    Excess of MACs and parameters is relative, of effectiveness in sums of logarithms.
    """
    macs, params, c, log_c = STEM_MACS, STEM_PARAMS, STEM, _LOG_STEM
    logs, score, blocks, shortfall = STEM_LOG, STEM_WEIGHT * STEM_LOG, 0, 0.0
    for i in range(5):
        L, u, b = v[i], OPTION_U[v[5 + i]], OPTION_B[v[5 + i]]
        o, log_o = STEP * (v[10 + i] + 1), LOG_O[v[10 + i]]
        inner = L * u * u + (2 * L - 1) * b * o
        projection = c * o if i != 3 or c != o else 0
        macs += c * b * _INTO2[i] + (inner + projection) * _SIZE2[i]
        params += c * b + inner + L * (4 * b + 2 * o) + projection + (2 * o if projection else 0)
        logs += L * LOG_U[v[5 + i]] + (log_c + (L - 1) * log_o) / 2
        blocks += L
        if i != 2:
            score += _RATIOS[i] * (log_o + _VOLUME[i]) * logs
            shortfall = max(shortfall, WITHIN_PUBLISHED[blocks] - logs)
        c, log_c = o, log_o
    return (
        score,
        max(0.0, (macs - MAC_BUDGET) / MAC_BUDGET),
        max(0.0, (params - PARAM_BUDGET) / PARAM_BUDGET),
        shortfall,
    )
