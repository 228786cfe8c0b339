"""Numbers as people write them."""

from fractions import Fraction

import numpy as np
import pytest

import rfsearch
from rfsearch.errors import UsageError
from rfsearch.quantity import fraction, names, span, whole, wholes


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("224", 224),
        (224, 224),
        ("300M", 300_000_000),
        ("1.5k", 1500),
        ("1.5K", 1500),
        ("320Ki", 320 * 1024),
        ("3G", 3 * 10**9),
        (" 7 ", 7),
        (2.0, 2),
        (1e9, 10**9),
        ("-1", -1),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_a_quantity_is_an_exact_integer(text, number):
    assert whole(text, "--here") == number
    assert isinstance(whole(text, "--here"), int)


@pytest.mark.parametrize(
    ("text", "number"), [("320KiB", 320 * 1024), ("2MiB", 2 * 1024**2), ("1GB", 10**9), ("7", 7)]
)
def test_a_number_of_bytes_may_say_so(text, number):
    assert whole(text, "--here", in_bytes=True) == number


@pytest.mark.parametrize(
    ("text", "meant"), [("320KiB", "320Ki"), ("3MB", "3M"), (" 1.5GB ", "1.5G"), ("8B", "8")]
)
@pytest.mark.parametrize("read", [whole, fraction, wholes, span])
def test_what_is_no_number_of_bytes_may_not_say_so(read, text, meant):
    with pytest.raises(UsageError, match=rf"^--here: .*B *is in bytes; did you mean {meant}\?"):
        read(text, "--here")


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1.5", "1..2", "12Q", "1e9", "0x10", "nan", "inf", "1 000", "9" * 5000),
        *(float("nan"), float("inf"), 1.5, True, None, [1], {}, "\u0661\u0662"),
    ],
)
def test_what_is_no_whole_number_is_refused_with_its_place(text):
    with pytest.raises(UsageError, match=r"^--here: ") as caught:
        whole(text, "--here")
    assert "\n" not in str(caught.value)


def test_bounds_name_the_value_and_the_bound():
    with pytest.raises(UsageError, match="--here: 0 is not ≥ 1"):
        whole("0", "--here", least=1)
    with pytest.raises(UsageError, match="--here: 7 is not ≤ 6"):
        whole("7", "--here", most=6)


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ("1,2,3", (1, 2, 3)),
        ("0..5", (0, 1, 2, 3, 4, 5)),
        ("1,3..5,11", (1, 3, 4, 5, 11)),
        ("2,2,1", (2, 1)),
        (7, (7,)),
        ([1, 2], (1, 2)),
        (["1..3", 9], (1, 2, 3, 9)),
    ],
)
def test_lists_and_ranges_become_numbers(given, numbers):
    assert wholes(given, "kernel") == numbers


def test_a_list_in_a_file_names_the_member_that_is_wrong():
    with pytest.raises(UsageError, match=r"kernel\[1\]: x is not a whole number"):
        wholes([1, "x"], "kernel")


@pytest.mark.parametrize(
    "given", ["", [], "1,,2", "1..", "..3", "3..1", "1..2..3", "0..1000000000"]
)
def test_a_list_that_is_none_is_refused(given):
    with pytest.raises(UsageError, match=r"^--here"):
        wholes(given, "--here")


@pytest.mark.parametrize(
    ("given", "ends"), [("200..240", (200, 240)), ("7", (7, 7)), (7, (7, 7)), ([1, 10], (1, 10))]
)
def test_a_range_holds_both_its_ends(given, ends):
    assert span(given, "depth") == ends


def test_a_range_upside_down_is_answered_with_the_right_one():
    with pytest.raises(UsageError, match=r"--depth: 9..3 is upside down; did you mean 3..9\?"):
        span("9..3", "--depth")


def test_fractions_are_exact():
    assert fraction("1/3", "--here") == Fraction(1, 3)
    assert fraction("2.5", "--here") == Fraction(5, 2)
    assert fraction(0.1, "--here") == Fraction(1, 10)
    for wrong in ("1/0", "x", "1/2/3", float("nan")):
        with pytest.raises(UsageError, match=r"^--here: "):
            fraction(wrong, "--here")


def test_names_are_split_at_commas():
    assert names("memory, macs", "--rank-by") == ("memory", "macs")
    for wrong in ("", [], "a,,b", [1]):
        with pytest.raises(UsageError, match=r"^--rank-by"):
            names(wrong, "--rank-by")


SMALL = rfsearch.Space(kernel=[3, 5], stride=[1, 2], depth="1..3", channels=4)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (
            lambda: SMALL.search("9", "7", max_memory="2KiB", memory_limit="1GiB").count(),
            lambda: SMALL.search(9, 7, max_memory=2048, memory_limit=1 << 30).count(),
        ),
        (
            lambda: SMALL.search(9, 7, max_peak_memory="3KiB", reserve="1KiB").count(),
            lambda: SMALL.search(9, 7, max_peak_memory=3072, reserve=1024).count(),
        ),
        (lambda: len(SMALL.search(9, 7).sample("1K")), lambda: 1000),
        (
            lambda: SMALL.search(9, 7).top("2", time_limit="100s")["stack"].to_list(),
            lambda: SMALL.search(9, 7).top(2, time_limit=100)["stack"].to_list(),
        ),
        (
            lambda: len(next(SMALL.search(9, "1..9").stacks(batch="0.02K"))),
            lambda: len(next(SMALL.search(9, "1..9").stacks(batch=20))),
        ),
        (
            lambda: rfsearch.evaluate(["8C3"], "9", bytes_per_value="2")["memory"].to_list(),
            lambda: rfsearch.evaluate(["8C3"], 9, bytes_per_value=2)["memory"].to_list(),
        ),
        (
            lambda: SMALL.ladder(9, "3..7:2", hold="params:5%", time_limit="100s").rungs.rows(),
            lambda: SMALL.ladder(9, [3, 5, 7], hold={"params": 0.05}, time_limit=100).rungs.rows(),
        ),
        (
            lambda: rfsearch.like("4C3-8C3", "9", "7", "1", memory_limit="1G").count(),
            lambda: rfsearch.like("4C3-8C3", 9, 7, 1, memory_limit=10**9).count(),
        ),
        (
            lambda: SMALL.search(np.int64(9), 7, max_memory=np.int32(2048)).count(),
            lambda: SMALL.search(9, 7, max_memory=Fraction(2048)).count(),
        ),
    ],
)
def test_python_takes_numbers_as_the_command_line_writes_them(text, number):
    assert text() == number()


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda: SMALL.search(9, 7, memory_limit="much"), "memory_limit: much is not a whole numb"),
        (lambda: SMALL.search(9, 7, memory_limit=0), "memory_limit: 0 is not ≥ 1"),
        (lambda: SMALL.search(9, 7).top("many"), "top: many is not a whole number like 224 or 3"),
        (lambda: SMALL.search(9, 7).top(3, time_limit="-1s"), "time_limit: -1s is not ≥ 0"),
        (lambda: SMALL.search(9, 7).sample("1KiB5"), "sample: 1KiB5 is not a whole number like"),
        (lambda: rfsearch.Space(depth="3..1"), "depth: 3..1 is upside down; did you mean 1..3?"),
        (lambda: rfsearch.Space(axes="two"), "axes: two is not a whole number like 224 or 300M"),
    ],
)
def test_errors_of_numbers_in_python_name_the_keyword_and_the_value(ask, error):
    with pytest.raises(rfsearch.UsageError) as raised:
        ask()
    assert str(raised.value).startswith(error)
