"""Rows: matches as plain columns; screens and JSON take them as they are, polars makes frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import polars as pl

Growing = Callable[[], list[int]]

INTEGER, REAL, TEXT = "Int64", "Float64", "String"  # as polars calls them


class Column(NamedTuple):
    """One value a row, of one kind; `lists`: a list of them a row. Values may be None."""

    values: Sequence[Any] | np.ndarray | pl.Series
    kind: str
    lists: bool = False

    def plain(self) -> list[Any]:
        """The values as Python's own."""
        return self.values.tolist() if isinstance(self.values, np.ndarray) else list(self.values)

    def series(self, name: str) -> pl.Series:
        """The values as polars has them."""
        import polars as pl

        kind: Any = getattr(pl, self.kind)
        values = self.plain() if self.lists else self.values
        return pl.Series(name, values, dtype=pl.List(kind) if self.lists else kind)


def whole(values: Sequence[int | None], most: int = 0) -> Column:
    """Whole numbers, or decimal strings where one of them, or `most`, does not fit int64."""
    if most < 1 << 63 and all(value is None or value < 1 << 63 for value in values):
        return Column(values, INTEGER)
    return Column([None if value is None else str(value) for value in values], TEXT)


class Rows(Sequence[dict[str, Any]]):
    """Named columns of one length, in their order; a row is a mapping of names to values.

    What a screen draws beside the columns is worked out when it is asked for.
    """

    def __init__(self, columns: Mapping[str, Column], growing: Sequence[Growing] = ()) -> None:
        """`growing`: what gives the RF after each layer of each row, where that is known."""
        self._columns = dict(columns)
        self._growing = growing
        self._plain: dict[str, list[Any]] | None = None

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return list(self._columns)

    def values(self, name: str) -> list[Any]:
        """One column as Python's own values."""
        return self._columns[name].plain()

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())).values)

    def __getitem__(self, at: Any) -> Any:
        """A row, or some rows of a slice or of a list of their numbers."""
        if isinstance(at, int):
            return {name: column[at] for name, column in self._by_name().items()}
        numbers = range(len(self))[at] if isinstance(at, slice) else at
        some = {name: [column[i] for i in numbers] for name, column in self._by_name().items()}
        return Rows(
            {name: self._columns[name]._replace(values=some[name]) for name in some},
            [self._growing[i] for i in numbers] if self._growing else (),
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = self.names
        for row in zip(*self._by_name().values(), strict=True):
            yield dict(zip(names, row, strict=True))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Every row."""
        return list(self)

    def inserted(self, name: str, column: Column, after: str | None = None) -> Rows:
        """With one column more, behind another one; first where none is named."""
        made: dict[str, Column] = {} if after else {name: column}
        for known, one in self._columns.items():
            made[known] = one
            if known == after:
                made[name] = column
        return Rows(made, self._growing)

    def growth(self, number: int) -> list[int]:
        """The RF along the first axis after each layer of a row, up to the head; [] if unknown."""
        return self._growing[number]() if self._growing else []

    def with_growth(self, growing: Sequence[Growing]) -> Rows:
        """The same rows, which know how their RF grows."""
        return Rows(self._columns, growing)

    def frame(self) -> pl.DataFrame:
        """As polars has them."""
        import polars as pl

        return pl.DataFrame([column.series(name) for name, column in self._columns.items()])

    def _by_name(self) -> dict[str, list[Any]]:
        if self._plain is None:
            self._plain = {name: column.plain() for name, column in self._columns.items()}
        return self._plain
