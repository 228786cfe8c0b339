"""Rows know how their RF grows, held against the network that their own text describes."""

import pytest
from test_sizes_column import SPACES

import rfsearch
from rfsearch.layers import notation

MORE = {
    "a gate": (
        rfsearch.Space(
            stages=[{"block": "gated", "c": [8, 16], "k": [3, 5], "repeat": "1..2"}],
            block={"gated": {"stack": "R(16C1N-DW{k}P{k//2}-SE4-{c}C1N)"}},
            stem="8C3S2P1N",
        ),
        64,
        None,
        {"rounding": "floor"},
    ),
    "branches of several paddings": (
        rfsearch.Space(
            stages=[{"block": "wide", "k": [3, 5], "s": [1, 2], "repeat": "1..2"}],
            block={"wide": {"stack": "(8C1S{s}|4C1-8C{k}S{s}P{k//2}|MP3S{s}P1)"}},
        ),
        33,
        None,
        {"rounding": "floor"},
    ),
    "a transposed convolution": (
        rfsearch.Space(
            stages=[{"block": "up", "k": [3, 5], "repeat": "1..2"}],
            block={"up": {"stack": "8C{k}S2P{k//2}-8C3P1-8T2S2"}},
        ),
        32,
        None,
        {"rounding": "floor"},
    ),
}

LIKE = {
    "like a network": "64C7S2P3N-MP3S2P1-R(64C3P1N-64C3P1N)-GAP-10FC",
    "like one with norms": "16C4S4L-R(DW7P3L-32C1-16C1-SCALE)-LN-32C2S2-BN-(32C1|8C3P1)-GAP-10FC",
    "like one with SUB": "8C3P1-R(8C3P1)-(8C1N-8C3S2P1N+SUB2)-R(8C3P1)",
}


def found_of(name):
    if name in LIKE:
        return rfsearch.like(LIKE[name], 64, changes=1)
    space, input, target, more = (SPACES | MORE)[name]
    return space.search(input, target, **more)


@pytest.mark.parametrize("name", [*LIKE, *SPACES, *MORE])
def test_a_row_grows_as_the_network_of_its_text(name):
    found = found_of(name)
    for rows in (found._list_rows(20, distinct="none"), found._front_rows()):
        assert len(rows)
        for number, row in enumerate(rows):
            start = row["sizes"].split(",")[0]
            network = rfsearch.parse(row["stack"], start, found.space.input_channels)
            layers = [*network][: network.features_index]
            assert rows.growth(number) == [layer.rf[0] for layer in layers]


def test_some_rows_grow_as_they_did_among_all():
    rows = found_of("two axes")._list_rows(20, distinct="none")
    some = rows[[5, 3]]
    assert [some.growth(0), some.growth(1)] == [rows.growth(5), rows.growth(3)]
    assert rows[2:4].growth(1) == rows.growth(3)


def test_long_signals_grow_as_short_ones():
    grown = [
        rfsearch.Space(axes=1, depth=(1, 3)).search(input, 31)._front_rows().growth(0)
        for input in (160, 160_000)
    ]
    assert grown[0][-1] == grown[1][-1] == 31


@pytest.mark.parametrize("name", [*LIKE, *SPACES, *MORE])
def test_no_row_is_read_from_its_own_text(name, monkeypatch):
    found = found_of(name)
    found.top(1, distinct="none")  # what the space itself is written as is read once

    def refused(text):
        raise AssertionError(f"{text} was read")

    for module in (notation, notation.parse):
        monkeypatch.setattr(module, "parse_stack", refused)
    rows = found._list_rows(20, distinct="none")
    assert all(rows.growth(number) for number in range(len(rows)))
