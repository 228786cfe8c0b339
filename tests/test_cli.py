"""The command line as a person or a program meets it: words, exit codes, formats, the screen."""

import json
import os
import shlex
import subprocess
import sys

import naive
import polars as pl
import pytest

import rfsearch
from rfsearch.cli import main
from rfsearch.request.options import OPTIONS

SMALL = (
    "--input 33 --target-rf 15 --kernel 1,3 --stride 1,2 --padding 0,1 --allow-gaps --depth 1..5"
)
NONE = "--input 227 --target-rf 224 --kernel 3,5,7,11 --stride 1,2,4 --padding 0..5 --depth 1..5"

SPACE = naive.Space(kernel=(1, 3), stride=(1, 2), padding=(0, 1), allow_gaps=True, depth=(1, 5))
MATCHES = naive.matches(SPACE, naive.Query(33, (15, 15)))

KEYS = [
    *("schema", "query", "space", "matches", "families", "matches_by_depth"),
    *("front", "results", "why", "nearby", "seconds"),
]
COLUMNS = [
    *("output_size", "rf", "rf_min", "jump", "centre", "padding_total", "depth", "params", "macs"),
    *("activations", "memory", "peak_memory", "erf_variance", "weight_memory", "entropy"),
]


def run(line, capsys):
    """(exit code, stdout, stderr) of one command line."""
    code = main(shlex.split(line))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def as_json(line, capsys):
    code, out, _ = run(line + " --format json", capsys)
    return code, json.loads(out)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("more", "used"),
    [
        (["--count"], set()),
        (
            ["-o", os.devnull],
            {"concurrent.futures", "rfsearch.why.nearby", "rfsearch.answer.screen.tables"},
        ),
    ],
    ids=["count", "screen"],
)
def test_a_search_through_a_pipe_imports_only_what_it_uses(more, used):
    idle = {"numba", "polars", "rich", "numpy.ma", "concurrent.futures", "tomllib", "difflib"}
    idle |= {f"rfsearch.{room}" for room in ("network", "device", "export", "space.edits")}
    idle |= {"rfsearch.question.timed", "rfsearch.automaton.expressive", "rfsearch.why.nearby"}
    idle |= {"rfsearch.answer.screen.tables", "rfsearch.question.reach"}
    code = (
        "import sys, os; from rfsearch.cli import main; "
        f"main(['--target-rf', '224', '--input', '227', *{more}]); "
        f"idle = set({sorted(idle - used)}); "
        "print(sorted(idle & set(sys.modules)), 'OPENBLAS_NUM_THREADS' in os.environ)"
    )
    for _ in range(2):  # the first may have to compile
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[] False", done.stderr


def test_help_imports_no_heavy_library_and_names_every_word():
    check = (
        "import sys; known = set(sys.modules); "
        "from rfsearch.cli import main; code = main(['--help']); "
        "heavy = {'numpy', 'numba', 'polars', 'rich', 'onnx', 'torch'}; "
        "heavy |= {'dataclasses', 'inspect', 'fractions', 'decimal'}; "
        "heavy &= {*sys.modules} - known; "
        "sys.exit(code or len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--target-rf" in done.stdout and "show" in done.stdout


def test_every_word_has_its_own_help(capsys):
    from rfsearch.cli.words import WORDS

    for word in WORDS:
        code, out, _ = run(f"{word} --help", capsys)
        assert code == 0 and out.startswith(f"usage: rfsearch {word}")


@pytest.mark.parametrize("word", ["reach", "ladder"])
def test_a_flag_that_a_word_refuses_is_not_in_its_help(word, capsys):
    """Nor is it what a misspelt one may have meant; asked for, it is refused by name."""
    _, out, _ = run(f"{word} --help", capsys)
    listed = {flag.rstrip(",") for flag in out.split() if flag.startswith("--")}
    options = [option for option in OPTIONS.values() if not option.table]
    missing = [option for option in options if option.flag not in listed]
    assert {"--top", "--front", "--count", "--where"} <= {option.flag for option in missing}
    for option in missing:
        given = option.flag if option.switch else f"{option.flag} 1"
        code, _, err = run(f"{word} --target-rf 3 --input 8 {given}", capsys)
        assert code == 2 and err.startswith(f"rfsearch: {option.flag}: ")
    _, _, err = run(f"{word} --tope 3", capsys)
    assert "--top?" not in err


def test_the_version_is_printed(capsys):
    code, out, _ = run("--version", capsys)
    assert code == 0 and out.startswith("rfsearch ")


def test_a_search_without_matches_explains_itself_on_stderr_and_exits_1(capsys):
    code, out, err = run(NONE, capsys)
    assert code == 1
    assert "0 of " in out
    assert "with odd kernels every RF is odd" in err
    assert "227 − 224 = 3 is odd, so only stride 1 remains, and 5 layers reach at most" in err


def test_the_json_object_holds_exactly_the_keys_of_its_contract_in_order(capsys):
    code, document = as_json(SMALL, capsys)
    assert code == 0
    assert list(document) == KEYS
    assert document["schema"] == 2
    assert document["space"] == {"candidates": naive.candidates(SPACE)}
    assert document["matches"] == len(MATCHES)
    assert document["families"] == naive.families(MATCHES)
    assert document["matches_by_depth"] == {
        str(depth): number
        for depth in range(1, 6)
        if (number := sum(row.depth == depth for row in MATCHES))
    }


def test_rows_carry_the_stack_and_every_column(capsys):
    _, document = as_json(SMALL + " --top 7", capsys)
    assert len(document["results"]) == 7
    assert list(document["results"][0]) == ["rank", "stack", "twins", *COLUMNS, "sizes"]
    assert list(document["front"][0]) == ["stack", *COLUMNS, "sizes"]
    best = naive.top(MATCHES, 7, ("memory", "macs"), "family")
    for row, (plain, twins) in zip(document["results"], best, strict=True):
        assert (row["stack"], row["twins"]) == (plain.stack, twins)
        assert row["centre"] == plain.centre2 / 2
        for column in ("output_size", "rf", "jump", "depth", "params", "macs", "peak_memory"):
            assert row[column] == getattr(plain, column)


def test_the_front_is_whole_whatever_top_says(capsys):
    _, document = as_json(SMALL + " --top 1", capsys)
    front = naive.front(MATCHES, ("memory", "macs"))
    assert [row["stack"] for row in document["front"]] == [row.stack for row in front]


def test_a_front_or_list_that_is_not_asked_for_is_empty(capsys):
    _, document = as_json(SMALL + " --top 0 --front none", capsys)
    assert (document["front"], document["results"]) == ([], [])
    _, out, _ = run(SMALL + " --top 0 --front none", capsys)
    assert "Front" not in out and "The best" not in out


def test_json_is_written_on_exit_1_with_reasons_and_no_rows(capsys):
    code, document = as_json(NONE, capsys)
    assert code == 1
    assert list(document) == KEYS
    assert (document["matches"], document["families"]) == (0, 0)
    assert document["front"] == document["results"] == []
    assert any("is odd" in line for line in document["why"])
    assert all(near["matches"] for near in document["nearby"])


def test_count_leaves_out_all_but_the_counts(capsys):
    code, document = as_json(SMALL + " --count", capsys)
    assert code == 0
    assert not {"front", "results", "families", "nearby"} & set(document)
    assert document["matches"] == len(MATCHES)


def test_the_query_in_the_answer_asks_the_same_question_again(capsys, tmp_path):
    _, document = as_json(SMALL + " --max-macs 30M --min-erf-variance 1/3", capsys)
    file = tmp_path / "again.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in document["query"].items()]
    file.write_text("\n".join(lines))
    _, again = as_json(f"--config {file}", capsys)
    assert {**again, "seconds": None} == {**document, "seconds": None}


@pytest.mark.parametrize(("flags", "most"), [("", None), (" --max-macs 15M", 15_000_000)])
def test_nearby_has_the_neighbours_with_their_own_exact_counts(flags, most, capsys):
    _, document = as_json(SMALL + flags, capsys)
    asked = [near["query"] for near in document["nearby"]]
    assert asked == [
        # RF 14 and 16 have none: the nearest on each side that have some
        *({"target_rf": 13}, {"target_rf": 17}, {"input": 32}, {"input": 34}),
        {"rounding": "floor"},
    ]
    for near in document["nearby"]:
        query = naive.Query(
            near["query"].get("input", 33),
            (near["query"].get("target_rf", 15),) * 2,
            near["query"].get("rounding", "exact"),
            bounds={"macs": (None, most)},
        )
        rows = naive.matches(SPACE, query)
        assert near["matches"] == len(rows)
        assert near["memory"] == min((row.memory for row in rows), default=None)
        assert near["macs"] == min((row.macs for row in rows), default=None)


def test_where_filters_the_listed_rows_and_nothing_else(capsys):
    code, all_rows = as_json(SMALL, capsys)
    line = SMALL + " --where 'depth <= 3 AND jump > 2'"
    assert main([*shlex.split(line), "--format", "json"]) == code
    out, err = capsys.readouterr()
    kept = json.loads(out)
    wanted = [row for row in all_rows["results"] if row["depth"] <= 3 and row["jump"] > 2]
    assert kept["results"] == wanted
    assert kept["matches"] == all_rows["matches"] and kept["front"] == all_rows["front"]
    assert f"{len(wanted)} of the {len(all_rows['results'])} listed rows kept" in err
    assert f"{len(wanted)} of the " in run(line, capsys)[1]


def test_a_where_that_keeps_no_row_still_exits_0(capsys):
    code, document = as_json(SMALL + " --where 'depth > 60'", capsys)
    assert (code, document["results"]) == (0, [])


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_row_formats_hold_the_list(form, capsys, tmp_path):
    _, document = as_json(SMALL + " --top 9", capsys)
    file = tmp_path / f"found.{form}"
    code, out, _ = run(f"{SMALL} --top 9 -o {file}", capsys)
    assert (code, out) == (0, "")
    if form == "ndjson":
        rows = [json.loads(line) for line in file.read_text().splitlines()]
    else:
        frame = pl.read_csv(file) if form == "csv" else pl.read_parquet(file)
        rows = frame.to_dicts()
    assert [row["stack"] for row in rows] == [row["stack"] for row in document["results"]]
    assert [row["memory"] for row in rows] == [row["memory"] for row in document["results"]]


def test_without_a_list_the_row_formats_hold_the_front(capsys):
    _, out, _ = run(SMALL + " --top 0 --format ndjson", capsys)
    front = naive.front(MATCHES, ("memory", "macs"))
    assert [json.loads(line)["stack"] for line in out.splitlines()] == [r.stack for r in front]


def test_the_screen_has_its_sections_in_order(capsys):
    code, out, err = run(SMALL, capsys)
    assert (code, err) == (0, "")
    heads = ["Stacks of 1..5", f"{len(MATCHES):,} of ", "Why", "Front: nothing beats"]
    heads += ["The best ", "Nearby", "Next"]
    places = [out.index(head) for head in heads]
    assert places == sorted(places)
    best = naive.top(MATCHES, 1, ("memory", "macs"), "family")[0][0]
    assert best.stack in out
    assert "\033" not in out


def test_quiet_leaves_counts_front_and_list(capsys):
    _, out, _ = run(SMALL + " --quiet", capsys)
    assert "Front: " in out and "The best " in out
    assert not any(head in out for head in ("Why", "Nearby", "Next"))


def test_a_file_sets_the_options_and_flags_override_it(capsys, tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(
        "target_rf = 15\ninput = 33\nkernel = [1, 3]\nstride = [1, 2]\npadding = [0, 1]\n"
        "allow_gaps = true\ndepth = '1..4'\ncount = true\n"
    )
    _, document = as_json(f"--config {file} --depth 1..5", capsys)
    assert document["matches"] == len(MATCHES)


def test_a_target_range_counts_every_rf_in_it(capsys):
    line = SMALL.replace("--target-rf 15", "--target-rf 13..17")
    _, document = as_json(line + " --count", capsys)
    assert document["matches"] == len(naive.matches(SPACE, naive.Query(33, (13, 17))))
    assert document["query"]["target_rf"] == "13..17"


def test_the_network_of_the_screen_is_shown_by_the_other_word(capsys):
    _, out, _ = run(SMALL, capsys)
    step = next(line for line in out.splitlines() if "rfsearch show" in line)
    code, shown, _ = run(step.split("rfsearch ", 1)[1], capsys)
    assert code == 0 and "15" in shown


def test_a_space_that_does_not_fit_is_stopped_with_its_figures_and_exit_3(capsys):
    code, out, err = run(SMALL + " --memory-limit 1KiB", capsys)
    assert code == 3
    assert "an unknown number match" in out
    assert "Next" not in out  # there is nothing to go on from
    assert err.startswith("stopped: automaton: ") and "--memory-limit" in err
    code, document = as_json(SMALL + " --memory-limit 1KiB", capsys)
    assert code == 3
    assert (document["matches_at_least"], document["matches_at_most"]) == (0, 9330)
    assert document["stopped"][0].startswith("automaton: ")


def test_a_space_of_too_many_choices_is_one_line_and_names_no_flag_that_there_is_not(
    capsys, monkeypatch
):
    monkeypatch.setattr("rfsearch.space.control.MOST_ARCS", 10)
    code, out, err = run(SMALL + " --axes 1", capsys)
    assert (code, out) == (3, "")
    assert err.startswith("rfsearch: more than 10 choices of a layer at all widths together")
    assert err.count("\n") == 1


def test_a_budget_that_leaves_nothing_is_named_with_what_matches_without_it(capsys):
    code, document = as_json(SMALL + " --max-macs 1000", capsys)
    assert (code, document["matches"], document["families"]) == (1, 0, 0)
    assert document["why"][0].endswith("within the budgets")
    assert {"query": {"max_macs": None}, "matches": len(MATCHES), "memory": None, "macs": None} in (
        document["nearby"]
    )
    _, _, err = run(SMALL + " --max-macs 1000", capsys)
    assert f"\n  without --max-macs: {len(MATCHES):,} matches\n" in err


def test_a_count_that_a_budget_makes_infeasible_is_given_as_proven_bounds(capsys, monkeypatch):
    from rfsearch.question.found import Found

    monkeypatch.setattr(Found, "count_bounds", lambda self: (0, 500))
    monkeypatch.setattr(Found, "families", lambda self: None)
    monkeypatch.setattr("rfsearch.question.found.MOST_FOR_TWINS", 1)
    code, document = as_json(SMALL + " --max-macs 13M", capsys)
    assert code == 0
    assert list(document)[3:6] == ["matches_at_least", "matches_at_most", "families"]
    # Front and list are exact, so that each of their stacks proves a match.
    known = len({row["stack"] for row in document["front"] + document["results"]})
    assert known > 1
    assert (document["matches_at_least"], document["matches_at_most"]) == (known, 500)
    assert document["families"] is document["matches_by_depth"] is None
    assert document["results"][0]["twins"] is None
    line = f"between {known} and 500 of 9,330 stacks match"
    assert line in run(SMALL + " --max-macs 13M", capsys)[1]
    assert line in run(SMALL + " --max-macs 13M --where false", capsys)[1]
    code, document = as_json(SMALL + " --max-macs 1000 --count", capsys)
    assert (code, document["matches"]) == (1, 0)
    assert document["matches_by_depth"] == {}


def test_an_input_may_say_its_axes(capsys):
    """As `show` reads it: 1d:64 is a signal of 64, 3d:16 a cube."""
    for text, axes, size in (
        ("1d:64", "1", "64"),
        ("3d:16", "3", "16"),
        ("1d:64,1d:96", "1", "64,96"),
    ):
        found = []
        for words in (["--input", text], ["--axes", axes, "--input", size]):
            assert main([*words, "--target-rf", "9", "--depth", "1..3", "--format", "json"]) == 0
            found.append(json.loads(capsys.readouterr().out))
            found[-1].pop("seconds")
        assert found[0] == found[1]
    assert rfsearch.Space(axes=1, depth=(1, 3)).search("1d:64", 9).count() > 0


@pytest.mark.parametrize(
    "words",
    [
        ["--input", "1d:64", "--axes", "2", "--target-rf", "9"],
        ["--config", "configs/vgg.toml", "--input", "1d:64"],
        ["show", "vgg16", "--in", "configs/vgg.toml", "--input", "1d:64"],
    ],
)
def test_an_input_of_other_axes_is_refused(capsys, words):
    assert main(words) == 2
    assert "--input: 1d:64 has 1 axes, and the space 2" in capsys.readouterr().err
