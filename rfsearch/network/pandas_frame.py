"""Frames as pandas has them; only where pandas is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rfsearch.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def to_pandas(answer: pl.DataFrame | Any) -> pd.DataFrame:
    """A frame that a question gave, or an answer's own, as a pandas.DataFrame; extra `pandas`.

        rfsearch.to_pandas(found.top(20))
        rfsearch.to_pandas(ladder)      # its rungs
        rfsearch.to_pandas(network)     # its layer table

    Raises UsageError for what has no frame, MissingExtraError where pandas is not installed.
    """
    import polars as pl

    frame = answer
    for name in ("rungs", "frame", "table"):
        if hasattr(answer, name) and not isinstance(answer, pl.DataFrame):
            held = getattr(answer, name)
            frame = held() if callable(held) else held
            break
    if not isinstance(frame, pl.DataFrame):
        raise UsageError(
            f"answer: {type(answer).__name__} has no frame; give that of a question, found.top(20)"
        )
    if find_spec("pandas") is None or find_spec("pyarrow") is None:
        raise MissingExtraError("this needs pandas and pyarrow: pip install 'rfsearch[pandas]'")
    return frame.to_pandas()
