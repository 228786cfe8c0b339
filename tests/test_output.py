"""Values, frames and files on their way out."""

import json
import os
import stat
from fractions import Fraction

import polars as pl
import pytest

from rfsearch.answer.output.frames import encode, format_of, rows
from rfsearch.answer.output.plain import json_text, plain
from rfsearch.cli.destination import check, put
from rfsearch.errors import UsageError


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (-(2**53) - 1, "-9007199254740993"),
        (Fraction(1, 3), "1/3"),
        (Fraction(4, 2), 2),
        (1.5, 1.5),
        (True, True),
        (None, None),
        (float("nan"), None),
        ({5: 10**30}, {"5": "1" + "0" * 30}),
        ((1, [2, "x"]), [1, [2, "x"]]),
    ],
)
def test_no_integer_loses_a_digit_in_json(value, written):
    assert plain(value) == written


def test_a_type_that_json_cannot_carry_is_an_error_not_a_guess():
    with pytest.raises(TypeError):
        plain(object())


def test_the_json_object_keeps_the_order_of_its_keys():
    text = json_text({"b": 1, "a": [2**60]})
    assert list(json.loads(text)) == ["b", "a"]
    assert text.endswith("}\n")


FRAME = pl.DataFrame(
    {"rank": [1, 2], "stack": ["64C3", "64C5"], "macs": [2**60, 3], "centre": [0.5, 1.0]},
    schema_overrides={"twins": pl.Int64},
)


def test_a_column_that_is_text_for_its_largest_integer_is_numbers_again_in_json():
    frame = pl.DataFrame({"jump": ["4", str(2**70)], "twins": [None, "1"]})
    assert rows(frame) == [{"jump": 4, "twins": None}, {"jump": str(2**70), "twins": 1}]


def test_frames_become_ndjson_csv_and_parquet(tmp_path):
    lines = encode(FRAME, "ndjson").decode().splitlines()
    assert [json.loads(line) for line in lines] == rows(FRAME)
    assert json.loads(lines[0])["macs"] == str(2**60)
    assert encode(FRAME, "csv").decode().splitlines()[1] == f"1,64C3,{2**60},0.5"
    file = tmp_path / "rows.parquet"
    file.write_bytes(encode(FRAME, "parquet"))
    assert pl.read_parquet(file).equals(FRAME)


def test_the_file_name_chooses_the_format_where_no_flag_does():
    assert format_of(None, "found.json") == "json"
    assert format_of(None, "found.CSV") == "csv"
    assert format_of(None, "found.txt") == "table"
    assert format_of(None, None) == "table"
    assert format_of("ndjson", "found.json") == "ndjson"


def test_a_file_is_replaced_whole_and_keeps_its_permissions(tmp_path):
    file = tmp_path / "out.json"
    file.write_text("old")
    file.chmod(0o640)
    put(b"new", str(file))
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path):
    put(b"x", str(tmp_path / "a"))
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    file = tmp_path / "out.json"
    file.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UsageError, match="No space left on device"):
        put(b"new", str(file))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_device_is_written_to_not_replaced():
    put(b"x", os.devnull)
    assert not os.path.isfile(os.devnull)


def test_destinations_are_refused_before_the_work(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        check(str(tmp_path), binary=False)
    with pytest.raises(UsageError, match="there is no folder"):
        check(str(tmp_path / "no" / "x"), binary=False)
    check(str(tmp_path / "x"), binary=True)
