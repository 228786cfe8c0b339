"""rfsearch.candidates: explicit candidates said in words, ready to be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rfsearch.errors import UsageError, quoted
from rfsearch.kernels.price_codes import MOST_LAYERS, SAME, Op
from rfsearch.layers.cost import BIAS, NO_BIAS, NORM
from rfsearch.network.bulk.layers import FIELDS, LayerArrays

if TYPE_CHECKING:
    import polars as pl

OPS = {
    "conv": Op.CONV,
    "depthwise": Op.DEPTHWISE,
    "maxpool": Op.MAXPOOL,
    "avgpool": Op.AVGPOOL,
}
WORDS: dict[str, Mapping[str, int]] = {
    "op": OPS,
    "padding": {"same": SAME, "valid": 0},
    "channels": {"keep": 0},
}
PER_AXIS = ("kernel", "stride", "padding", "dilation")
# Arrays that are taken as they stand, by the kind of their numbers; words are read one by one.
_KINDS = {"op": "", "channels": "", "norm": "b", "bias": "b", "ceil": "b"}
SHOWN = 5  # candidates in a notebook

Value = int | str
# One value for every layer, one a layer, or a row of them for each candidate.
Layers = Value | Sequence[Value] | Sequence[Sequence[Value]] | np.ndarray
Flags = bool | Sequence[bool] | Sequence[Sequence[bool]] | np.ndarray


@dataclass(frozen=True, eq=False)
class Candidates:
    """Stacks as arrays: `by_axis` has LayerArrays for each axis, the same one where all agree."""

    by_axis: tuple[LayerArrays, ...]

    def __len__(self) -> int:
        return self.by_axis[0].shape[0]

    @property
    def axes(self) -> int:
        """How many axes an input of theirs has."""
        return len(self.by_axis)

    @property
    def is_square(self) -> bool:
        """Whether every window is the same on all axes."""
        return all(layers is self.by_axis[0] for layers in self.by_axis)

    @cached_property
    def depths(self) -> np.ndarray:
        """[candidates] how many layers each has."""
        op = self.by_axis[0].op
        found: np.ndarray = (np.broadcast_to(op, self.by_axis[0].shape) != Op.NONE).sum(axis=1)
        return found

    def stacks(self) -> pl.Series:
        """The notation of each, in their order."""
        from rfsearch.network.bulk.bulk_notation import write_candidates

        return write_candidates(self)

    def __repr__(self) -> str:
        if not len(self):
            return f"<Candidates: none, axes {self.axes}>"
        low, high = int(self.depths.min()), int(self.depths.max())
        depth = str(high) if low == high else f"{low}..{high}"
        return f"<Candidates: {len(self):,} stacks, depth {depth}, axes {self.axes}>"

    def _repr_html_(self) -> str:
        """For notebooks: how many, and the first of them."""
        from html import escape

        first = Candidates(tuple(layers.rows(0, SHOWN) for layers in self.by_axis)).stacks()
        items = "".join(f"<li>{escape(stack)}</li>" for stack in first)
        more = "<li>…</li>" if len(self) > SHOWN else ""
        return f"<p>{escape(repr(self)[1:-1])}</p><ul>{items}{more}</ul>"


def candidates(
    kernel: Layers,
    *,
    op: Layers = "conv",
    stride: Layers = 1,
    padding: Layers = 0,
    dilation: Layers = 1,
    channels: Layers = "keep",
    groups: Layers = 1,
    norm: Flags = False,
    bias: Flags | None = None,
    ceil: Flags = False,
    depth: int | Sequence[int] | np.ndarray | None = None,
    axes: int = 2,
) -> Candidates:
    """Stacks of layers for rfsearch.evaluate, each field in one of three forms:

        3                     the same for every layer of every stack
        [3, 3, 5]             one a layer, the same for every stack
        [[3, 3], [5, 3, 3]]   a row a stack; a shorter row is a stack of fewer layers

        two = rfsearch.candidates([[3, 3], [5, 3, 3]], stride=2, channels=[[16, 32], [16, 32, 64]])
        rfsearch.evaluate(two, input=96)["rf"]                  # 7, 17
        many = rfsearch.candidates(numpy_array, op="depthwise", depth=numpy_depths)
        tall = rfsearch.candidates(["3x5", 3], padding="same")  # rows 3, columns 5
        rfsearch.evaluate(tall, input="128x431")

    op          "conv", "depthwise", "maxpool" or "avgpool"
    kernel, stride, dilation   pixels; one number an axis as text, "3x5"
    padding     pixels on each side, per axis "1x2", "same" or "valid"
    channels    of the output; "keep" those of the input, as pools always do
    groups      of a convolution
    norm        whether a batch norm follows each convolution
    bias        whether convolutions have one; None: those without a norm
    ceil        whether pools round sizes up
    depth       layers of each stack, for arrays that are filled up; the rest is left out
    axes        1 for sound or series, 2 for images, 3

    Raises UsageError that names the field, stack and layer.
    """
    if isinstance(axes, bool) or axes not in (1, 2, 3):
        raise UsageError(f"axes: {quoted(axes)} is not 1, 2 or 3")
    fields: dict[str, Any] = {
        "op": op, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
        "channels": channels, "groups": groups, "norm": norm, "ceil": ceil,
    }  # fmt: skip
    if bias is not None:
        fields["bias"] = bias
    table = _Table(fields, depth, axes)
    made = {name: table.read(name, given) for name, given in fields.items()}
    has_norm = made.pop("norm")[0]
    has_bias = made.pop("bias")[0] if bias is not None else 1 - has_norm
    made["learned"] = [NORM * has_norm + BIAS * has_bias + NO_BIAS]
    made["op"] = [np.where(table.inside, made["op"][0], int(Op.NONE)).astype(np.int32)]
    by_axis = tuple(
        LayerArrays(
            **{name: made[name][axis if len(made[name]) > 1 else 0] for name in FIELDS},
            shape=table.inside.shape,
        )
        for axis in range(axes)
    )
    differ = any(len(made[name]) > 1 for name in PER_AXIS)
    return Candidates(by_axis if differ else by_axis[:1] * axes)


class _Table:
    """The common shape of the fields, and how each is read into it."""

    def __init__(self, fields: dict[str, Any], depth: Any, axes: int) -> None:
        self.axes = axes
        forms = {name: _form(name, given) for name, given in fields.items()}
        depths = [rows for rows, _ in forms.values() if rows is not None]
        if depth is not None and np.ndim(depth) > 0:
            depths.append([int(one) for one in _whole("depth", depth)])
        count = len(depths[0]) if depths else 1
        for name, (rows, _) in forms.items():
            if rows is not None and len(rows) != count:
                raise UsageError(f"{name}: {len(rows)} rows, and another field has {count}")
        if depth is not None:
            wanted = [int(one) for one in np.broadcast_to(_whole("depth", depth), (count,))]
        elif any(rows is not None for rows, _ in forms.values()):
            wanted = next(list(rows) for rows, _ in forms.values() if rows is not None)
        else:
            wanted = [max((length for _, length in forms.values() if length), default=1)] * count
        self.columns = max(wanted, default=0)
        if self.columns > MOST_LAYERS:
            raise UsageError(f"depth: {self.columns} layers are more than {MOST_LAYERS}")
        for number, layers in enumerate(wanted):
            if layers < 0:
                raise UsageError(f"depth: {layers} of stack {number} is not ≥ 0")
        self.depths = wanted
        for name, (rows, length) in forms.items():
            self._check(name, rows, length)
        self.inside = np.arange(self.columns) < np.array(wanted, np.int64)[:, None]

    def _check(self, name: str, rows: Sequence[int] | None, length: int | None) -> None:
        """Every layer has a value of this field."""
        for number, layers in enumerate(self.depths):
            given = length if rows is None else rows[number]
            if given is not None and given < layers:
                where = "" if rows is None else f"[{number}]"
                raise UsageError(f"{name}{where}: {given} values for a stack of {layers} layers")

    def read(self, name: str, given: Any) -> list[np.ndarray]:
        """int32 arrays of the common shape, or (1, 1): one, or one an axis where they differ."""
        if not isinstance(given, (list, tuple)) and np.ndim(given) == 0:
            return self._arrays(name, [[given]], (1, 1))
        if isinstance(given, np.ndarray) and given.dtype.kind == _KINDS.get(name, "i"):
            part = given[..., : self.columns]
            return [_within(name, np.broadcast_to(part, self.inside.shape))]
        rows = [given] * len(self.depths) if not _is_rows(given) else list(given)
        listed = [list(row)[: self.columns] for row in rows]
        filled = [row + [row[0] if row else 1] * (self.columns - len(row)) for row in listed]
        return self._arrays(name, filled, self.inside.shape)

    def _arrays(
        self, name: str, rows: Sequence[Sequence[Any]], shape: tuple[int, int]
    ) -> list[np.ndarray]:
        known: dict[Any, tuple[int, ...]] = {}
        cells = []
        for number, row in enumerate(rows):
            for layer, value in enumerate(row):
                key = (type(value), value)
                if key not in known:
                    known[key] = self._value(name, value, number, layer)
                cells.append(known[key])
        differ = any(len(set(one)) > 1 for one in known.values())
        numbers = np.array(cells, np.int64).reshape(*shape, -1)
        return [_within(name, numbers[..., axis]) for axis in range(self.axes if differ else 1)]

    def _value(self, name: str, value: Any, stack: int, layer: int) -> tuple[int, ...]:
        """One value as a number for each axis."""
        place = f"{name}[{stack}][{layer}]"
        if name in ("norm", "bias", "ceil"):
            if isinstance(value, (bool, np.bool_)):
                return (int(value),) * self.axes
            raise UsageError(f"{place}: {quoted(value)} is neither True nor False")
        words = WORDS.get(name, {})
        if isinstance(value, str) and value in words:
            return (int(words[value]),) * self.axes
        if name == "op":
            raise UsageError(f"{place}: {quoted(value)} is not one of {', '.join(OPS)}")
        if isinstance(value, str) and name in PER_AXIS and "x" in value:
            parts = value.split("x")
            if len(parts) == self.axes and all(part.isdecimal() for part in parts):
                return tuple(map(int, parts))
            raise UsageError(
                f"{place}: {quoted(value)} is not a number for each of {self.axes} axes"
            )
        if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
            known = "".join(f" or {word}" for word in words)
            raise UsageError(f"{place}: {quoted(value)} is not a whole number{known}")
        if name == "channels" and int(value) == 0:
            raise UsageError(f"{place}: 0 is no width; keep is that of the input")
        return (int(value),) * self.axes


def _form(name: str, given: Any) -> tuple[list[int] | None, int | None]:
    """(lengths of its rows, None); (None, length of one row); or of one value (None, None)."""
    if isinstance(given, np.ndarray):
        if given.ndim > 2:
            raise UsageError(f"{name}: shape {given.shape} is not (stacks, layers)")
        if given.ndim == 2:
            return [given.shape[1]] * given.shape[0], None
        return None, (len(given) if given.ndim else None)
    if not isinstance(given, (list, tuple)):
        return None, None
    if _is_rows(given):
        for number, row in enumerate(given):
            if not isinstance(row, (list, tuple, np.ndarray)):
                raise UsageError(f"{name}[{number}]: {quoted(row)} is not a row of layers")
        return [len(row) for row in given], None
    return None, len(given)


def _is_rows(given: Any) -> bool:
    """Whether a field has a row for each stack."""
    return (
        np.ndim(given) == 2
        if isinstance(given, np.ndarray)
        else any(isinstance(row, (list, tuple, np.ndarray)) for row in given)
    )


def _whole(place: str, given: Any) -> np.ndarray:
    array = np.asarray(given)
    if array.dtype.kind not in "iu" or array.ndim > 1:
        raise UsageError(f"{place}: {quoted(given)} is not whole numbers, one a stack")
    return array


def _within(name: str, numbers: np.ndarray) -> np.ndarray:
    if numbers.size and not -(2**31) <= int(numbers.min()) <= int(numbers.max()) < 2**31:
        raise UsageError(f"{name}: {int(numbers.max())} does not fit 32 bits")
    return np.ascontiguousarray(numbers, np.int32)
