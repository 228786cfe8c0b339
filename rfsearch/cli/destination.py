"""Where output goes: the terminal or pipe, or a file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from rfsearch.errors import UsageError


def put(data: bytes, path: str | None, flag: str = "--output") -> None:
    """Write `data` to stdout, or to the file at `path`, beside it first and then renamed.

    UsageError names the `flag` that said where.
    """
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        _replace(Path(path), data, flag)


def check(path: str | None, binary: bool, flag: str = "--output") -> None:
    """Refuse a destination before the work for it is done; UsageError names it and the `flag`."""
    if path is None:
        if binary and sys.stdout.isatty():
            raise UsageError("--format: parquet is not text; give -o FILE or pipe it on")
        return
    file = Path(path)
    folder = file.parent
    if file.is_dir():
        raise UsageError(f"{flag}: {path} is a folder")
    if not folder.is_dir():
        raise UsageError(f"{flag}: {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{flag}: {path}: the folder {folder} cannot be written to")


def _replace(path: Path, data: bytes, flag: str) -> None:
    """An interrupted run leaves the old file, a finished one the new, nobody half of either."""
    try:
        # A device or a pipe is written to; renaming over it would replace it by a plain file.
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"{flag}: {path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(beside, _mode(path))
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        if isinstance(error, OSError):
            raise UsageError(f"{flag}: {path}: {error.strerror}") from None
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or what a new file would get."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
