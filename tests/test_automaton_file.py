"""A compiled question as a file: what is read back answers as what was written, uncompiled."""

import io
import json
import random
import zipfile
from collections import Counter

import like_questions
import polars as pl
import pytest
import spaces
import staged_spaces
from hypothesis import given
from hypothesis import strategies as st
from test_enumerate import SMALL, SMALL_FLAGS, found

import rfsearch
from rfsearch.automaton import closure
from rfsearch.cli import main
from rfsearch.errors import LimitError, UsageError
from rfsearch.question.budget import within_budgets
from rfsearch.saved.archive import packed, unpacked


def back(one, folder):
    """The same after a way through a file."""
    one.write_automaton(folder / "a.automaton")
    return rfsearch.read_automaton(folder / "a.automaton")


def answers(one):
    """What a question gives to everything that costs little to ask."""
    listed = {"distinct": "none"} if one.count() else {}
    return {
        "count": one.count(),
        "by depth": one.count_by_depth(),
        "families": one.families(),
        "top": one.top(5, **listed).to_dicts(),
        "front": one.front().to_dicts(),
        "drawn": one.sample(3, seed=4).to_dicts(),
        "rows": [row for batch in one.stacks(0, 50) for row in batch.to_dicts()],
        "reach": one.reach().to_dicts(),
        "changes": one.count_by_changes() if one.space.reference else None,
    }


@spaces.held
@given(question=spaces.questions())
def test_a_plain_question_is_the_same_again(question, tmp_path_factory):
    one = question.search()
    assert answers(back(one, tmp_path_factory.mktemp("a"))) == answers(one)


@staged_spaces.held
@given(question=staged_spaces.questions())
def test_a_staged_question_is_the_same_again(question, tmp_path_factory):
    one = question.search()
    assert answers(back(one, tmp_path_factory.mktemp("a"))) == answers(one)


@staged_spaces.held
@given(question=like_questions.questions())
def test_the_networks_like_one_are_the_same_again(question, tmp_path_factory):
    one = question.search()
    assert answers(back(one, tmp_path_factory.mktemp("a"))) == answers(one)


MORE = {
    "any RF": ({}, {"input": 14}),
    "a range of RFs": ({}, {"input": 14, "target_rf": "5..9"}),
    "several inputs": ({}, {"input": "12,14", "target_rf": 8}),
    "axes that differ": ({"kernel": ["1x3", "3x1"]}, {"input": "14x10", "target_rf": "5x3"}),
    "a hop": ({"axes": 1}, {"input": 14, "target_rf": "60ms..90ms", "hop": "10ms"}),
    "a head and a stem": ({"stem": "8C1", "head": "GAP-10FC"}, {"input": 14, "target_rf": 8}),
    "a budget of bytes kept back": (
        {}, {"input": 14, "target_rf": 8, "max_memory": 60_000, "reserve": 1000},
    ),
    "no match": ({"stride": [2], "kernel": [2]}, {"input": 14, "target_rf": 7}),
}  # fmt: skip


@pytest.mark.parametrize("fields, asked", MORE.values(), ids=MORE)
def test_questions_of_other_kinds_are_the_same_again(fields, asked, tmp_path):
    space = rfsearch.Space(**{"kernel": [1, 2, 3], "stride": [1, 2], "depth": (1, 3)} | fields)
    one = space.search(**asked)
    assert answers(back(one, tmp_path)) == answers(one)
    assert one.count() > 0 or fields == MORE["no match"][0]


@pytest.mark.parametrize(
    "budget",
    [{"max_effectiveness": "2.5"}, {"min_effectiveness": "0.1"}, {"max_coverage": "0.9"}, {}],
)
def test_what_states_keep_of_costs_that_do_not_add_up_stands_in_the_file(budget, tmp_path):
    stage = {"kernel": [1, 3, 5], "dilation": [1, 2], "repeat": [1, 3], "channels": [2, 4]}
    one = rfsearch.StagedSpace([stage], axes=1, input_channels=1).search(30, "9..24", **budget)
    read = back(one, tmp_path)
    for name in ("decided", "dense_only"):
        assert getattr(read.automaton.spots, name) == getattr(one.automaton.spots, name)
    assert answers(read) == answers(one) and one.count() > 3


def test_costs_that_need_states_told_further_apart_can_still_be_ranked_by(tmp_path):
    space = rfsearch.StagedSpace([{"kernel": [1, 3], "repeat": [1, 3], "channels": [4, 8]}])
    one = space.search(12, 5)
    by = ["max:deepmad", "memory"]
    assert back(one, tmp_path).top(3, by=by).equals(one.top(3, by=by)) and one.count() > 3


def test_what_is_read_is_not_compiled_again(tmp_path, monkeypatch):
    one = found()
    one.write_automaton(tmp_path / "a")
    monkeypatch.setattr(closure, "build", None)
    read = rfsearch.read_automaton(tmp_path / "a", threads=1)
    assert read.count() == one.count()
    assert read.top(3).equals(one.top(3)) and read.front().equals(one.front())
    assert read.match(7) == one.match(7) and read.sample(5).equals(one.sample(5))


def test_the_same_question_gives_the_same_bytes_and_few_of_them(tmp_path):
    for name in "ab":
        found().write_automaton(tmp_path / name)
    data = (tmp_path / "a").read_bytes()
    assert data == (tmp_path / "b").read_bytes()
    arrays = unpacked(data, "a")[1].values()
    assert len(data) < sum(array.nbytes for array in arrays) / 4


def test_arrays_of_every_kind_come_back_as_they_were():
    import numpy as np

    arrays = {
        "rising": np.array([3, 3, 9, 1 << 40]),
        "falling": np.array([1 << 62, 0, -(1 << 62)]),
        "words": np.array([0, (1 << 64) - 1, 1], np.uint64),
        "truths": np.array([True, False]),
        "table": np.arange(6, dtype=np.int32).reshape(2, 3),
        "none": np.empty((0, 2), np.int64),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    }
    document, read = unpacked(packed({"a": 1}, arrays), "here")
    assert document == {"a": 1} and list(read) == list(arrays)
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].tolist()) == (array.dtype, array.tolist())


def _paths(text):
    """Every path of an acceptor in OpenFst's text, as (symbols, weight), by plain Python."""
    arcs, ends, start = {}, set(), None
    for line in text.splitlines():
        fields = line.split("\t")
        start = fields[0] if start is None else start
        if len(fields) > 1:
            weight = int(fields[3]) if len(fields) == 4 else 0
            arcs.setdefault(fields[0], []).append((fields[1], fields[2], weight))
        else:
            ends.add(fields[0])
    waiting = [(start, (), 0)]
    while waiting:
        state, symbols, weight = waiting.pop()
        if state in ends:
            yield symbols, weight
        for target, symbol, more in arcs.get(state, ()):
            kept = () if symbol == "<eps>" else (symbol,)
            waiting.append((target, symbols + kept, weight + more))


@spaces.held
@given(question=spaces.questions(), cost=st.sampled_from(["memory", "params", "depth"]))
def test_the_paths_of_openfsts_text_are_the_matches_that_an_oracle_lists(
    question, cost, tmp_path_factory
):
    path = tmp_path_factory.mktemp("fst") / "a.txt"
    question.search().write_automaton(path, weight=cost)
    told = Counter(("-".join(symbols), weight) for symbols, weight in _paths(path.read_text()))
    assert told == Counter((row.stack, getattr(row, cost)) for row in question.matches)


@staged_spaces.held
@given(question=staged_spaces.questions(budgets=False))
def test_the_paths_of_a_staged_question_spell_its_stacks(question, tmp_path_factory):
    one, path = question.search(), tmp_path_factory.mktemp("fst") / "a.txt"
    one.write_automaton(path)
    rows = pl.concat([batch.select("stack") for batch in one.stacks()] or [pl.DataFrame()])
    told = Counter(
        "-".join(one for one in symbols if not one.startswith("input="))
        for symbols, _ in _paths(path.read_text())
    )
    assert told == Counter(rows["stack"] if len(rows) else [])


def test_symbols_stand_beside_each_once_with_epsilon_at_zero(tmp_path):
    found().write_automaton(tmp_path / "a.txt")
    lines = (tmp_path / "a.txt.syms").read_text().splitlines()
    names, numbers = zip(*(line.split("\t") for line in lines), strict=True)
    assert names[0] == "<eps>" and len(set(names)) == len(names)
    assert list(map(int, numbers)) == list(range(len(names)))
    used = {symbol for symbols, _ in _paths((tmp_path / "a.txt").read_text()) for symbol in symbols}
    assert used and used <= set(names)


def test_a_budget_that_leaves_no_depth_is_an_acceptor_without_a_path(tmp_path):
    SMALL.search(14, 8, max_depth=0).write_automaton(tmp_path / "a.txt")
    assert list(_paths((tmp_path / "a.txt").read_text())) == []


def test_openfst_itself_finds_the_cheapest_stack(tmp_path):
    fst = pytest.importorskip("pywrapfst", reason="OpenFst's own reader, of the package pynini")
    found().write_automaton(tmp_path / "a.txt", weight="memory")
    symbols = fst.SymbolTable.read_text(str(tmp_path / "a.txt.syms"))
    compiler = fst.Compiler(acceptor=True, isymbols=symbols, osymbols=symbols)
    compiler.write((tmp_path / "a.txt").read_text())
    shortest = fst.shortestpath(compiler.compile())
    state, spelt, weight = shortest.start(), [], 0
    while shortest.num_arcs(state):
        (arc,) = shortest.arcs(state)
        spelt.append(symbols.find(arc.ilabel))
        weight, state = weight + int(float(str(arc.weight))), arc.nextstate
    best = found().top(1, by=["memory"], distinct="none")
    assert ("-".join(spelt), weight) == (best["stack"][0], best["memory"][0])


def test_the_command_writes_what_python_writes_and_answers_from_the_file(tmp_path, capsys):
    file = str(tmp_path / "a.automaton")
    assert main(["automaton", *SMALL_FLAGS, "-o", file]) == 0
    one = found()
    assert capsys.readouterr().err.startswith(f"{one.states:,} states, {one.transitions:,} trans")
    one.write_automaton(tmp_path / "python")
    assert (tmp_path / "python").read_bytes() == (tmp_path / "a.automaton").read_bytes()
    assert main(["automaton", file, "--top", "3", "--rank-by", "macs", "--format", "ndjson"]) == 0
    listed = pl.read_ndjson(io.BytesIO(capsys.readouterr().out.encode()))
    assert listed["stack"].to_list() == one.top(3, by=["macs"])["stack"].to_list()
    assert main(["automaton", file, "--front", "memory,macs", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["matches"] == one.count() and document["query"]["target_rf"] == 8
    assert [row["stack"] for row in document["front"]] == one.front()["stack"].to_list()
    assert main(["automaton", file, "--count"]) == 0
    assert capsys.readouterr().out == f"{one.count():,} matches\n"


def test_a_file_of_networks_without_a_match_says_so_by_its_exit_code(tmp_path, capsys):
    flags = ["--kernel", "2", "--stride", "2", "--input", "14", "--target-rf", "7"]
    file = str(tmp_path / "none")
    assert main(["automaton", *flags, "-o", file, "--quiet"]) == 1
    assert main(["automaton", file]) == 1
    assert capsys.readouterr().out.startswith("0 matches\n")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("written") / "a"
    found().write_automaton(path)
    return path.read_bytes()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_one_line(written, seed, tmp_path):
    chance, data = random.Random(seed), bytearray(written)
    if seed % 4 == 0:
        data = data[: chance.randrange(len(data))]
    else:
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
    (tmp_path / "a").write_bytes(data)
    try:
        read = rfsearch.read_automaton(tmp_path / "a")
    except UsageError as error:
        assert "not an automaton that rfsearch wrote, or cut short or changed since" in str(error)
        assert "\n" not in str(error)
    else:  # a byte of the zip that says nothing of its contents, such as a date
        assert read.count() == found().count() and read.top(3).equals(found().top(3))


@pytest.mark.parametrize("at, value", [(8, 1), (10, 9)], ids=["encrypted", "packed otherwise"])
def test_a_damaged_directory_of_a_zip_is_one_line_too(written, at, value, tmp_path):
    data = bytearray(written)
    data[data.index(b"PK\x01\x02") + at] = value
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(UsageError, match="cut short or changed since"):
        rfsearch.read_automaton(tmp_path / "a")


def test_a_file_whose_contents_were_changed_with_their_sums_is_not_believed(written, tmp_path):
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b'"target_rf": 8', b'"target_rf": 9'))
    (tmp_path / "a").write_bytes(changed.getvalue())
    with pytest.raises(UsageError, match="cut short or changed since"):
        rfsearch.read_automaton(tmp_path / "a")


def test_another_versions_file_is_refused(written, tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(written)
    before = rfsearch.__version__
    monkeypatch.setattr(rfsearch, "__version__", "9.9.9")
    with pytest.raises(UsageError, match=f"written by rfsearch {before}, and this is 9.9.9"):
        rfsearch.read_automaton(tmp_path / "a")


def test_a_budget_that_leaves_matches_undecided_has_no_paths_to_write(tmp_path, monkeypatch):
    monkeypatch.setattr("rfsearch.question.budget.LABELS", 1)  # looks at the limit at each
    one = SMALL.search(input=14, target_rf=8, max_memory=50_000)
    monkeypatch.setattr(type(one), "_budgeted", within_budgets(one.automaton, most_labels=3))
    with pytest.raises(LimitError, match="writing its paths under a budget"):
        one.write_automaton(tmp_path / "a.txt")
    assert not (tmp_path / "a.txt").exists()


@pytest.mark.parametrize(
    "words, said",
    [
        ([*SMALL_FLAGS], "--output: not given; the file to write"),
        ([*SMALL_FLAGS, "-o", "a", "--form", "dot"], "--form: dot is not one of own, openfst"),
        ([*SMALL_FLAGS, "-o", "a", "--weight", "macs"], "--weight: arcs have one in OpenFst's "
         "text alone; the own form has all costs"),
        ([*SMALL_FLAGS, "-o", "a.txt", "--weight", "peak_memory"], "--weight: peak_memory is the "
         "greatest of its layers, and weights add up"),
        ([*SMALL_FLAGS, "-o", "a", "--top", "3"], "--top: not for writing an automaton; rfsearch "
         "automaton FILE answers"),
        (["missing"], "FILE: missing: No such file or directory"),
        (["missing", "--input", "3"], "--input: the file says so itself; leave it out"),
        (["missing", "--weight", "macs"], "--weight: for writing one; leave FILE out"),
        ([*SMALL_FLAGS, "-o", "a", "--report", "r.html"], "--report: not for an automaton"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["automaton", *words]) == 2
    assert capsys.readouterr().err == f"rfsearch: {said}\n"
    assert list(tmp_path.iterdir()) == []
