"""OpenFst's text: an acceptor whose paths are the matches, and the table of its symbols.

A line an arc, `source target symbol [weight]`, then a line an end, `state`; the first line's
source is the start. A symbol is what a step adds to the printed stack, `<eps>` where that is
nothing. `fstcompile -acceptor -isymbols=FILE.syms FILE`. Format: Allauzen et al., "OpenFst: a
general and efficient weighted finite-state transducer library", CIAA 2007.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import parse_ranking
from rfsearch.automaton.plan import INPUT
from rfsearch.errors import UsageError
from rfsearch.layers.cost import MAX, RANKED
from rfsearch.request.query import size_text
from rfsearch.saved.paths import paths_of

if TYPE_CHECKING:
    import numpy as np

    from rfsearch.question.found import Found

EPSILON = "<eps>"


def openfst_text(found: Found, weight: str | None = None) -> tuple[bytes, bytes]:
    """(acceptor, symbols). `weight`: a cost whose sum along a path is that of the stack.

    Weights are whole numbers in the cost's own units. Raises UsageError where costs do not add
    up, and LimitError where a budget leaves matches undecided.
    """
    import polars as pl

    automaton = found._with_all_decided("writing its paths")
    paths = paths_of(automaton)
    words, place = _symbols(automaton)
    columns = {
        "source": pl.Series(paths.source),
        "target": pl.Series(paths.target),
        "symbol": pl.Series(words, dtype=pl.String).gather(pl.Series(place[paths.step])),
    }
    if weight is not None:
        columns["weight"] = pl.Series(_weights(automaton, weight, paths.source, paths.step))
    plain = {"include_header": False, "separator": "\t", "quote_style": "never"}
    arcs = pl.DataFrame(columns).write_csv(**plain)  # type: ignore[call-overload]
    ends = pl.DataFrame({"state": pl.Series(paths.ends)}).write_csv(**plain)  # type: ignore[call-overload]
    table = dict.fromkeys([EPSILON, *words])
    symbols = "".join(f"{word}\t{number}\n" for number, word in enumerate(table))
    return (arcs + ends).encode(), symbols.encode()


def _symbols(automaton: Automaton) -> tuple[list[str], np.ndarray]:
    """The distinct symbols of the steps, and the number of each step's."""
    import numpy as np

    links, several = automaton.spots.links, len(automaton.query.inputs) > 1
    numbers: dict[str, int] = {}
    of_link = np.zeros(len(links), np.int64)
    for link in np.unique(automaton.spots.link).tolist():
        one = links[link]
        text = f"input={size_text(one.input)}" if several and one.kind == INPUT else one.text
        of_link[link] = numbers.setdefault(text or EPSILON, len(numbers))
    return list(numbers), of_link[automaton.spots.link]


def _weights(automaton: Automaton, weight: str, source: np.ndarray, step: np.ndarray) -> np.ndarray:
    """[A] of each arc; what there is before any step stands on the arcs that leave the start."""
    ((name, sign),) = parse_ranking([weight], "weight")
    if RANKED[name].combine == MAX:
        raise UsageError(f"weight: {name} is the greatest of its layers, and weights add up")
    try:
        cost: np.ndarray = sign * automaton.cost(name)[step]
    except KeyError:
        raise UsageError(f"weight: {name}: no cost of this space's matches") from None
    cost += (source == 0) * automaton.begin(name, sign)
    return cost
