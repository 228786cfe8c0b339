"""The command line: `main(argv)` finds the word, runs it, and turns errors into exit codes.

Exit codes: 0 matches found, 1 none, 2 a usage or config error, 3 stopped at a limit,
130 interrupted. Only what a word needs is imported, so `--help` costs no numpy.
"""

from __future__ import annotations

import sys
from typing import NoReturn

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one command; `argv` without the program's name. Prints errors, one line, to stderr."""
    from rfsearch.cli.words import run
    from rfsearch.errors import RfsearchError

    try:
        code = run(list(sys.argv[1:] if argv is None else argv))
        # What is still buffered must fail here, where a closed pipe is expected.
        sys.stdout.flush()
        return code
    except RfsearchError as error:
        print(f"rfsearch: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("rfsearch: interrupted", file=sys.stderr)
        if argv is None:
            _leave_at_once()
        return INTERRUPTED
    except BrokenPipeError:
        _leave_pipe()
        return 0


def _leave_pipe() -> None:
    """The reader has gone (`| head`): send what remains nowhere, so that exit is quiet."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave_at_once() -> NoReturn:
    """End the process without waiting for a kernel that is still running in its thread."""
    import os

    sys.stderr.flush()
    os._exit(INTERRUPTED)
