"""The questions that peers are asked: those of the other benchmarks, and small ones for tests."""

from __future__ import annotations

from dataclasses import replace

from queries import DEFAULT, Measured

# A question whose every answer a test can list: 5 matches to 4 layers… of 7 choices.
TINY = Measured(23, 15, "exact", 4, kernel=(1, 2, 3, 5), stride=(1, 2), padding=(0, 1))
# Matches are dense here: 5,214,069 of some 16 million stacks of four layers can be listed.
PRODUCT = Measured(64, 31, "floor", 4)


def to_depth(depth: int, asked: Measured = DEFAULT) -> Measured:
    """The question with another greatest depth."""
    return replace(asked, depth=depth)


def text(asked: Measured) -> str:
    """As the tables say it."""
    return f"RF {asked.target} at {asked.input}, {asked.rounding}, depth ≤ {asked.depth}"


def sizes(asked: Measured) -> dict[str, int]:
    """States and transitions of our automaton."""
    found = asked.search()
    return {"states": found.states, "transitions": found.transitions}
