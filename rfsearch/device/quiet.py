"""What libraries print by themselves, caught: some write to the process's own streams from C++."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO


class Caught:
    """What was printed; empty until the block has ended."""

    text = ""


@contextmanager
def caught() -> Iterator[Caught]:
    """Within the block stdout and stderr of the whole process go to the Caught's text.

    So do Python's own, which in a notebook are not the process's. Who keeps them beyond the block,
    as loggers do, writes to the process's own from then on.
    """
    found = Caught()
    saved = {stream: os.dup(stream) for stream in (1, 2)}
    with tempfile.TemporaryFile() as file:
        _flush()
        for stream in saved:
            os.dup2(file.fileno(), stream)
        try:
            with redirect_stdout(_onto(1)), redirect_stderr(_onto(2)):
                try:
                    yield found
                finally:
                    _flush()
        finally:
            for stream, own in saved.items():
                os.dup2(own, stream)
                os.close(own)
            file.seek(0)
            found.text = file.read().decode(errors="replace")


def _onto(stream: int) -> TextIO:
    """A file that writes to a stream of the process, wherever that leads, line by line."""
    return open(stream, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)


def _flush() -> None:
    """Python's buffers, and those of C."""
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
