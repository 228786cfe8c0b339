"""Sets of sizes that repeat: any numbers at first, then remainders of a period without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice

# Of remainders that a rule names one by one.
MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Repeating:
    """A set of sizes: those of `listed`, and every n ≥ start with n mod period in `remainders`.

    listed      in ascending order, all below start
    remainders  in ascending order; none where the set ends with `listed`
    offset      the rule's constant where there is one remainder: period · n + offset
    """

    listed: tuple[int, ...]
    start: int
    period: int
    remainders: tuple[int, ...]
    offset: int | None = None

    def __contains__(self, n: int) -> bool:
        return n in self.listed if n < self.start else n % self.period in self.remainders

    def __iter__(self) -> Iterator[int]:
        """All sizes in ascending order; without end where there are remainders."""
        yield from self.listed
        if self.remainders:
            base = self.start - self.start % self.period
            for first in count(base, self.period):
                yield from (first + rest for rest in self.remainders if first + rest >= self.start)

    @property
    def least(self) -> int | None:
        """The smallest size; None where there is none."""
        return next(iter(self), None)

    @property
    def endless(self) -> bool:
        """Whether sizes without end belong."""
        return bool(self.remainders)

    def above(self, n: int, amount: int = 1) -> list[int]:
        """The next `amount` sizes above n, fewer where there are fewer."""
        first = max(n + 1, self.start)
        listed = [one for one in self.listed if one > n]
        beyond: Iterator[int] = iter(())
        if self.remainders:
            base = first - first % self.period
            beyond = (
                one
                for begin in count(base, self.period)
                for rest in self.remainders
                if (one := begin + rest) >= first
            )
        return [*listed, *islice(beyond, max(amount - len(listed), 0))][:amount]

    def below(self, n: int, amount: int = 1) -> list[int]:
        """The `amount` sizes just below n, in ascending order, fewer where there are fewer."""
        found: list[int] = []
        if self.remainders:
            for begin in range(
                n - 1 - (n - 1) % self.period, self.start - self.period, -self.period
            ):
                found += [
                    one
                    for rest in reversed(self.remainders)
                    if self.start <= (one := begin + rest) < n
                ]
                if len(found) >= amount:
                    break
        found += [one for one in reversed(self.listed) if one < n]
        return sorted(found[:amount])

    @property
    def rule(self) -> str:
        """The set in words: `multiples of 16`, `16 n + 60 from 188 on`, `every size from 33 on`."""
        if not self.remainders:
            return _listed(self.listed) if self.listed else "no size"
        before = f"{_listed(self.listed)}, then " if self.listed else ""
        least = next(islice(self, len(self.listed), None))
        return f"{before}{self._repeated(least)}"

    def _repeated(self, least: int) -> str:
        period, rests = self.period, self.remainders
        if period == 1:
            return "every size" if least == 1 else f"every size from {least} on"
        if len(rests) == 1:
            # A set that begins with its first number needs no word about where it begins.
            since = "" if least == (rests[0] or period) else f" from {least} on"
            if rests == (0,):
                return f"multiples of {period}{since}"
            return f"{period} n + {rests[0] if self.offset is None else self.offset}{since}"
        if len(rests) <= MOST_NAMED:
            named = ", ".join(map(str, rests))
            return f"n mod {period} in {named}, from {least} on"
        return f"{len(rests)} of every {period} sizes, from {least} on"


def repeating(
    belongs: Callable[[int], bool], least: int, start: int, period: int, offset: int | None = None
) -> Repeating:
    """The set of those n ≥ least that belong, where from `start` on n and n + period go together.

    Written with its shortest period and the earliest start.
    """
    within = [n for n in range(start, start + period) if belongs(n)]
    rests = {n % period for n in within}
    shortest = next(
        short
        for short in range(1, period + 1)
        if period % short == 0 and all((rest + short) % period in rests for rest in rests)
    )
    rests = {rest % shortest for rest in rests}
    early = {n for n in range(least, start) if belongs(n)}
    while start > least and ((start - 1) in early) == ((start - 1) % shortest in rests):
        start -= 1
    listed = tuple(sorted(n for n in early if n < start))
    if not rests:
        return Repeating(listed, start, 1, ())
    return Repeating(listed, start, shortest, tuple(sorted(rests)), offset)


def _listed(sizes: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, sizes[:MOST_NAMED]))
    return shown + (f" and {len(sizes) - MOST_NAMED} more" if len(sizes) > MOST_NAMED else "")
