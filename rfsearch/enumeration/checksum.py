"""A Parquet file that carries its own SHA-256, so that a damaged part is known by its bytes.

The checksum stands in the file's own metadata. It is that of the whole file with zeros in its
place: every byte is covered, and one object holds both.
"""

from __future__ import annotations

import hashlib

KEY = "rfsearch.sha256"
EMPTY = "0" * 64

# How Parquet's footer (Thrift, compact) holds the pair: the key, then field 2, 64 bytes of text.
_BEFORE = KEY.encode() + b"\x18\x40"


def sealed(data: bytes) -> bytes:
    """`data`, a Parquet file written with KEY: EMPTY in its metadata, with its checksum there."""
    place = _place(data)
    assert place is not None, "the file is written with a place for its checksum"
    assert data[place : place + 64] == EMPTY.encode()
    return data[:place] + hashlib.sha256(data).hexdigest().encode() + data[place + 64 :]


def is_whole(data: bytes) -> bool:
    """Returns True when the file is, byte for byte, what was sealed."""
    place = _place(data)
    if place is None:
        return False
    digest = hashlib.sha256()
    for piece in (memoryview(data)[:place], EMPTY.encode(), memoryview(data)[place + 64 :]):
        digest.update(piece)
    return digest.hexdigest().encode() == data[place : place + 64]


def _place(data: bytes) -> int | None:
    """Where the checksum stands; None where there is none."""
    if data[-4:] != b"PAR1" or len(data) < 12:
        return None
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    found = data.rfind(_BEFORE, max(footer, 0))
    return None if found < 0 else found + len(_BEFORE)
