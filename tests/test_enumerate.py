"""A dataset holds every match of its ranks once, with the figures of an independent oracle."""

import hashlib
import io
import json
from pathlib import Path

import polars as pl
import pytest
import spaces
from hypothesis import given
from hypothesis import strategies as st

import rfsearch
from rfsearch.cli import main
from rfsearch.enumeration import part as parts
from rfsearch.enumeration.manifest import Manifest
from rfsearch.enumeration.ranges import Ranges
from rfsearch.errors import LimitError, UsageError

SMALL = rfsearch.Space(kernel=[1, 2, 3], stride=[1, 2], depth=(1, 4))
SMALL_FLAGS = [
    "--target-rf", "8", "--kernel", "1,2,3", "--stride", "1,2", "--depth", "1..4", "--input", "14",
]  # fmt: skip


def found():
    return SMALL.search(input=14, target_rf=8)


def hashes(folder):
    """Every file below a folder, hidden ones too, with the hash of its bytes."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).iterdir())
    }


@spaces.held
@given(question=spaces.questions(), part_rows=st.integers(1, 400), at=st.data())
def test_a_dataset_is_every_match_once_in_order_with_the_oracles_figures(
    question, part_rows, at, tmp_path_factory
):
    found = question.search()
    wanted = [spaces.columns(row) for row in question.matches]
    low = at.draw(st.integers(0, len(wanted)))
    high = at.draw(st.integers(low, len(wanted)))
    part_rows = max(part_rows, -(-(high - low) // 20))
    folder = tmp_path_factory.mktemp("dataset")
    rows = found.sink_parquet(folder / "all", start=low, stop=high, part_rows=part_rows)
    assert rows.collect().to_dicts() == wanted[low:high]
    assert len(list((folder / "all").glob("*.parquet"))) == -(-(high - low) // part_rows)


def test_the_command_writes_the_bytes_that_python_writes(tmp_path):
    found().sink_parquet(tmp_path / "python", part_rows=100)
    assert main(["enumerate", *SMALL_FLAGS, "-o", str(tmp_path / "command"), "--part-rows", "100",
                 "--quiet"]) == 0  # fmt: skip
    assert hashes(tmp_path / "python") == hashes(tmp_path / "command")
    assert len(hashes(tmp_path / "python")) > 3


def test_bytes_do_not_depend_on_the_batches_in_which_rows_come(tmp_path, monkeypatch):
    found().sink_parquet(tmp_path / "one")
    monkeypatch.setattr(parts, "BATCH", 7)
    found().sink_parquet(tmp_path / "other")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")


def test_names_are_ranges_and_every_part_says_which_dataset_it_is_of(tmp_path):
    matches = found().count()
    found().sink_parquet(tmp_path / "d", start=5, stop=matches - 3, part_rows=64)
    manifest = Manifest.read((tmp_path / "d/manifest.json").read_text(), "manifest")
    at = 5
    for path in sorted((tmp_path / "d").glob("*.parquet")):
        low, high = map(int, path.stem.split("-"))
        assert low == at and len(pl.read_parquet(path)) == high - low
        metadata = pl.read_parquet_metadata(path)
        assert metadata["rfsearch.range"] == f"{low}-{high}"
        assert metadata["rfsearch.dataset"] == manifest.digest
        at = high
    assert at == matches - 3


def test_the_manifest_holds_question_count_ranges_columns_and_versions(tmp_path):
    found().sink_parquet(tmp_path / "d", part_rows=64, columns=["stack", "macs"])
    told = json.loads((tmp_path / "d/manifest.json").read_text())
    assert told["question"]["kernel"] == [1, 2, 3] and told["question"]["target_rf"] == 8
    assert told["matches"] == found().count() == told["ranges"]["stop"]
    assert told["columns"] == {"stack": "String", "macs": "Int64"}
    assert told["rfsearch"] == rfsearch.__version__ and told["polars"] == pl.__version__


def test_layers_as_a_list_are_the_notation_in_items(tmp_path):
    stacks = found().sink_parquet(tmp_path / "a").collect()["stack"]
    layers = found().sink_parquet(tmp_path / "b", layers="list").collect()["layers"]
    assert layers.dtype == pl.List(pl.String)
    assert ["-".join(one) for one in layers.to_list()] == stacks.to_list()
    assert {len(one) for one in layers.to_list()} == {3, 4}


STAGED = """
input = [16, "16x12"]
target_rf = "5..11x5..11"
[block.res]
stack = "R(8C3P1-8C3P1)"
[[stage]]
[[stage.slot]]
kernel = [3, "3x1"]
stride = [1, 2]
channels = [8]
[[stage.slot]]
block = "res"
repeat = [0, 1]
"""


def _staged(tmp_path):
    file = tmp_path / "staged.toml"
    file.write_text(STAGED)
    return ["--config", str(file)]


def test_columns_are_lists_of_axes_in_every_part_where_some_match_needs_them(tmp_path, capsys):
    flags = _staged(tmp_path)
    out = tmp_path / "d"
    assert main(["enumerate", *flags, "-o", str(out), "--part-rows", "2", "--quiet"]) == 0
    rows = rfsearch.scan(out).collect()
    assert main([*flags, "--top", "1000", "--distinct", "none", "--format", "ndjson"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    key = ["input", "stack"]
    assert len(rows) == len(listed) == 4
    assert rows.schema["rf"] == pl.List(pl.Int64)
    fields = {(row["input"], row["stack"]): row for row in rows.to_dicts()}
    assert len(fields) == len(rows)
    for row in listed:
        mine = fields[tuple(str(row[name]) for name in key)]
        for name in ("rf", "jump", "output_size"):
            assert mine[name] == (row[name] if isinstance(row[name], list) else [row[name]] * 2)
        assert mine["macs"] == row["macs"] and mine["params"] == row["params"]


def test_blocks_stay_whole_in_a_list_of_layers(tmp_path):
    out = tmp_path / "d"
    assert main(["enumerate", *_staged(tmp_path), "-o", str(out), "--layers", "list",
                 "--quiet"]) == 0  # fmt: skip
    layers = {layer for row in rfsearch.scan(out).collect()["layers"] for layer in row}
    assert "R(8C3P1-8C3P1)" in layers


def test_a_sample_is_drawn_from_all_matches_the_same_for_the_same_seed(tmp_path):
    how = {"sample": 500, "seed": 3, "part_rows": 128}
    rows = found().sink_parquet(tmp_path / "a", **how).collect()
    found().sink_parquet(tmp_path / "b", **how)
    other = found().sink_parquet(tmp_path / "c", **how | {"seed": 4}).collect()
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    assert len(rows) == 500 and set(rows["stack"]) <= set(_all()["stack"])
    assert not rows.equals(other)
    assert not rows[:128].equals(rows[128:256])


def _all():
    return pl.concat(list(found().stacks()))


@pytest.mark.compiled
@pytest.mark.parametrize(
    "depth, matches", [(6, 100_285), pytest.param(7, 3_583_022, marks=pytest.mark.nightly)]
)
def test_rows_are_all_matches_distinct_and_evaluate_to_the_same_costs(depth, matches, tmp_path):
    found = rfsearch.Space(depth=(1, depth)).search(input=227, target_rf=224)
    rows = found.sink_parquet(tmp_path / "d", part_rows=300_000 // (8 - depth)).collect()
    assert len(rows) == found.count() == rows["stack"].n_unique() == matches
    for batch in rows.iter_slices(500_000):
        scored = rfsearch.evaluate(batch["stack"], input=227)
        both = [name for name in scored.columns if name in rows.columns]
        assert len(both) > 10
        assert batch[both].equals(scored[both])


@pytest.mark.nightly
def test_ten_million_rows_stand_in_order_each_once_as_they_evaluate(tmp_path):
    found = rfsearch.Space(depth=(1, 8)).search(input=227, target_rf=224)
    start = found.count() // 3
    rows = found.sink_parquet(tmp_path / "d", start=start, stop=start + 10**7)
    assert rows.select(pl.col("stack").n_unique()).collect(engine="streaming").item() == 10**7
    for low in range(0, 10**7, 10**6):
        batch = rows.slice(low, 10**6).collect()
        scored = rfsearch.evaluate(batch["stack"], input=227)
        both = [name for name in scored.columns if name in batch.columns]
        assert batch[both].equals(scored[both])
        assert batch["stack"][0] == found.match(start + low)


def test_any_part_is_made_alone_from_the_manifest(tmp_path, capsys):
    found().sink_parquet(tmp_path / "whole", part_rows=100)
    out = tmp_path / "d"
    main(["enumerate", *SMALL_FLAGS, "-o", str(out), "--part-rows", "100", "--plan", "--quiet"])
    assert list(hashes(out)) == ["manifest.json"]
    assert main(["part", str(out)]) == 0
    parts = int(capsys.readouterr().out)
    for number in reversed(range(parts)):
        assert main(["part", f"{out}/manifest.json", str(number)]) == 0
    assert main(["part", str(out), f"0..{parts - 1}"]) == 0
    assert hashes(out) == hashes(tmp_path / "whole")
    assert main(["part", str(out), str(parts)]) == 2
    assert capsys.readouterr().err == f"rfsearch: I: {parts} is not in 0..{parts - 1}\n"


def test_what_it_takes_is_said_before_and_a_dry_run_writes_nothing(tmp_path, capsys):
    out = tmp_path / "d"
    assert main(["enumerate", *SMALL_FLAGS, "-o", str(out), "--workers", "1", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert f"{found().count():,} rows" in said and "estimated from" in said
    assert not out.exists()


def test_bytes_are_foretold_within_a_tenth(tmp_path):
    from rfsearch.enumeration.estimate import estimated
    from rfsearch.enumeration.question import told_of
    from rfsearch.enumeration.wanted import Wanted

    deep = rfsearch.Space(kernel=[1, 2, 3], stride=[1, 2], depth=(1, 7)).search(14, 8)
    manifest = Wanted().manifest(deep, told_of(deep))
    deep.sink_parquet(tmp_path / "d")
    size = sum(path.stat().st_size for path in (tmp_path / "d").glob("*.parquet"))
    told = estimated(manifest, deep)
    assert told.rows == deep.count() and told.bytes == pytest.approx(size, rel=0.1)


def test_a_dataset_that_the_disk_cannot_hold_is_refused_with_advice(tmp_path, monkeypatch, capsys):
    from rfsearch.enumeration.store.folder import Folder

    monkeypatch.setattr(Folder, "free", lambda self: 1000)
    assert main(["enumerate", *SMALL_FLAGS, "-o", str(tmp_path / "d"), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert "1.0 kB are free" in said and "--columns" in said and "--sample" in said
    assert not (tmp_path / "d").exists()


def test_nothing_matches_is_exit_code_1_and_no_dataset(tmp_path, capsys):
    out = tmp_path / "d"
    flags = ["--kernel", "3", "--stride", "2", "--depth", "1..2", "--target-rf", "8"]
    assert main(["enumerate", *flags, "--input", "14", "-o", str(out)]) == 1
    assert "No stack matches" in capsys.readouterr().err and not out.exists()


def test_a_budget_under_which_matches_have_no_ranks_is_a_limit(tmp_path):
    deep = rfsearch.Space(kernel=[1, 2, 3], stride=[1, 2], depth=(1, 8))
    within = deep.search(input=14, target_rf=8, max_macs=20_000_000, memory_limit=400_000)
    with pytest.raises(LimitError, match="budget on an adding cost"):
        within.sink_parquet(tmp_path / "d")


@pytest.mark.parametrize(
    "flags, said",
    [
        ([], "--output: not given; a folder for the parts, or s3://bucket/prefix"),
        (["--from", "7", "--to", "3"], "--from: 7 is not in 0..3"),
        (["--to", "1M"], "--to: 1000000 is not in 0..N (there are N matches)"),
        (["--sample", "0"], "--sample: 0 is not ≥ 1"),
        (["--sample", "5", "--to", "1"], "--sample: draws from all matches; leave out from and to"),
        (["--part-rows", "0"], "--part-rows: 0 is not ≥ 1"),
        (["--layers", "words"], "--layers: words is not one of notation, list"),
        (["--workers", "0"], "--workers: 0 is not ≥ 1"),
        (["--workers", "2", "--scheduler", "local:2"], "--workers: a scheduler's cluster has its "
         "own; local:N starts N here"),
        (["--top", "3"], "--top: not for enumerate, which writes every match"),
        (["--resume"], "--output: OUT: there is no manifest.json, so no dataset"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_that_names_the_flag(flags, said, tmp_path, capsys):
    out = str(tmp_path / "d")
    where = ["-o", out] if flags else []
    assert main(["enumerate", *SMALL_FLAGS, *where, *flags]) == 2
    said = said.replace("OUT", out).replace("N matches", f"{found().count()} matches")
    said = said.replace("0..N", f"0..{found().count()}")
    assert capsys.readouterr().err == f"rfsearch: {said}\n"


def test_a_column_that_is_not_there_names_those_that_are(tmp_path, capsys):
    out = str(tmp_path / "d")
    assert main(["enumerate", *SMALL_FLAGS, "-o", out, "--columns", "stack,flops"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("rfsearch: --columns: flops is not one of stack, output_size, rf")


def test_a_jump_beyond_int64_is_text_in_every_part(tmp_path):
    wide = rfsearch.Space(kernel=[1], stride=[1, 65_536], depth=(1, 5), allow_gaps=True)
    rows = wide.search(input=1, target_rf=1).sink_parquet(tmp_path / "d", part_rows=2).collect()
    assert rows.schema["jump"] == pl.String
    assert str(65_536**5) in rows["jump"] and "1" in rows["jump"]


@given(st.integers(0, 50), st.integers(0, 60), st.integers(1, 20), st.data())
def test_ranges_are_proven_whole_only_where_no_part_is_missing(start, rows, size, at):
    ranges = Ranges(start, start + rows, size)
    names = [ranges.name(number) for number in range(len(ranges))]
    assert names == sorted(names) and sum(high - low for low, high in ranges) == rows
    some = at.draw(st.sets(st.sampled_from(names)) if names else st.just(set()))
    missing = ranges.missing([*some, "manifest.json"])
    assert [names[number] for number in missing] == [one for one in names if one not in some]


def test_a_parquet_file_that_is_no_part_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"0-7.parquet: not a part of this dataset"):
        Ranges(0, 10, 5).missing(["00-05.parquet", "0-7.parquet"])


def test_a_dataset_without_rows_is_read_with_its_columns(tmp_path):
    rows = found().sink_parquet(tmp_path / "d", start=3, stop=3).collect()
    assert len(rows) == 0 and rows.columns == _all().columns


def test_any_changed_byte_of_a_part_is_found(tmp_path):
    from rfsearch.enumeration import checksum

    found().sink_parquet(tmp_path / "d", stop=20)
    data = next((tmp_path / "d").glob("*.parquet")).read_bytes()
    assert checksum.is_whole(data) and len(pl.read_parquet(io.BytesIO(data))) == 20
    for place in range(len(data)):
        assert not checksum.is_whole(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert not checksum.is_whole(data[:place])
