"""How a kernel is handed its arguments: as a row of 64-bit words, whose kinds name the variant.

A word is a whole number, the bits of a float, the address of an array or a length of it; tuples are
their items. An array that is not C-contiguous brings its strides. The kinds of a call are the key
of the variant that is compiled for it, and `signature` is their text, which names its file.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import numpy as np

Kinds = tuple[Any, ...]

SCALARS = {int: "i8", bool: "b1", float: "f8", np.bool_: "b1"}


def passed(arguments: tuple[Any, ...]) -> tuple[Kinds, list[int]]:
    """The kinds of the arguments, flat, and their words."""
    kinds: list[Any] = []
    words: list[int] = []
    for value in arguments:
        _pass(value, kinds, words)
    return tuple(kinds), words


def _pass(value: Any, kinds: list[Any], words: list[int]) -> None:
    kind = type(value)
    if kind is np.ndarray:
        flags = value.flags
        contiguous = flags.c_contiguous
        kinds.append((value.dtype, value.ndim, contiguous, flags.writeable))
        words.append(_address(value))
        words.extend(value.shape)
        if not contiguous:
            words.extend(value.strides)
    elif kind is int:
        if not -(1 << 63) <= value < 1 << 63:
            raise OverflowError(f"{value} does not fit 64 bits")
        kinds.append(int)
        words.append(value)
    elif kind is float:
        kinds.append(float)
        words.append(_bits(value))
    elif kind is bool or kind is np.bool_:
        kinds.append(bool)
        words.append(bool(value))
    elif value is None:
        kinds.append(None)
    elif isinstance(value, tuple):
        kinds.append((kind, len(value)))
        for item in value:
            _pass(item, kinds, words)
    elif isinstance(value, np.floating):
        kinds.append(value.dtype)
        words.append(_bits(float(value)))
    elif isinstance(value, np.integer):
        kinds.append(value.dtype)
        words.append(int(value))
    else:
        raise TypeError(f"a kernel takes no {kind.__name__}")


# Where numpy's C interface keeps the address of an array: right behind what every object begins
# with. To ask the array itself takes twenty times as long, and a kernel takes dozens of arrays.
_ADDRESS_AT = object.__basicsize__


def _address(array: np.ndarray) -> int:
    return ctypes.c_ssize_t.from_address(id(array) + _ADDRESS_AT).value


def _bits(number: float) -> int:
    (bits,) = struct.unpack("<q", struct.pack("<d", number))
    return int(bits)


def signature(kinds: Kinds) -> str:
    """The kinds as text: `i8`, `u8[2]`, `i8[1,strided,const]`, `module:Tuple(i8 b1)`."""
    at = 0

    def next_one() -> str:
        nonlocal at
        kind = kinds[at]
        at += 1
        if kind is None:
            return "none"
        if isinstance(kind, type):
            return SCALARS[kind]
        if isinstance(kind, np.dtype):
            return _named(kind)
        if isinstance(kind[0], np.dtype):
            dtype, axes, contiguous, writeable = kind
            marks = [str(axes), *["strided"] * (not contiguous), *["const"] * (not writeable)]
            return f"{_named(dtype)}[{','.join(marks)}]"
        of, length = kind
        name = "" if of is tuple else f"{of.__module__}:{of.__qualname__}"
        return f"{name}({' '.join(next_one() for _ in range(length))})"

    texts = []
    while at < len(kinds):
        texts.append(next_one())
    return " ".join(texts)


def _named(dtype: np.dtype[Any]) -> str:
    if not dtype.isnative or dtype.kind not in "iufb":
        raise TypeError(f"a kernel takes no array of {dtype}")
    return f"{dtype.kind}{dtype.itemsize}"


def handed_back(returns: str, words: ctypes.Array[ctypes.c_int64]) -> Any:
    """The value that a kernel wrote as words; `returns` is its text, like a signature's."""
    if returns == "none":
        return None
    if returns.startswith("("):
        each = returns[1:-1].split(" ")
        return tuple(_value(kind, word) for kind, word in zip(each, words, strict=False))
    return _value(returns, words[0])


def _value(kind: str, word: int) -> Any:
    if kind == "b1":
        return bool(word)
    if kind == "f8":
        return struct.unpack("<d", struct.pack("<q", word))[0]
    return word & 0xFFFF_FFFF_FFFF_FFFF if kind == "u8" else word
