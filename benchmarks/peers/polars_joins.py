"""polars: a cross join with the choices a layer; and, as experts would, grouped by states.

The first keeps every stack as a row and filters what does not fit. The second groups rows of one
size, jump, RF and width after each layer: a frame is the automaton's front, a column its counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from queries import DEFAULT, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import PRODUCT, TINY, sizes, text

NEEDS = ("polars",)
LIMIT = 600


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Count and least memory, stack by stack and by states."""
    for asked, merged in ((TINY if tiny else PRODUCT, False), (TINY if tiny else DEFAULT, True)):
        yield Comparison(
            task="count and least memory", question=text(asked),
            form="cross join, grouped by state" if merged else "cross joins",
            ours=lambda asked=asked: answers.count_and_best(asked),
            theirs=lambda asked=asked, merged=merged: counted(asked, merged),
            shown=lambda answer: f"{answer[0]:,}; {answer[1]:,} bytes", sizes=sizes(asked),
        )  # fmt: skip


def counted(asked: Measured, merged: bool) -> tuple[int, int]:
    """(number of matches, least memory)."""
    choices = pl.DataFrame(
        plain.layers(asked), schema=["kernel", "stride", "padding"], orient="row"
    )
    size, jump, rf, place = plain.start(asked)
    frame = pl.DataFrame(
        {"size": size, "jump": jump, "rf": rf, "place": place, "ways": 1,
         "values": plain.input_values(asked)}
    )  # fmt: skip
    count, least = 0, 1 << 62
    for _ in range(asked.depth):
        frame = _after_one_layer(frame, choices, asked)
        if merged:
            frame = frame.group_by("size", "jump", "rf", "place").agg(
                pl.col("ways").sum(), pl.col("values").min()
            )
        ends = frame.filter(pl.col("rf") == asked.target)
        count += ends["ways"].sum()
        least = min(least, ends["values"].min() or least)
    return count, least * plain.BYTES


def _after_one_layer(frame: pl.DataFrame, choices: pl.DataFrame, asked: Measured) -> pl.DataFrame:
    row = plain.widths(asked)
    slack = pl.col("size") + 2 * pl.col("padding") - pl.col("kernel")
    fits = slack >= 0
    if asked.rounding == "exact":
        fits &= slack % pl.col("stride") == 0
    following = pl.col("place") + pl.when(pl.col("place") == 0).then(1).otherwise(
        (pl.col("stride") > 1).cast(pl.Int64)
    )
    rf = pl.col("rf") + (pl.col("kernel") - 1) * pl.col("jump")
    jump = pl.col("jump") * pl.col("stride")
    return (
        frame.lazy().join(choices.lazy(), how="cross")
        .filter(fits, rf <= asked.target, (asked.target - rf) % jump == 0)
        .select(
            (slack // pl.col("stride") + 1).alias("size"), jump.alias("jump"), rf.alias("rf"),
            following.clip(0, len(row) - 1).alias("place"), "ways", "values",
        )
        .with_columns(
            values=pl.col("values") + pl.col("size") ** 2
            * pl.col("place").replace_strict(dict(enumerate(row)), return_dtype=pl.Int64)
        )
        .collect()
    )  # fmt: skip
