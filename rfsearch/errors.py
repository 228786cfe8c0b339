"""What can go wrong, one class a kind; the command line gives each its exit code."""

from __future__ import annotations

# What an error quotes of a long value, in characters.
LONGEST_QUOTE = 60
LONGEST_SHOWN = 1_000  # of what an object shows itself as
LONGEST_PATH = 180  # what is wrong with a file is seldom told by the half of its name


def quoted(value: object) -> str:
    """A value as an error shows it: text in quotes, anything else as Python writes it, cut."""
    return shortened(repr(value))


def shortened(text: str, longest: int = LONGEST_QUOTE) -> str:
    """`text`, or its beginning and end where it has more than `longest` characters."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - 12]}…{text[-10:]}"


class RfsearchError(Exception):
    """Base of every error that rfsearch raises on purpose; its text is one line for the user."""

    exit_code = 2


class UsageError(RfsearchError, ValueError):
    """A value, key or notation that cannot be used: names the place, the value, what is right."""


class NotFollowed(UsageError):
    """A part of a network that cannot be followed; what stands before it can be shown."""


class SizeError(UsageError):
    """An input size at which a network cannot run: a window too large, branches that disagree."""


class LimitError(RfsearchError):
    """An answer stopped at a stated memory, size or time limit; the text has the figures."""

    exit_code = 3


class MissingExtraError(RfsearchError, ImportError):
    """An optional package is not installed; the text names the extra that brings it."""
