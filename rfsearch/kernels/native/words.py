"""numba's values out of a row of 64-bit words (see passing.py).

A named tuple stays where it is: to a kernel, and to all that it calls, it is the address of its
words. As a value it would be hundreds of arguments of each function that it is handed to.
"""

from __future__ import annotations

import hashlib
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.imputils import lower_getattr_generic
from numba.extending import register_model

WORD = ir.IntType(64)


class Row(types.NamedTuple):
    """numba's type of a named tuple that stays in its words."""

    def __init__(self, items: list[Any], kind: type) -> None:
        super().__init__(items, kind)  # type: ignore[no-untyped-call]
        # It is part of the names of functions, which is why it is short.
        digest = hashlib.blake2b(self.name.encode(), digest_size=6).hexdigest()
        self.name = f"{kind.__name__}.{digest}"

    def place(self, field: str | int) -> tuple[int, Any]:
        """Where a field begins, in words, and its type; by its name or number."""
        index = self.fields.index(field) if isinstance(field, str) else range(self.count)[field]
        return sum(map(words_of, self.types[:index])), self.types[index]


@register_model(Row)
class RowModel(models.PrimitiveModel):
    """The address of the words; nothing in them is counted, as the caller keeps it."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        row = ir.ArrayType(WORD, words_of(fe_type))
        super().__init__(dmm, fe_type, row.as_pointer())  # type: ignore[no-untyped-call]


def words_of(kind: Any) -> int:
    """How many words a value of a type has."""
    if isinstance(kind, types.BaseTuple):
        return sum(map(words_of, kind))  # type: ignore[call-overload]
    if isinstance(kind, types.Array):
        return 1 + int(kind.ndim) * (1 if kind.layout == "C" else 2)
    return 0 if kind == types.none else 1


@lower_getattr_generic(Row)  # type: ignore[untyped-decorator]
def _field(context: Any, builder: Any, kind: Row, value: Any, name: str) -> Any:
    at, of = kind.place(name)
    return Words(context, builder, value, at).value(of)


class Words:
    """Words read one after the other, from `at` on; they never change while a kernel works."""

    def __init__(self, context: Any, builder: Any, start: ir.Value, at: int = 0) -> None:
        self.context, self.builder, self.start, self.at = context, builder, start, at

    def next(self, kind: Any = WORD) -> ir.Value:
        """The next word, as a value of a type of LLVM's: of a word, or of an address."""
        builder = self.builder
        place = builder.gep(self.start, [ir.Constant(WORD, 0), ir.Constant(WORD, self.at)])
        self.at += 1
        if kind is not WORD:
            place = builder.bitcast(place, kind.as_pointer())
        word = builder.load(place)
        word.set_metadata("invariant.load", builder.module.add_metadata([]))
        return word

    def value(self, kind: Any) -> ir.Value:
        """The value of a type of numba's, of one word or more."""
        builder = self.builder
        if isinstance(kind, Row):
            here = builder.gep(self.start, [ir.Constant(WORD, 0), ir.Constant(WORD, self.at)])
            self.at += words_of(kind)
            return builder.bitcast(here, self.context.get_value_type(kind))
        if isinstance(kind, types.BaseTuple):
            items = [self.value(item) for item in kind]  # type: ignore[attr-defined]
            return self.context.make_tuple(builder, kind, items)
        if isinstance(kind, types.Array):
            return ArrayOfWords(self, kind).whole()
        if kind == types.none:
            return self.context.get_dummy_value()
        if kind == types.boolean:
            return builder.trunc(self.next(), ir.IntType(1))
        if kind == types.float64:
            return builder.bitcast(self.next(), ir.DoubleType())
        return self.next()


class ArrayParts:
    """Of an array what is asked for: numba's structure of it has eight parts and more.

    Nobody counts references to it: who handed it to the kernel keeps it.
    """

    def __init__(self, context: Any, builder: Any, kind: Any, data: Any, shape: list[Any]) -> None:
        self.context, self.builder, self.kind = context, builder, kind
        self._data, self._shape = data, shape

    def data(self) -> ir.Value:
        """The address of its first item."""
        return self._data

    def length(self, axis: int) -> ir.Value:
        """Of one axis."""
        return self._shape[axis]

    def strides(self) -> list[ir.Value]:
        """Of a C-contiguous array, in bytes."""
        size = self.context.get_abi_sizeof(self.context.get_data_type(self.kind.dtype))
        strides = [ir.Constant(WORD, size)]
        for axis in range(self.kind.ndim - 1, 0, -1):
            strides.insert(0, self.builder.mul(strides[0], self.length(axis)))
        return strides

    def whole(self) -> ir.Value:
        """numba's structure."""
        context, builder, kind = self.context, self.builder, self.kind
        of = context.get_value_type(kind)
        owner, parent = of.elements[:2]
        shape = [self.length(axis) for axis in range(kind.ndim)]
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        items = shape[0]
        for length in shape[1:]:
            items = builder.mul(items, length)
        fields = [
            *(ir.Constant(owner, None), ir.Constant(parent, None), items, ir.Constant(WORD, size)),
            self.data(),
            *(cgutils.pack_array(builder, axes, WORD) for axes in (shape, self.strides())),
        ]
        array = ir.Constant(of, ir.Undefined)
        for index, field in enumerate(fields):
            array = builder.insert_value(array, field, index)
        return array


class ArrayOfWords(ArrayParts):
    """An array in a row of words, each of which is read where it is first needed."""

    def __init__(self, words: Words, kind: Any) -> None:
        super().__init__(words.context, words.builder, kind, None, [None] * kind.ndim)
        self.start, self.at = words.start, words.at
        words.at += words_of(kind)

    def _word(self, number: int, kind: Any = WORD) -> ir.Value:
        return Words(self.context, self.builder, self.start, self.at + number).next(kind)

    def data(self) -> ir.Value:
        """The address of its first item."""
        if self._data is None:
            self._data = self._word(0, self.context.get_data_type(self.kind.dtype).as_pointer())
        return self._data

    def length(self, axis: int) -> ir.Value:
        """Of one axis."""
        if self._shape[axis] is None:
            self._shape[axis] = self._word(1 + axis)
        return self._shape[axis]

    def strides(self) -> list[ir.Value]:
        """In bytes; read where the array is not C-contiguous."""
        if self.kind.layout == "C":
            return super().strides()
        axes = self.kind.ndim
        return [self._word(1 + axes + axis) for axis in range(axes)]
