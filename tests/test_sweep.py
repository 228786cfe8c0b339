"""A sweep says of every input, target and depth what an independent oracle lists."""

import io
import json

import naive
import polars as pl
import pytest
import spaces
from hypothesis import given
from hypothesis import strategies as st

import rfsearch
from rfsearch.answer.screen.heat import heat_screen
from rfsearch.cli import main
from rfsearch.enumeration import sweep as grids

SPACE = rfsearch.Space(kernel=[1, 2, 3], stride=[1, 2], depth=(1, 3))
FLAGS = ["--kernel", "1,2,3", "--stride", "1,2", "--depth", "1..3"]
GRID = ["--input", "8..16:4", "--target-rf", "3..9:2"]


def _front(rows):
    """Cost vectors that no other is no worse than, least memory first."""
    vectors = {(row.memory, row.macs) for row in rows}
    return sorted(
        one
        for one in vectors
        if not any(other != one and other[0] <= one[0] and other[1] <= one[1] for other in vectors)
    )


@spaces.held
@given(spaces.questions(budgets=False), st.integers(0, 3), st.sampled_from([1, 8]))
def test_every_row_is_what_the_oracle_lists_at_that_depth(question, beyond, together):
    space, query = question.space, question.query
    low = query.target[0]
    targets = [low, low + beyond] if beyond else [low]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grids, "LEAST_TOGETHER", together)
        rows = rfsearch.sweep(
            rfsearch.Space(**vars(space)), query.input, targets, rounding=query.rounding,
            output_size=query.output, bytes_per_value=query.bytes_per_value, jump=query.jump,
        )  # fmt: skip
    depths = range(space.depth[0], space.depth[1] + 1)
    places = [(target, depth) for target in targets for depth in depths]
    assert rows.select("target_rf", "depth").rows() == places
    for row in rows.iter_rows(named=True):
        target = (row["target_rf"],) * 2
        listed = naive.matches(space, naive.Query(**{**vars(query), "target": target}))
        here = [one for one in listed if one.depth == row["depth"]]
        front = _front(here)
        assert row["matches"] == len(here)
        assert row["front_size"] == len(front) == len(row["front"])
        if here:
            best = min(here, key=lambda one: (one.memory, one.macs))
            assert (row["stack"], row["memory"], row["macs"]) == (best.stack, *front[0])
            assert row["params"] == best.params


def test_the_command_gives_the_rows_of_python_whoever_works(capsys):
    rows = rfsearch.sweep(SPACE, "8..16:4", "3..9:2")
    assert len(rows) == 3 * 4 * 3
    for workers in ("1", "3"):
        flags = [*FLAGS, *GRID, "--format", "ndjson", "--workers", workers]
        assert main(["sweep", *flags]) == 0
        read = pl.read_ndjson(io.BytesIO(capsys.readouterr().out.encode()), schema=rows.schema)
        assert read.equals(rows)


@pytest.mark.compiled
def test_a_grid_says_what_each_question_says_by_itself(capsys):
    flags = ["--depth", "1..6", "--input", "40,41", "--target-rf", "9..33:3"]
    assert main(["sweep", *flags, "--format", "ndjson", "--workers", "2"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 2 * 9 * 6
    space = rfsearch.Space(depth=(1, 6))
    for row in rows:
        found = space.search(row["input"], row["target_rf"], min_depth=row["depth"],
                             max_depth=row["depth"])  # fmt: skip
        front = found._front_rows(["memory", "macs"])
        assert row["matches"] == found.count() and row["front"] == front.values("stack")
        if front:
            assert {name: row[name] for name in front.names if name != "depth"} == {
                name: value for name, value in front[0].items() if name != "depth"
            }


@pytest.mark.compiled
def test_where_all_at_once_does_not_fit_each_alone_may():
    space, targets, limit = rfsearch.Space(depth=(1, 6)), list(range(9, 250, 30)), 3 << 20
    with pytest.raises(rfsearch.LimitError):
        grids.AtInput.of(space, 256, "9..249", {"memory_limit": limit})
    within = rfsearch.sweep(space, [256], targets, memory_limit=limit, front=[])
    assert within.equals(rfsearch.sweep(space, [256], targets, front=[]))


def test_runs_of_a_grid_are_as_long_as_leaves_every_worker_some():
    inputs, targets = list(range(16)), list(range(31))
    assert [len(own) for _, own in grids.runs(inputs, targets, 2)] == [31] * 16
    for workers in (8, 64, 512):
        made = grids.runs(inputs, targets, workers)
        assert len(made) >= min(4 * workers, 496)
        assert [[one, x] for one, own in made for x in own] == [
            [one, x] for one in inputs for x in targets
        ]


def test_the_json_holds_the_grid_and_a_row_for_each_depth(capsys):
    assert main(["sweep", *FLAGS, *GRID, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["query"]["input"] == [8, 12, 16]
    assert document["query"]["target_rf"] == [3, 5, 7, 9]
    rows = document["rows"]
    assert [row["depth"] for row in rows] == [1, 2, 3] * 12
    assert all(("stack" in row) == (row["matches"] > 0) for row in rows)


def test_a_budget_is_part_of_every_cell():
    free = rfsearch.sweep(SPACE, [16], [5, 9])
    bound = int(free["macs"].max()) - 1
    held = rfsearch.sweep(SPACE, [16], [5, 9], max_macs=bound)
    assert held["macs"].max() <= bound
    assert held["matches"].sum() < free["matches"].sum()


def test_the_cheapest_is_by_the_costs_asked_for():
    rows = rfsearch.sweep(SPACE, [16], [5], rank_by=["params"], front=["memory", "macs"])
    for row in rows.filter(pl.col("matches") > 0).iter_rows(named=True):
        depth = row["depth"]
        best = SPACE.search(16, 5, min_depth=depth, max_depth=depth).top(
            1, by=["params"], distinct="none"
        )
        assert row["stack"] == best["stack"][0]
    none = rfsearch.sweep(SPACE, [16], [5], front=[])
    assert "front" not in none.columns and none["matches"].to_list() == rows["matches"].to_list()


def test_stages_are_swept_too(tmp_path, capsys):
    file = tmp_path / "stages.toml"
    file.write_text("[[stage]]\n[[stage.slot]]\nkernel = [1, 3]\nrepeat = [1, 3]\nchannels = 8\n")
    assert main(["sweep", "--config", str(file), "--input", "8,12", "--target-rf", "1..7:2",
                 "--format", "ndjson"]) == 0  # fmt: skip
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counts = {(row["input"], row["target_rf"], row["depth"]): row["matches"] for row in rows}
    # RF 1 + 2 m: m of the layers of a stack have kernel 3.
    assert counts[8, 3, 1] == 1 and counts[8, 3, 2] == 2 and counts[12, 5, 3] == 3
    assert sum(counts.values()) == 2 * (2 + 4 + 8)


def test_maps_show_digits_of_counts_and_quarters_of_the_least_cost():
    rows = pl.DataFrame(
        {
            "input": [8, 8, 16, 16, 8, 16],
            "target_rf": [3, 3, 3, 3, 11, 11],
            "depth": [1, 2, 1, 2, 1, 1],
            "matches": [5, 7, 900, 200, 0, None],
            "macs": [10, 20, 4_000_000, 3_000_000, None, 70],
        }
    )
    assert heat_screen(rows, "macs").splitlines() == [
        "digits of the number of matches (· none, ? not known)",
        "RF  8 16  input",
        " 3  2  4",
        "11  ·  ?",
        "",
        "least macs: ░ to 10, ▒ to 70, ▓ to 70, █ to 3.000 M",
        "RF  8 16  input",
        " 3 ░░ ██",
        "11  · ▒▒",
    ]


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--input", "8"], "--target-rf: not given; the grid's, for example 32..512:32"),
        (["--target-rf", "3"], "--input: not given; the grid's, for example 32..512:32"),
        (["--input", "8:2", "--target-rf", "3"], "--input: 8:2 has a step but no range; write "
         "23..151:16"),
        (["--input", "1..2000", "--target-rf", "3"], "--input: 1..2000 makes more than 1024 "
         "inputs"),
        ([*GRID, "--top", "3"], "--top: not for a sweep, which has a row for each input, target "
         "and depth"),
        ([*GRID, "--kernel", "0"], "--kernel: 0 is not ≥ 1"),
    ],
)  # fmt: skip
def test_a_grid_that_cannot_be_is_one_line(flags, said, capsys):
    assert main(["sweep", *flags]) == 2
    assert capsys.readouterr().err == f"rfsearch: {said}\n"


def test_a_grid_without_a_match_is_exit_code_1_and_has_its_columns(capsys):
    rows = rfsearch.sweep(rfsearch.Space(kernel=[3], stride=[1], depth=(1, 2)), [8], [4, 6])
    assert rows["matches"].to_list() == [0] * 4 and rows["memory"].null_count() == 4
    flags = ["--kernel", "3", "--stride", "1", "--depth", "1..2"]
    assert main(["sweep", *flags, "--input", "8", "--target-rf", "4,6", "--workers", "1"]) == 1
    assert "·" in capsys.readouterr().out
