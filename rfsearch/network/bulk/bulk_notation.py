"""Millions of notations to arrays and back: every distinct layer is read or written only once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from rfsearch.errors import UsageError
from rfsearch.kernels.price_codes import MOST_LAYERS, SAME, Op
from rfsearch.layers.cost import BIAS, NO_BIAS, NORM
from rfsearch.layers.layer import SAME as SAME_WORD
from rfsearch.layers.layer import Layer, Padding, PerAxis, spread
from rfsearch.layers.notation import format_stack, parse_stack
from rfsearch.network.bulk.candidates import Candidates
from rfsearch.network.bulk.layers import DEFAULTS, FIELDS, LayerArrays

OP_LETTERS = {"C": Op.CONV, "DW": Op.DEPTHWISE, "MP": Op.MAXPOOL, "AP": Op.AVGPOOL}
_LETTERS = {op: letters for letters, op in OP_LETTERS.items()}
_NO_LAYER = (int(Op.NONE), 1, *(DEFAULTS[name] for name in FIELDS[2:]))


class BulkReader:
    """Reads notations batch by batch and remembers every layer it has seen."""

    def __init__(self) -> None:
        self._row_of: dict[str, int] = {}
        self._table: list[tuple[int, ...]] = [_NO_LAYER]

    def read(self, stacks: pl.Series, first: int = 0) -> LayerArrays:
        """The arrays of a batch of notations whose first has the number `first`.

        Raises UsageError that names the stack and, for a text that cannot be read, the character.
        """
        stacks = _written_out(_texts(stacks, first), first)
        layers = stacks.str.split("-")
        counts = layers.list.len().to_numpy()
        columns = int(counts.max()) if len(counts) else 0
        if columns > MOST_LAYERS:
            row = int(counts.argmax())
            raise UsageError(f"stacks[{first + row}]: {columns} layers are more than {MOST_LAYERS}")
        words = layers.explode()
        rows = self._rows(words, stacks, counts, first)
        filled = np.zeros((len(stacks), columns), dtype=np.int32)
        filled[np.arange(columns) < counts[:, None]] = rows
        return self._arrays(filled)

    def _rows(
        self, words: pl.Series, stacks: pl.Series, counts: np.ndarray, first: int
    ) -> np.ndarray:
        """The table's row of every word, reading those not seen before."""
        for word in words.unique(maintain_order=True).to_list():
            if word in self._row_of:
                continue
            try:
                self._table.append(_codes(word))
            except UsageError:
                # Reading the whole stack again points at the character in it.
                position = int((words == word).arg_max() or 0)
                row = int(np.searchsorted(np.cumsum(counts), position, side="right"))
                _fail(stacks[row], first + row)
            self._row_of[word] = len(self._table) - 1
        rows = words.replace_strict(self._row_of, return_dtype=pl.Int32)
        return rows.to_numpy()

    def _arrays(self, filled: np.ndarray) -> LayerArrays:
        table = np.array(self._table, dtype=np.int32)
        arrays = {}
        for column, name in enumerate(FIELDS):
            seen = table[1:, column]
            same = name != "op" and len(seen) > 0 and bool((seen == seen[0]).all())
            arrays[name] = seen[:1].reshape(1, 1) if same else table[filled, column]
        return LayerArrays(**arrays, shape=filled.shape)


def write(layers: LayerArrays, start: int, stop: int) -> pl.Series:
    """The notations of candidates start..stop, in the column `stack`."""
    count = min(stop, layers.shape[0]) - start
    columns = layers.shape[1]
    if count <= 0 or columns == 0:
        return pl.Series("stack", [""] * max(count, 0), dtype=pl.String)
    cells = {}
    for name in FIELDS:
        array = getattr(layers, name)
        part = array[start:stop] if array.shape == layers.shape else array
        cells[name] = np.broadcast_to(part, (count, columns)).ravel().astype(np.int64)
    frame = pl.DataFrame(cells)
    distinct = frame.unique()
    texts = pl.Series("text", [_text(*row) for row in distinct.iter_rows()], dtype=pl.String)
    found = frame.join(
        distinct.with_columns(texts), on=list(FIELDS), how="left", maintain_order="left"
    )
    lists = found["text"].reshape((count, columns)).arr.to_list()
    return lists.list.join("-", ignore_nulls=True).alias("stack")


def write_candidates(candidates: Candidates) -> pl.Series:
    """The notations of candidates, in the column `stack`."""
    if candidates.is_square:
        return write(candidates.by_axis[0], 0, len(candidates))
    columns = candidates.by_axis[0].shape[1]
    shape = (len(candidates), columns)
    cells = [
        np.stack(
            [np.broadcast_to(getattr(one, name), shape) for one in candidates.by_axis], axis=-1
        ).tolist()
        for name in FIELDS
    ]
    texts = [
        "-".join(
            word
            for layer in range(columns)
            if (word := _text(*(_agreed(field[row][layer]) for field in cells))) is not None
        )
        for row in range(len(candidates))
    ]
    return pl.Series("stack", texts, dtype=pl.String)


def _agreed(numbers: list[int]) -> int | tuple[int, ...]:
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def read_on_axes(stacks: pl.Series, axes: int) -> Candidates:
    """Notations whose windows may differ by axis. Raises UsageError that names the stack."""
    words: dict[str, list[tuple[int, ...]]] = {}
    rows: list[list[str]] = []
    for number, text in enumerate(_written_out(_texts(stacks, 0), 0).to_list()):
        rows.append(text.split("-"))
        for word in rows[-1]:
            if word not in words:
                try:
                    words[word] = _codes_on_axes(word, axes)
                except UsageError:
                    _fail(text, number, axes)
    columns = max(map(len, rows), default=0)
    filled = [
        [words[word] for word in row] + [[_NO_LAYER] * axes] * (columns - len(row)) for row in rows
    ]
    table = np.array(filled, np.int64).reshape(len(rows), columns, axes, len(FIELDS))
    by_axis = tuple(
        LayerArrays(
            **{name: table[:, :, axis, at].astype(np.int32) for at, name in enumerate(FIELDS)},
            shape=(len(rows), columns),
        )
        for axis in range(axes)
    )
    return Candidates(by_axis)


def texts_of(given: Any) -> pl.Series:
    """Notations as one series of strings; UsageError for anything else."""
    if isinstance(given, str):
        given = [given]
    if isinstance(given, pl.Series):
        series = given
    elif isinstance(given, Iterable):
        given = list(given)
        for row, text in enumerate(given):
            if not isinstance(text, str):
                raise UsageError(f"stacks[{row}]: {text!r} is not a notation such as 64C3P1-MP2S2")
        series = pl.Series("stack", given, dtype=pl.String)
    else:
        raise UsageError(
            f"stacks: {type(given).__name__} is neither notations nor a mapping of arrays"
        )
    if series.dtype != pl.String:
        raise UsageError(f"stacks: a series of {series.dtype} holds no notations")
    return series.alias("stack")


def _texts(stacks: pl.Series, first: int) -> pl.Series:
    if stacks.null_count():
        row = int(stacks.is_null().arg_max() or 0)
        raise UsageError(f"stacks[{first + row}]: null is not a notation")
    return stacks


def _written_out(stacks: pl.Series, first: int) -> pl.Series:
    """Repetitions written out: afterwards every `-` stands between two layers."""
    grouped = stacks.str.contains("(", literal=True)
    if not grouped.any():
        return stacks
    rows = np.flatnonzero(grouped.to_numpy())
    plain = []
    for row in rows:
        try:
            stack = parse_stack(stacks[int(row)])
        except UsageError as error:
            raise UsageError(f"stacks[{first + row}]: {error}") from None
        if not all(isinstance(item, Layer) for item in stack):
            raise UsageError(
                f"stacks[{first + row}]: blocks are not scored in bulk; rfsearch.parse reads them"
            )
        plain.append(format_stack(stack))
    return stacks.scatter(pl.Series(rows, dtype=pl.get_index_type()), plain)


def _codes(word: str) -> tuple[int, ...]:
    """One layer's notation as numbers in the order of FIELDS."""
    layer = _layer(word)
    numbers = (layer.kernel, layer.stride, layer.dilation)
    padding = SAME if layer.padding == SAME_WORD else layer.padding
    if not all(isinstance(number, int) for number in (*numbers, padding)):
        raise UsageError(f"{word}: only square layers, padded alike before and after, are scored")
    return _numbers_of(layer, layer.kernel, layer.stride, padding, layer.dilation)


def _codes_on_axes(word: str, axes: int) -> list[tuple[int, ...]]:
    """The same for each axis."""
    layer = _layer(word)
    values = []
    for value in (layer.kernel, layer.stride, layer.dilation):
        if isinstance(value, tuple) and len(value) != axes:
            raise UsageError(f"{word}: {len(value)} numbers for {axes} axes")
        values.append(spread(value, axes))
    paddings: tuple[int, ...]
    if isinstance(layer.padding, tuple):
        pairs = layer.padding * axes if len(layer.padding) == 1 else layer.padding
        if len(pairs) != axes or any(before != after for before, after in pairs):
            raise UsageError(f"{word}: only layers padded alike before and after are scored")
        paddings = tuple(before for before, _ in pairs)
    else:
        paddings = (SAME if isinstance(layer.padding, str) else layer.padding,) * axes
    kernels, strides, dilations = values
    return [
        _numbers_of(layer, *one) for one in zip(kernels, strides, paddings, dilations, strict=True)
    ]


def _layer(word: str) -> Layer:
    (layer,) = parse_stack(word)
    if not isinstance(layer, Layer) or layer.op not in OP_LETTERS:
        raise UsageError(f"{word}: only {', '.join(OP_LETTERS)} are scored in bulk")
    return layer


def _numbers_of(
    layer: Layer, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[int, ...]:
    learned = (BIAS if layer.bias else NO_BIAS) + (NORM if layer.norm else NO_BIAS)
    fields: dict[str, Any] = {
        "op": int(OP_LETTERS[layer.op]),
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "channels": layer.channels or 0,
        "groups": layer.groups,
        "learned": learned,
        "ceil": int(layer.ceil),
    }
    return tuple(fields[name] for name in FIELDS)


def _fail(stack: str, row: int, axes: int | None = None) -> None:
    """Raise the UsageError of the first layer of a stack that cannot be scored."""
    try:
        for layer in parse_stack(stack):
            word = format_stack((layer,))
            _ = _codes(word) if axes is None else _codes_on_axes(word, axes)
    except UsageError as error:
        raise UsageError(f"stacks[{row}]: {error}; rfsearch.parse reads whole networks") from None


def _text(
    op: Any,
    kernel: PerAxis,
    stride: PerAxis,
    padding: PerAxis,
    dilation: PerAxis,
    channels: Any,
    groups: Any,
    learned: Any,
    ceil: Any,
) -> str | None:
    """One layer's notation; None for no layer, `?` for a code that is none."""
    if op == Op.NONE:
        return None
    if op not in _LETTERS:
        return "?"
    layer = Layer(
        _LETTERS[Op(op)],
        kernel=kernel,
        stride=stride,
        padding=_padding(padding),
        dilation=1 if kernel == 1 else dilation,
    )
    if op in (Op.MAXPOOL, Op.AVGPOOL):
        return format_stack((replace(layer, ceil=bool(ceil)),))
    layer = replace(
        layer,
        channels=channels or None,
        groups=groups if op == Op.CONV else 1,
        norm="N" if learned & NORM else "",
        bias=bool(learned & BIAS),
    )
    return format_stack((layer,))


def _padding(padding: PerAxis) -> Padding:
    if isinstance(padding, tuple):
        return tuple((one, one) for one in padding)
    return SAME_WORD if padding == SAME else padding
