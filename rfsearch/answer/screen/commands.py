"""Commands to copy: each shows the network of a row with the figures of that row."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rfsearch.request.query import Query

DEFAULT_CHANNELS, DEFAULT_BYTES = 3, 4  # of `rfsearch show`


def show_command(query: Query, input_channels: int, row: Mapping[str, Any]) -> str:
    """`rfsearch show STACK …` for a row of results: its input, channels, axes, bytes and hop."""
    words = ["rfsearch", "show", row["stack"], "--input", input_words(query, row.get("input"))]
    if input_channels != DEFAULT_CHANNELS:
        words += ["--input-channels", str(input_channels)]
    if query.activation_bytes != DEFAULT_BYTES:
        words += ["--bytes-per-value", str(query.activation_bytes)]
    if query.weight_bytes != query.activation_bytes:
        words += ["--bytes-per-weight", str(query.weight_bytes)]
    if query.hop is not None:
        axis = f"{query.hop_axis + 1}:" if len(query.inputs[0]) > 1 else ""
        words += ["--hop", f"{axis}{query.hop}"]
    return shlex.join(words)


def input_words(query: Query, chosen: object = None) -> str:
    """An input as `show` takes it; `chosen` is a row's own, where there are several.

    One number is a square image to `show`, so that 1 and 3 axes are said: `1d:64`.
    """
    text = query.input_texts()[0] if chosen is None else str(chosen)
    axes = len(query.inputs[0])
    return text if axes == 2 or "x" in text else f"{axes}d:{text}"
