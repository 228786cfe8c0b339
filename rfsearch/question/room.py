"""Room: tables of labels, rows of arrays, that are made twice as long when they are full."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar, cast

import numpy as np

from rfsearch.errors import LimitError

Table = TypeVar("Table", bound=Any)  # a NamedTuple of arrays


def check_room(table: Table, memory_limit: int, held: str, instead: str) -> None:
    """LimitError where twice the table passes `memory_limit` bytes.

    held     what it has, "the front holds 3 labels"; instead: what to ask for
    """
    size = sum(array.nbytes for array in table)
    if 2 * size > memory_limit:
        raise LimitError(
            f"{held}, {size / 2**30:.1f} GiB; twice that passes the limit of "
            f"{memory_limit / 2**30:.1f} GiB; {instead}"
        )


def doubled(table: Table, but: Collection[str]) -> Table:
    """The table with zeros behind every array, as many as it has, `but` some."""
    longer = {
        name: np.concatenate([array, np.zeros_like(array)])
        for name, array in table._asdict().items()
        if name not in but
    }
    return cast("Table", table._replace(**longer))
