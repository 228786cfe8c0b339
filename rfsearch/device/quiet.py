"""What libraries print by themselves, caught: some write to the process's own streams from C++."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


class Caught:
    """What was printed; empty until the block has ended."""

    text = ""


@contextmanager
def caught() -> Iterator[Caught]:
    """Within the block stdout and stderr of the whole process go to the Caught's text."""
    found = Caught()
    saved = {stream: os.dup(stream) for stream in (1, 2)}
    with tempfile.TemporaryFile() as file:
        _flush()
        for stream in saved:
            os.dup2(file.fileno(), stream)
        try:
            yield found
        finally:
            _flush()
            for stream, own in saved.items():
                os.dup2(own, stream)
                os.close(own)
            file.seek(0)
            found.text = file.read().decode(errors="replace")


def _flush() -> None:
    """Python's buffers, and those of C."""
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
