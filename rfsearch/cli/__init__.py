"""The command line: `main(argv)` finds the word, runs it, and turns errors into exit codes.

Exit codes: 0 matches found, 1 none, 2 a usage or config error, 3 stopped at a limit,
130 interrupted. Only what a word needs is imported, so `--help` costs no numpy.
"""

from __future__ import annotations

import sys
from typing import NoReturn

INTERRUPTED = 130

# Characters of an error: what it has to say, and as much of what it quotes.
LONGEST_MESSAGE = 385  # characters: some four lines of a window

# Objects made before Python looks for unreachable ones. Importing numba and polars makes half a
# million that all stay; looking through them again and again is a tenth of a short command.
_GARBAGE_THRESHOLD = 100_000


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; errors go to stderr, one line each.

    Without `argv` the process is the command's own: it takes the process's arguments, and ends it.
    """
    if argv is not None:
        return _run(argv)
    import gc
    import os

    if "_ARGCOMPLETE" in os.environ:  # the shell asks what may follow
        return _complete()

    gc.set_threshold(_GARBAGE_THRESHOLD)
    return _leave(_run(sys.argv[1:]))


def _run(argv: list[str]) -> int:
    from rfsearch.cli.words import run
    from rfsearch.errors import RfsearchError

    try:
        code = run(argv)
        # What is still buffered must fail here, where a closed pipe is expected.
        sys.stdout.flush()
        return code
    except RfsearchError as error:
        print(f"rfsearch: {line_of(error)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("rfsearch: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _leave_pipe()
        return 0


def _complete() -> int:
    from rfsearch.cli.completion import complete

    complete()
    return 0


def line_of(error: Exception) -> str:
    """An error as the one line that is said of it."""
    return _cut(_in_one_line(str(error)))


def _in_one_line(text: str) -> str:
    """`text` with line ends and control characters, which what was given may hold, as escapes."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _cut(text: str) -> str:
    """A message whose middle is left out where it quotes something long."""
    if len(text) <= LONGEST_MESSAGE:
        return text
    return f"{text[: LONGEST_MESSAGE - 180]} … {text[-177:]}"


def _leave_pipe() -> None:
    """The reader has gone (`| head`): send what remains nowhere, so that exit is quiet."""
    import contextlib
    import os

    with contextlib.suppress(OSError, AttributeError):  # a stream of text has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(code: int) -> NoReturn:
    """End the process at once.

    A kernel may still be running in its thread after an interrupt, and taking numba and polars
    down piece by piece takes as long as the search; everything is written by now.
    """
    import os

    sys.stderr.flush()
    os._exit(code)
