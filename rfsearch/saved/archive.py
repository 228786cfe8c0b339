"""An archive: a JSON document and arrays of whole numbers in one zip file, each in few bytes.

Arrays are stored in the narrowest type that holds them, ascending ones as differences, and come
back in the type that they had. A SHA-256 over everything is looked at before anything is believed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from rfsearch.errors import UsageError

DOCUMENT = "automaton.json"
_SUFFIX = ".array"
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say: equal contents are equal bytes
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, EOFError, OSError,
    RuntimeError,  # of a member that is said to be packed in another way, or encrypted
)  # fmt: skip


def packed(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of a file, the same for the same contents."""
    stored, described = {}, {}
    for name, array in arrays.items():
        narrow, differences = _narrowed(array)
        stored[name] = narrow.tobytes()
        described[name] = {
            "type": array.dtype.str, "stored": narrow.dtype.str, "shape": array.shape,
            "differences": differences,
        }  # fmt: skip
    whole = {**document, "arrays": described}
    text = json.dumps(whole | {"sha256": _digest(whole, stored)}, ensure_ascii=False, indent=1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {DOCUMENT: text.encode(), **_members(stored)}.items():
            file.writestr(zipfile.ZipInfo(name, _MOMENT), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpacked(data: bytes, place: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What was packed. UsageError naming `place` where it is no such file, or not as it was."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            document = json.loads(file.read(DOCUMENT))
            said, described = document.pop("sha256"), document["arrays"]
            stored = {name: file.read(name + _SUFFIX) for name in described}
        if _digest(document, stored) != said:
            raise ValueError("another checksum")
        del document["arrays"]
        return document, {name: _widened(stored[name], how) for name, how in described.items()}
    except _DAMAGED:
        raise UsageError(
            f"{place}: not an automaton that rfsearch wrote, or cut short or changed since"
        ) from None


def _members(stored: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name + _SUFFIX: data for name, data in stored.items()}


def _narrowed(array: np.ndarray) -> tuple[np.ndarray, bool]:
    """The array in the narrowest type; of ascending numbers, the differences. C order."""
    if array.dtype.kind not in "iu" or array.size == 0:
        return np.ascontiguousarray(array), False
    differences = array.ndim == 1 and bool((array[:-1] <= array[1:]).all())
    values = np.diff(array, prepend=array.dtype.type(0)) if differences else array
    low, high = int(values.min()), int(values.max())
    kinds = [np.min_scalar_type(high), np.min_scalar_type(low)]
    narrow = values.astype(np.promote_types(*kinds) if low < 0 else kinds[0])
    if not (narrow == values).all():  # uint64 and a negative number promote to a float
        narrow = values
    return np.ascontiguousarray(narrow), differences


def _widened(data: bytes, how: Mapping[str, Any]) -> np.ndarray:
    """The array in the type that it had."""
    kind = np.dtype(how["type"])
    values = np.frombuffer(data, np.dtype(how["stored"])).astype(kind).reshape(how["shape"])
    return np.cumsum(values, dtype=kind) if how["differences"] else values


def _digest(document: Mapping[str, Any], stored: Mapping[str, bytes]) -> str:
    """SHA-256 of the document, whatever the order of its keys, and of the arrays."""
    digest = hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(stored):
        digest.update(f"{name} {len(stored[name])} ".encode())
        digest.update(stored[name])
    return digest.hexdigest()
