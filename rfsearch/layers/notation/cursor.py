"""A place in a text being read: what comes next, and errors that point at the character."""

from __future__ import annotations

from typing import NoReturn

from rfsearch.errors import UsageError

# Larger than any size, channel count or kernel of a network; keeps every number readable.
NUMBER_LIMIT = 10**9

_SHOWN = 24


class Cursor:
    """Reads `text` from the left; white space between tokens has no meaning."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def next_is(self, token: str) -> bool:
        return self.text.startswith(token, self.at)

    def take(self, token: str) -> bool:
        """Whether `token` comes next; if so, past it."""
        if not self.next_is(token):
            return False
        self.at += len(token)
        return True

    def at_digit(self) -> bool:
        return not self.done and "0" <= self.text[self.at] <= "9"

    def number(self, what: str, least: int = 1) -> int:
        """The whole number that comes next, at least `least`; UsageError where there is none."""
        start = self.at
        while self.at_digit():
            self.at += 1
        digits = self.text[start : self.at]
        if not digits:
            self.fail(f"{what} expected, a number ≥ {least}")
        # Length first: Python refuses to read integers of thousands of digits.
        if len(digits.lstrip("0")) > len(str(NUMBER_LIMIT)) or int(digits) > NUMBER_LIMIT:
            self.fail(f"{what} {_short(digits)} is not ≤ {NUMBER_LIMIT:,}", start)
        if int(digits) < least:
            self.fail(f"{what}: {digits} is not ≥ {least}", start)
        return int(digits)

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        """Raise UsageError for the character at `at` (default: the next one)."""
        at = self.at if at is None else at
        before = self.text[max(0, at - _SHOWN) : at]
        if at >= len(self.text):
            raise UsageError(f"stack, at the end (after {before!r}): {problem}")
        here = self.text[at]
        raise UsageError(
            f"stack, character {at + 1} ({here!r} after {before!r}): {problem}"
            if before
            else f"stack, character 1 ({here!r}): {problem}"
        )


def _short(digits: str) -> str:
    return digits if len(digits) <= _SHOWN else f"{digits[:8]}… ({len(digits)} digits)"
