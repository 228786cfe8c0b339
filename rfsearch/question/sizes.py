"""The sizes that rows of a list pass through, told from the states they pass."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.question.body import input_of, passed
from rfsearch.question.rows import TEXT, Column, Rows
from rfsearch.request.query import size_text


def with_sizes(automaton: Automaton, listed: Rows, rows: np.ndarray) -> Rows:
    """The columns of rows [n, D] of steps with a last column `sizes`: `227,55,27`.

    The input and what follows each item of the stack, up to the head; one number, or `128x431`
    where axes differ.
    """
    texts = [_text(automaton, row[row >= 0].tolist()) for row in rows]
    return listed.inserted("sizes", Column(texts, TEXT), after=listed.names[-1])


def _text(automaton: Automaton, row: list[int]) -> str:
    sizes = [input_of(automaton, row), *(one.behind for one in passed(automaton, row))]
    return ",".join(map(size_text, sizes))
