"""A cost from a table in the place of `macs`: the whole question, automaton included."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import polars as pl
import pytest

import rfsearch
from rfsearch.layers.cost import CHARGED
from rfsearch.question.found import Found
from rfsearch.request import config
from rfsearch.request.declared import charges_of
from rfsearch.request.request import Request

CONFIGS = Path(__file__).parent.parent / "configs"
PRESETS = sorted(path.stem for path in CONFIGS.glob("*.toml") if path.stem != "main")
LONG = 0.3  # seconds


def request_of(name):
    """The default query, or a preset's own."""
    if name == "default":
        return Request.of({"target_rf": "224", "input": "227"})
    path = CONFIGS / f"{name}.toml"
    return Request.of({}, str(path), config.options(path.read_bytes(), path.name))


def table_of_macs(found):
    """MACs of every item of a match, as a table that was read."""
    places = found.automaton.items.places
    keys = [place.key for place in places]
    frame = pl.DataFrame(
        {
            "item": [text for text, _, _ in keys],
            "channels": [channels for _, channels, _ in keys],
            "sizes": ["x".join(map(str, sizes)) for _, _, sizes in keys],
            "value": [
                rfsearch.parse(text, place.sizes, place.channels).totals["macs"]
                for (text, _, _), place in zip(keys, places, strict=True)
            ],
        }
    )
    return charges_of({"latency": frame})


@pytest.mark.parametrize("name", ["default", *PRESETS])
def test_a_table_in_the_place_of_macs(name, side_by_side, note):
    """Automaton and the 20 best; without budgets on arena and flash, which are other costs."""
    request = request_of(name)
    space = request.space()
    query = request.query(space)
    kept = {cost: ends for cost, ends in query.budgets.items() if cost not in CHARGED}
    query = replace(query, budgets=kept)
    with_table = replace(
        query, charges=table_of_macs(Found._build(space, query, **request.running))
    )

    def best(query, cost):
        found = Found._build(space, query, **request.running)
        return found._list_rows(20, (cost, "memory"), "none").values("stack")

    began = perf_counter()
    best(query, "macs")
    rounds = 5 if perf_counter() - began > LONG else 40  # milliseconds are easily disturbed
    ours, theirs = side_by_side(
        lambda: best(with_table, "latency"), lambda: best(query, "macs"), rounds, "≥ 0.833"
    )
    assert ours == theirs
    note("items", len(with_table.charges["latency"].source.rows))
