"""Where output goes: the terminal or pipe, or a file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rfsearch.errors import LONGEST_PATH, UsageError, shortened


def put(data: bytes, path: str | None, flag: str = "--output") -> None:
    """Write `data` to stdout, or to the file at `path`, beside it first and then renamed.

    UsageError names the `flag` that said where.
    """
    if path is None:
        _print(data)
    else:
        _replace(Path(path), data, flag)


def _print(data: bytes) -> None:
    """To stdout, which may have been replaced by a stream of text."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is not None:
        buffer.write(data)
    else:
        try:
            sys.stdout.write(data.decode(sys.stdout.encoding or "utf-8"))
        except UnicodeDecodeError:
            raise UsageError("--format: not text, which stdout takes here; give -o FILE") from None
    sys.stdout.flush()


def check(path: str | None, binary: bool, flag: str = "--output") -> None:
    """Refuse a destination before the work for it is done; UsageError names it and the `flag`."""
    if path is None:
        if binary and sys.stdout.isatty():
            raise UsageError("--format: parquet is not text; give -o FILE or pipe it on")
        return
    with looked_up(path, flag):
        if problem := _problem(Path(path), _shown(path)):
            raise UsageError(f"{flag}: {problem}")


@contextlib.contextmanager
def looked_up(path: str, flag: str) -> Iterator[None]:
    """A name that is too long, or that no file can have, as a UsageError of its flag.

    It is noticed only when the name is looked up.
    """
    try:
        yield
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{flag}: {_shown(path)}: {reason}") from None


def _problem(file: Path, shown: str) -> str:
    """What is wrong with a destination; "" where nothing is."""
    folder = file.parent
    if file.is_dir():
        return f"{shown} is a folder"
    if not folder.is_dir():
        return f"{shown}: there is no folder {_shown(folder)}"
    if not os.access(folder, os.W_OK):
        return f"{shown}: the folder {_shown(folder)} cannot be written to"
    with contextlib.suppress(FileNotFoundError):
        os.lstat(file)  # its own name, too
    return ""


def _replace(path: Path, data: bytes, flag: str) -> None:
    """An interrupted run leaves the old file, a finished one the new, nobody half of either."""
    try:
        # A device or a pipe is written to; renaming over it would replace it by a plain file.
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        import tempfile

        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:20]}.")
    except OSError as error:
        raise UsageError(f"{flag}: {_shown(path)}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(beside, _mode(path))
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        if isinstance(error, OSError):
            raise UsageError(f"{flag}: {_shown(path)}: {error.strerror}") from None
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or what a new file would get."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _shown(path: str | Path) -> str:
    """A path whole, as far as a line of an error allows."""
    return shortened(str(path), LONGEST_PATH)
