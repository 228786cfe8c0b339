"""Latency tables in the form that ProxylessNAS and Once-for-All publish, as rows of a table.

A key says what a block is, `expanded_conv-input:56x56x24-output:28x28x40-expand:6-kernel:5-
stride:2-idskip:0`, its value has the mean: `{mean: 1.23}`. Shapes are height × width × channels.
`expand` is the width of the middle (Once-for-All), or where it is less than the input's width the
ratio (ProxylessNAS). `Conv` is the first convolution, 3×3, its stride as the sizes say, `Conv_1`
a 1×1 convolution, `Logits` the global average with the classifier: its value stands with the GAP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rfsearch.errors import UsageError

_KINDS = ("Conv", "Conv_1", "Logits", "expanded_conv")
_SQUEEZE = 4


def rows_of(document: object, name: str) -> list[Mapping[str, object]]:
    """A row for every key; UsageError names one that cannot be said as an item."""
    if not isinstance(document, dict) or not document:
        raise UsageError(f"{name}: no table like {{expanded_conv-input:…: {{mean: 1.2}}}}")
    return [row for key, entry in document.items() for row in _rows(str(key), entry, name)]


def _rows(key: str, entry: object, name: str) -> Iterator[Mapping[str, object]]:
    at = f"{name}: {key}"
    if not isinstance(entry, dict) or "mean" not in entry:
        raise UsageError(f"{at}: no mean in it")
    kind, *parts = key.split("-")
    said = dict(part.split(":", 1) for part in parts if ":" in part)
    if kind not in _KINDS or not {"input", "output"} <= set(said):
        raise UsageError(f"{at}: not one of {', '.join(_KINDS)} with input and output")
    height, width, channels = _shape(said["input"], at)
    place = {"channels": channels, "sizes": (height, width)}
    if kind == "Logits":
        yield {"item": "GAP", **place, "value": entry["mean"]}
        classes = _numbers(said["output"], at)[-1]
        yield {"item": f"{classes}FC", "channels": channels, "sizes": (1, 1), "value": 0}
        return
    out_height, _, out = _shape(said["output"], at)
    stride = "" if out_height == height else f"S{-(-height // out_height)}"
    if kind == "Conv_1":
        item = f"{out}C1N"
    elif kind == "Conv":
        item = f"{out}C3{stride}P1N"
    else:
        item = _block(said, channels, out, at)
    yield {"item": item, **place, "value": entry["mean"]}


def _block(said: Mapping[str, str], channels: int, out: int, at: str) -> str:
    """An inverted residual; without an expansion where its middle is as wide as its input."""
    expand, kernel, stride = (_number(said, word, at) for word in ("expand", "kernel", "stride"))
    if stride == 1 and out == channels and said.get("idskip") == "0":
        raise UsageError(f"{at}: a block without a skip where one fits is no item of the notation")
    middle = expand * channels if expand < channels else expand
    expansion = "" if middle == channels else f"{middle}C1N-"
    gate = f"-SE{_SQUEEZE}" if said.get("se") == "1" else ""
    step = "" if stride == 1 else f"S{stride}"
    return f"I({expansion}DW{kernel}{step}P{kernel // 2}N{gate}-{out}C1N)"


def _number(said: Mapping[str, str], word: str, at: str) -> int:
    if not re.fullmatch(r"[0-9]+", said.get(word, "")):
        raise UsageError(f"{at}: no {word} in it")
    return int(said[word])


def _shape(text: str, at: str) -> tuple[int, int, int]:
    numbers = _numbers(text, at)
    if len(numbers) != 3:
        raise UsageError(f"{at}: {text} is no shape like 56x56x24")
    return numbers[0], numbers[1], numbers[2]


def _numbers(text: str, at: str) -> list[int]:
    if not re.fullmatch(r"[1-9][0-9]*(x[1-9][0-9]*)*", text):
        raise UsageError(f"{at}: {text} is no shape like 56x56x24")
    return [int(part) for part in text.split("x")]
