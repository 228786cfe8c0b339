"""The columns of a dataset: fixed before the work, so that every part has the same ones.

A frame of matches whose numbers all fit has plainer columns than one that needs text. A dataset has
one type a column, that which any of its matches may need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.question.found import Found

NOTATION, LISTS = "notation", "list"
LAYERS = (NOTATION, LISTS)

# One item of a stack: a layer, or a block with its brackets, which may hold another's.
_ITEM = r"(?:[^-()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+"


def columns_of(
    found: Found,
    question: Mapping[str, Any],
    sample: pl.DataFrame,
    layers: str = NOTATION,
    chosen: Sequence[str] | None = None,
) -> dict[str, str]:
    """Name and polars type of each column, from some matches and from what the question may hold.

    `layers`: the column `stack` of notation, or `layers`, a list of one text a layer or block.
    `chosen` names the columns to keep; UsageError where there is no such column.
    """
    import polars as pl

    types = dict(sample.schema)
    if _jump_may_outgrow(found, question) and types.get("jump") == pl.Int64:
        types["jump"] = pl.String()
    if layers == LISTS:
        types = {
            ("layers" if name == "stack" else name): pl.List(pl.String) if name == "stack" else kind
            for name, kind in types.items()
        }
    for name in chosen or ():
        if name not in types:
            raise UsageError(f"columns: {name} is not one of {', '.join(types)}")
    return {name: str(kind) for name, kind in types.items() if chosen is None or name in chosen}


def schema_of(columns: Mapping[str, str]) -> dict[str, pl.DataType]:
    """The polars types of a manifest's columns; UsageError where one is none of ours."""
    import polars as pl

    known: list[pl.DataType] = [pl.Int64(), pl.Float64(), pl.String(), pl.Boolean()]
    known += [pl.List(kind) for kind in known]
    by_text = {str(kind): kind for kind in known}
    for name, text in columns.items():
        if text not in by_text:
            raise UsageError(f"columns.{name}: {text} is not one of {', '.join(by_text)}")
    return {name: by_text[text] for name, text in columns.items()}


def conformed(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The frame with exactly these columns; UsageError where a value does not fit its column."""
    if "layers" in schema:
        frame = frame.with_columns(_split(frame["stack"]))
    columns = [_as(frame[name], kind) for name, kind in schema.items()]
    return type(frame)(columns)


def _as(column: pl.Series, kind: pl.DataType) -> pl.Series:
    """The column in a wider type: text for numbers."""
    import polars as pl

    if column.dtype == kind:
        return column
    try:
        return column.cast(kind, strict=True)
    except pl.exceptions.PolarsError:
        raise UsageError(
            f"columns.{column.name}: a match needs {column.dtype}, and this dataset holds {kind}; "
            "begin another without that column (--columns)"
        ) from None


def _split(stacks: pl.Series) -> pl.Series:
    """Notation as a list of its items; those of blocks stay together."""
    if not stacks.str.contains("(", literal=True).any():
        return stacks.str.split("-").alias("layers")
    parts = stacks.str.extract_all(_ITEM).alias("layers")
    assert (parts.list.join("-") == stacks).all(), "items put together are the notation again"
    return parts


def _jump_may_outgrow(found: Found, question: Mapping[str, Any]) -> bool:
    """Returns True when int64 might not hold a jump.

    Without gaps no layer's stride exceeds what it adds to the field, so that no jump exceeds the
    RF.
    """
    if not question.get("allow_gaps"):
        return False
    strides, depth = question.get("stride", [1]), question.get("depth", [1, 1])
    most = max(strides) if isinstance(strides, list) else int(strides)
    return bool(most ** (depth[-1] if isinstance(depth, list) else int(depth)) >= 1 << 63)
