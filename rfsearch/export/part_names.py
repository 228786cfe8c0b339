"""What the parts of a network are called, by what they are: conv1, conv2, pool1, residual1."""

from __future__ import annotations

from collections import Counter

from rfsearch.layers.layer import ADD, ASIDE, CONCAT, INVERTED, MULTIPLY, RESIDUAL

KINDS = {
    "C": "conv",
    "DW": "depthwise",
    "T": "up",
    "MP": "pool",
    "AP": "pool",
    "GAP": "average",
    "FC": "fc",
    "UP": "resize",
    "UPL": "resize",
    "SUB": "subsample",
    "PAD": "pad",
    "CROP": "crop",
    "BN": "norm",
    "LN": "norm",
    "SCALE": "scale",
    "SE": "gate",
    "SUM": "total",
    "CAT": "together",
}
KINDS_OF_BLOCKS = {RESIDUAL: "residual", INVERTED: "inverted", CONCAT: "concat", ADD: "add"}
KINDS_OF_BLOCKS |= {MULTIPLY: "product", ASIDE: "aside"}


class Names:
    """Names of the parts of one scope: conv1, conv2, pool1, …"""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        self.used[kind] += 1
        return f"{kind}{self.used[kind]}"
