"""Object files as they are kept: a line that describes the object, then its code.

A file that was cut short, damaged or written in another form is none: it is compiled anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

FORM = 1


class ObjectFile(NamedTuple):
    """The code of one variant of a kernel, and how it is called (see passing.py)."""

    signature: str
    entry: str
    returns: str
    code: bytes


def read(path: Path) -> ObjectFile | None:
    """The object file at `path`; None where there is none that is whole."""
    try:
        head, _, code = path.read_bytes().partition(b"\n")
        told = json.loads(head)
        if told.pop("form") != FORM or told.pop("checksum") != _checksum(code):
            return None
        return ObjectFile(code=code, **told)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write(path: Path, object_file: ObjectFile) -> None:
    """Write it beside and rename it; a folder that takes no file is left without it."""
    told = {**object_file._asdict(), "form": FORM, "checksum": _checksum(object_file.code)}
    code = told.pop("code")
    import tempfile  # reading does without

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(json.dumps(told).encode() + b"\n" + code)
        os.replace(file.name, path)
    except OSError:
        return


def _checksum(code: bytes) -> str:
    return hashlib.blake2b(code, digest_size=16).hexdigest()
