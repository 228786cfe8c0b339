"""Costs from tables, formulas and functions: exact constants, and one line for each fault."""

from fractions import Fraction
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.device.charge import charge
from rfsearch.device.formula import formula
from rfsearch.device.function import function
from rfsearch.device.place import Place
from rfsearch.device.source import value
from rfsearch.device.table import table
from rfsearch.device.table_file import of_frame, read_table
from rfsearch.device.unit import UNITS, in_unit
from rfsearch.device.whole_numbers import MEANINGS, whole_numbers
from rfsearch.errors import UsageError
from rfsearch.layers.notation import parse_stack

ROW = {"item": "8C3", "channels": 3, "sizes": "32", "value": 1.5}


def _item(text):
    (item,) = parse_stack(text)
    return item


def _at(source, text="8C3", channels=3, sizes=(32, 32)):
    return source.constant(_item(text), channels, sizes)


# --- tables ------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=8))
def test_decimal_values_are_kept_exactly_whatever_their_digits(numbers):
    rows = [{**ROW, "channels": n, "value": value} for n, value in enumerate(numbers, start=1)]
    made = table(rows, "t")
    for channels, number in enumerate(numbers, start=1):
        assert value(_at(made, channels=channels), made) == Fraction(number)


@settings(deadline=None)
@given(st.lists(st.floats(0, 10**5), min_size=2, max_size=8))
def test_rounded_values_keep_their_order_and_are_near(numbers):
    rows = [{**ROW, "channels": n, "value": value} for n, value in enumerate(numbers, start=1)]
    made = table(rows, "t")
    found = [_at(made, channels=n) for n in range(1, len(numbers) + 1)]
    assert all(type(one) is int for one in found)
    for a, b in pairwise(numbers):
        x, y = found[numbers.index(a)], found[numbers.index(b)]
        assert x == y if a == b else (x <= y if a < b else x >= y)
    for number, constant in zip(numbers, found, strict=True):
        assert abs(Fraction(constant, made.scale) - Fraction(number)) <= Fraction(1, made.scale)


def test_whole_values_have_scale_1():
    assert (table([{**ROW, "value": 7}], "t").scale, _at(table([{**ROW, "value": 7}], "t"))) == (
        1,
        7,
    )


def test_an_item_is_the_same_however_it_is_written():
    made = table([{**ROW, "item": "I(16C1P0S1N-DW3P1N-8C1N)", "sizes": [32, 32]}], "t")
    assert _at(made, "I(16C1N-DW3P1N-8C1N)") == 15
    assert _at(made, "I(16C1N-DW3P1N-8C1N)", sizes=(32,)) == 15


def test_sizes_may_differ_by_axis():
    made = table([{**ROW, "sizes": "49x10"}], "t")
    assert _at(made, sizes=(49, 10)) == 15
    with pytest.raises(UsageError, match=r"^t: no row for 8C3 on 3×10x49$"):
        _at(made, sizes=(10, 49))


def test_missing_rows_are_an_error_or_no_choice():
    assert _at(table([ROW], "t", missing="forbid"), channels=4) is None
    with pytest.raises(UsageError, match=r"^t: no row for 8C3 on 4×32$"):
        _at(table([ROW], "t"), channels=4)


def test_all_missing_rows_are_told_at_once_with_the_command_that_fills_them():
    places = [Place(_item("8C3"), channels, (32, 32)) for channels in (3, 4, 5, 6, 7, 4)]
    with pytest.raises(UsageError) as error:
        table([ROW], "t.csv").require(places, "rfsearch measure items.parquet")
    assert str(error.value) == (
        "t.csv: no row for 4 of 5 items: 8C3 on 4×32, 8C3 on 5×32, 8C3 on 6×32, …; "
        "fill them with: rfsearch measure items.parquet"
    )
    table([ROW], "t.csv", missing="forbid").require(places, "")


def test_units_convert():
    made = table([{**ROW, "unit": "us"}], "t", unit="ms")
    assert value(_at(made), made) == Fraction(3, 2000)
    assert made.unit is UNITS["ms"]
    assert table([{**ROW, "unit": "µs"}], "t").unit is UNITS["us"]


@pytest.mark.parametrize(
    ("rows", "unit", "said"),
    [
        ([], None, "t: no rows in it"),
        ([{"item": "8C3", "sizes": 9, "value": 1}], None, "t: no column channels; needed are"),
        ([{**ROW, "latency": 1}], None, "t: column latency is not one of item, ch"),
        ([{**ROW, "value": -1}], None, "t: row 1: value: -1 is negative"),
        ([ROW, {**ROW, "channels": 4, "value": float("nan")}], None,
         "t: row 2: value: nan is no finite number"),
        ([{**ROW, "value": "fast"}], None, "t: row 1: value: 'fast' is no number"),
        ([{**ROW, "value": None}], None, "t: row 1: value: None is no number"),
        ([ROW, {**ROW, "value": 2}], None,
         "t: row 2: 8C3 on 3×32 is there already with another value"),
        ([{**ROW, "item": "8C3-8C3"}], None,
         "t: row 1: item: 8C3-8C3 is 2 items; a row is one layer or block"),
        ([{**ROW, "item": "8Q3"}], None, "t: row 1: item: stack, character 2"),
        ([{**ROW, "item": 3}], None, "t: row 1: item: 3 is no notation"),
        ([{**ROW, "channels": 0}], None, "t: row 1: channels: 0 is not ≥ 1"),
        ([{**ROW, "sizes": "9y9"}], None, "t: row 1: sizes: 9y9 is not a whole number"),
        ([{**ROW, "unit": "us"}], "mJ",
         "t: values in us (time) are no mJ (energy)"),
        ([{**ROW, "unit": "weeks"}], None, "t: column unit: weeks is no unit; known are"),
        ([ROW], "weeks", "t: unit: weeks is no unit; known are"),
        ([{**ROW, "unit": "us"}, {**ROW, "unit": "ms", "channels": 4}], None,
         "t: column unit has several: ms, us"),
        ([{**ROW, "value": 2**41}], None, "t: 2199023255552 is beyond 2^40; choose a larger unit"),
    ],
)  # fmt: skip
def test_each_fault_of_a_table_is_one_line(rows, unit, said):
    with pytest.raises(UsageError) as error:
        table(rows, "t", unit=unit)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_an_item_that_could_not_be_measured_has_no_row():
    made = table([ROW, {**ROW, "channels": 4, "value": None, "error": "no kernel"}], "t")
    assert len(made.rows) == 1


def test_two_rows_that_agree_are_one():
    assert len(table([ROW, dict(ROW)], "t").rows) == 1


def test_csv_and_parquet_say_the_same(tmp_path):
    frame = pl.DataFrame([ROW, {**ROW, "sizes": "49x10", "value": 2.25}])
    frame.write_csv(tmp_path / "t.csv")
    frame.write_parquet(tmp_path / "t.parquet")
    tables = [read_table(str(tmp_path / name)) for name in ("t.csv", "t.parquet")]
    tables.append(of_frame(frame, "frame"))
    assert len({(tuple(one.rows.items()), one.scale) for one in tables}) == 1


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.yaml", "t.txt", "none.csv"])
def test_a_file_that_is_no_table_is_one_line(tmp_path, name):
    path = tmp_path / name
    if name != "none.csv":
        path.write_bytes(b"\xff\xfe: {[")
    with pytest.raises(UsageError) as error:
        read_table(str(path))
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_table_cut_short_is_told(tmp_path):
    pl.DataFrame([ROW]).write_parquet(tmp_path / "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(data[:-20])
    with pytest.raises(UsageError, match="not a Parquet file"):
        read_table(str(tmp_path / "t.parquet"))


# --- Once-for-All's form -----------------------------------------------------------------------

YAML = """
Conv-input:224x224x3-output:112x112x16: {mean: 1.5}
expanded_conv-input:112x112x16-output:112x112x16-expand:16-kernel:3-stride:1-idskip:1: {mean: 2}
expanded_conv-input:112x112x16-output:56x56x24-expand:64-kernel:5-stride:2-idskip:0: {mean: 3}
expanded_conv-input:56x56x24-output:56x56x24-expand:6-kernel:7-stride:1-idskip:1: {mean: 4}
expanded_conv-input:56x56x24-output:28x28x40-expand:96-kernel:5-stride:2-idskip:0-se:1: {mean: 5}
Conv_1-input:7x7x320-output:7x7x1280: {mean: 6, count: 9}
Logits-input:7x7x1280-output:1000: {mean: 7}
"""


def test_a_table_of_once_for_all_is_read_as_items(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "t.yaml"
    path.write_text(YAML)
    made = read_table(str(path), unit="ms")
    expected = [
        ("16C3S2P1N", 3, 224, 1.5),
        ("I(DW3P1N-16C1N)", 16, 112, 2),
        ("I(64C1N-DW5S2P2N-24C1N)", 16, 112, 3),
        ("I(144C1N-DW7P3N-24C1N)", 24, 56, 4),
        ("I(96C1N-DW5S2P2N-SE4-40C1N)", 24, 56, 5),
        ("1280C1N", 320, 7, 6),
        ("GAP", 1280, 7, 7),
        ("1000FC", 1280, 1, 0),
    ]
    for text, channels, size, number in expected:
        assert value(_at(made, text, channels, (size, size)), made) == Fraction(number)
    assert len(made.rows) == len(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7", "no table like"),
        ("pool-input:1x1x1-output:1x1x1: {mean: 1}", "not one of Conv, Conv_1, Logits, expanded"),
        ("Conv-input:9x9x3-output:9x9x3: 7", "no mean in it"),
        ("Conv-input:9x9-output:9x9x3: {mean: 1}", "9x9 is no shape like 56x56x24"),
        ("expanded_conv-input:9x9x3-output:9x9x3-expand:6: {mean: 1}", "no kernel in it"),
        (
            "expanded_conv-input:9x9x3-output:9x9x3-expand:6-kernel:3-stride:1-idskip:0: {mean: 1}",
            "a block without a skip where one fits is no item",
        ),
    ],
)
def test_what_is_no_table_of_once_for_all_is_one_line(tmp_path, text, said):
    pytest.importorskip("yaml")
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=f"^{path}: .*{said}"):
        read_table(str(path))


# --- formulas ----------------------------------------------------------------------------------


def test_the_whole_numbers_are_those_of_the_table_of_layers():
    found = whole_numbers(_item("I(16C1N-DW3S2P1N-8C1N)"), 4, (9, 8))
    network = rfsearch.parse("I(16C1N-DW3S2P1N-8C1N)", (9, 8), 4)
    assert set(found) == set(MEANINGS)
    assert (found["macs"], found["params"]) == (network.totals["macs"], network.totals["params"])
    assert (found["in_values"], found["out_values"]) == (4 * 72, 8 * 20)
    assert (found["in_positions"], found["out_positions"]) == (72, 20)
    assert found["activations"] == network.totals["activations"] - found["in_values"]
    assert found["peak_values"] * 4 == network.totals["peak_memory"]
    assert (found["layers"], found["axes"]) == (3, 2)
    assert (found["in_channels"], found["out_channels"]) == (4, 8)


numbers = st.sampled_from(("1", "3", "900", "0.4", "3.125", "1.1"))
leaves = st.one_of(numbers, st.sampled_from(("macs", "in_values", "out_channels", "layers")))
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(("+", "*")), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(("//", "%", "/")), numbers),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("min({}, {})".format, inner, inner),
    ),
    max_leaves=6,
)


def _plain(text, found):
    """The formula as plain Python with fractions."""
    import re

    exact = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r'Fraction("\1")', text)
    return eval(exact, {"Fraction": Fraction, "max": max, "min": min, **found})


@settings(deadline=None)
@given(expressions)
def test_a_formula_is_plain_arithmetic_with_fractions(text):
    found = {"macs": 12345, "in_values": 300, "out_channels": 8, "layers": 3}
    try:
        made = formula(text, "f")
    except UsageError as error:
        assert "more than nine places" in str(error)
        return
    assert made.value(found) == _plain(text, found)
    assert (made.value(found) * made.scale).denominator == 1


def test_macs_as_a_formula_are_macs():
    made = formula("macs", "f")
    assert (made.scale, _at(made)) == (1, rfsearch.parse("8C3", 32, 3).totals["macs"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.4*mac", "f: mac is not one of activations, axes, in_channels"),
        ("macs **2", "f: macs ** 2 may hold names, numbers, + - * // %, brackets"),
        ("macs/layers", "f: macs / layers may hold names"),
        ("macs / 0", "f: macs / 0 divides by 0"),
        ("__import__('os')", "f: __import__('os') may hold names"),
        ("macs.real", "f: macs.real may hold names"),
        ("[macs][0]", "f: [macs][0] may hold names"),
        ("'macs'", "f: 'macs' is no number"),
        ("True", "f: True is no number"),
        ("max(macs)", "f: max(macs) may hold names"),
        ("macs +", "f: 'macs +' is no formula like 0.4*macs + 900"),
        ("", "f: '' is no formula"),
        ("1e999*macs", "f: a number of it is too large"),
        ("0.0000000001*macs", "f: its decimals multiply to more than nine places"),
        ("+".join(["macs"] * 300), "f: a formula of 1499 characters is too long"),
    ],
)
def test_what_is_no_formula_is_one_line(text, said):
    with pytest.raises(UsageError) as error:
        formula(text, "f")
    assert str(error.value).startswith(said)


def test_a_formula_that_goes_below_0_or_beyond_2_to_the_53_is_told():
    with pytest.raises(UsageError, match="f: 8C3 on 3×32: 5 - macs is negative"):
        _at(formula("5 - macs", "f"))
    with pytest.raises(UsageError, match="passes 2\\^53"):
        _at(formula("macs*macs*macs*macs", "f"))
    with pytest.raises(UsageError, match="divides by 0"):
        _at(formula("macs // (layers - 1)", "f"))


# --- functions ---------------------------------------------------------------------------------


def test_a_function_is_asked_once_for_each_item_and_place():
    asked = []

    def ask(item, channels, sizes):
        asked.append((item, channels, sizes))
        return None if channels == 4 else channels / 3

    made = function(ask, "f", unit="ms")
    found = [_at(made, channels=channels) for channels in (3, 5, 4, 5, 3)]
    assert found == [1_000_000, 1_666_667, None, 1_666_667, 1_000_000]
    assert asked == [("8C3", 3, (32, 32)), ("8C3", 5, (32, 32)), ("8C3", 4, (32, 32))]


@pytest.mark.parametrize(("answer", "said"), [
    (float("nan"), "f: 8C3 on 3×32: nan is no finite number"),
    (-0.5, "f: 8C3 on 3×32: -0.5 is negative"),
    ("x", "f: 8C3 on 3×32: 'x' is no number"),
])  # fmt: skip
def test_what_is_no_value_names_item_and_place(answer, said):
    with pytest.raises(UsageError, match=f"^{said}$"):
        _at(function(lambda *place: answer, "f"))


# --- declared costs ----------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), st.integers(0, 9))
def test_sums_and_maxima_have_the_network_s_own_part_once(constants, once):
    source = table([{**ROW, "value": 0.25}], "t")
    for combine, join in (("sum", sum), ("max", max)):
        made = charge("latency", source, combine=combine, per_network=once)
        assert made.total(constants) == join(constants) + once * source.scale


def test_a_total_is_shown_in_the_unit_that_reads_best():
    source = table([{**ROW, "value": 0.5, "unit": "us"}], "t")
    assert charge("latency", source).text(23_450) == "2.345 ms"
    assert in_unit(Fraction(7), UNITS["us"]) == "7 us"
    assert in_unit(Fraction(2048), UNITS["B"]) == "2 KiB"
    assert in_unit(Fraction(12345), UNITS["cycles"]) == "12,345 cycles"
    assert in_unit(Fraction(1, 3), UNITS[""]) == "0.3333"


def test_a_budget_may_have_a_unit_of_its_own():
    made = charge("latency", table([{**ROW, "unit": "us"}], "t"))
    assert made.amount("12ms", "max_latency") == 12_000
    assert made.amount("12K", "max_latency") == 12_000
    with pytest.raises(UsageError, match=r"max_latency: values in mJ \(energy\) are no us"):
        made.amount("12mJ", "max_latency")


@pytest.mark.parametrize(("given", "said"), [
    ({"combine": "mean"}, "cost.x.combine: mean is not one of sum, max"),
    ({"per_network": -1}, "cost.x.per_network: -1 is negative"),
    ({"per_network": Fraction(1, 3)}, "cost.x.per_network: 1/3 has more decimals than the values"),
])  # fmt: skip
def test_a_declaration_that_cannot_be_is_one_line(given, said):
    with pytest.raises(UsageError, match=f"^{said}"):
        charge("x", table([ROW], "t"), **given)
