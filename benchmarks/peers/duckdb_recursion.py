"""DuckDB: one recursive query, a row a stack; SQL's own way to walk a graph.

Rows that do not fit, or that can no more meet the target, are left out as they are made.
"""

from __future__ import annotations

from collections.abc import Iterator

from queries import Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import PRODUCT, TINY, sizes, text

NEEDS = ("duckdb",)
LIMIT = 600

QUERY = """
WITH RECURSIVE stack(depth, size, jump, rf, place, amount) AS (
    SELECT 0, $input::BIGINT, 1::BIGINT, 1::BIGINT, 0, $values::BIGINT
    UNION ALL
    SELECT depth + 1, size, jump, rf, place, amount + size * size * width
    FROM (
        SELECT depth, (size + 2 * padding - kernel) // stride + 1 AS size, jump * stride AS jump,
               rf + (kernel - 1) * jump AS rf, amount,
               CASE place WHEN 0 THEN 1 ELSE least(place + (stride > 1)::INT, $last) END AS place
        FROM stack, layers
        WHERE depth < $depth AND size + 2 * padding >= kernel
          AND (NOT $exact OR (size + 2 * padding - kernel) % stride = 0)
          AND rf + (kernel - 1) * jump <= $target
          AND ($target - rf - (kernel - 1) * jump) % (jump * stride) = 0
    ) JOIN widths USING (place)
)
SELECT count(*), min(amount) FROM stack WHERE rf = $target AND depth > 0
"""


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Count and least memory."""
    asked = TINY if tiny else PRODUCT
    yield Comparison(
        task="count and least memory", question=text(asked), form="recursive SQL",
        ours=lambda: answers.count_and_best(asked), theirs=lambda: counted(asked),
        shown=lambda answer: f"{answer[0]:,}; {answer[1]:,} bytes", sizes=sizes(asked),
    )  # fmt: skip


def counted(asked: Measured) -> tuple[int, int]:
    """(number of matches, least memory)."""
    import duckdb

    row = plain.widths(asked)
    with duckdb.connect() as database:
        database.execute("CREATE TABLE layers(kernel BIGINT, stride BIGINT, padding BIGINT)")
        database.executemany("INSERT INTO layers VALUES (?, ?, ?)", plain.layers(asked))
        database.execute("CREATE TABLE widths(place INT, width BIGINT)")
        database.executemany("INSERT INTO widths VALUES (?, ?)", list(enumerate(row)))
        count, least = database.execute(
            QUERY,
            {
                "input": asked.input, "values": plain.input_values(asked), "last": len(row) - 1,
                "depth": asked.depth, "exact": asked.rounding == "exact", "target": asked.target,
            },
        ).fetchone()  # fmt: skip
    return count, least * plain.BYTES
