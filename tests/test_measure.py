"""`rfsearch measure`: every item measured in interleaved rounds, kept as it is made, resumed."""

import errno
import json

import polars as pl
import pytest

from rfsearch.cli import main
from rfsearch.device.measure import rounds, runtime
from rfsearch.device.measure.build import item_plan
from rfsearch.device.measure.items import wanted
from rfsearch.device.measure.journal import Journal
from rfsearch.device.measure.rounds import Measured, groups
from rfsearch.device.measure.session import Session
from rfsearch.device.place import Place
from rfsearch.device.table_file import read_table
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.notation import parse_stack
from rfsearch.request.running import silent

ITEMS = [
    {"item": "8C3PsN", "channels": 3, "sizes": "9", "uses": 10**30},
    {"item": "DW3PsN", "channels": 4, "sizes": "9x7", "uses": 2},
    {"item": "I(8C1N-DW3PsN-4C1N)", "channels": 4, "sizes": "8", "uses": None},
    {"item": "GAP", "channels": 4, "sizes": "8", "uses": 1},
]


class Stub:
    """A runtime whose items take a known time; it fails on the pools, and says what it ran."""

    def __init__(self, fails=()):
        self.ran, self.fails = [], fails

    def versions(self):
        return "stub 1"

    def prepared(self, plan, threads):
        if plan.notation in self.fails:
            raise RuntimeError("no kernel\nfor this")
        return lambda: self.ran.append(plan.notation)

    def nothing(self, threads):
        return lambda: None


@pytest.fixture
def stub(monkeypatch):
    made = Stub()
    monkeypatch.setattr(runtime, "RUNTIMES", {"stub": "stub"})
    monkeypatch.setattr(runtime, "import_module", lambda name: made)
    monkeypatch.setattr(rounds, "LEAST_NS", 1)
    return made


def _session(tmp_path, **changed):
    given = {"rounds": 3, "threads": 1, **changed}
    return Session(wanted(ITEMS, "items"), "stub", tmp_path / "t.measured", **given)


def _written(tmp_path, rows=ITEMS):
    path = tmp_path / "items.parquet"
    pl.DataFrame([{**row, "uses": str(row["uses"])} for row in rows]).write_parquet(path)
    return str(path)


def test_every_item_is_measured_in_every_round_in_an_order_of_its_own(tmp_path, stub, monkeypatch):
    order = []
    measured = rounds._measure
    monkeypatch.setattr(
        rounds, "_measure", lambda item, number, *of: (
            order.append((number, item.wanted.place)), measured(item, number, *of)
        )
    )  # fmt: skip
    session = _session(tmp_path)
    session.run(silent)
    assert [number for number, _ in order] == [n for n in range(3) for _ in ITEMS]
    assert len(set(order)) == 3 * len(ITEMS)
    assert len({tuple(place for n, place in order if n == one) for one in range(3)}) > 1
    assert all(sorted(item.nanoseconds) == [0, 1, 2] for item in session.items)


def test_progress_goes_from_nothing_to_everything(tmp_path, stub):
    seen = []
    _session(tmp_path).run(lambda stage, done: seen.append(done))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1], len(seen)) == (1 / 12, 1.0, 12)


def test_the_value_is_the_median_and_the_spread_half_the_quartiles():
    item = Measured(wanted(ITEMS, "items")[0], {0: 1000, 1: 9000, 2: 2000, 3: 3000, 4: 4000})
    assert (item.value, item.spread) == (3.0, 1.0)
    assert Measured(item.wanted, {0: 1234.56}).spread == 0
    assert Measured(item.wanted).value is None


def test_what_a_run_takes_besides_is_no_part_of_a_value(tmp_path, stub):
    session = _session(tmp_path)
    session.run(silent)
    assert len(session.overhead) == 3
    session.overhead = [2000.0, 1000.0, 9000.0]
    for number, item in enumerate(session.items):
        item.nanoseconds = {0: 1000.0 * (number + 1)}
    table = session.table()
    assert table["overhead"].to_list() == [2.0] * 4
    assert table["value"].to_list() == [0.0, 0.0, 1.0, 2.0]
    session.journal.close(done=False)
    assert len(_session(tmp_path).overhead) == 3  # kept, too


def test_a_killed_run_goes_on_where_it_was(tmp_path, stub):
    class Killed(Exception):
        pass

    def kill(stage, done):
        if done > 0.5:
            raise Killed

    first = _session(tmp_path)
    with pytest.raises(Killed):
        first.run(kill)
    first.journal.close(done=False)
    kept = {item.wanted.place: dict(item.nanoseconds) for item in first.items}
    with (tmp_path / "t.measured").open("a") as file:
        file.write('{"key": ["8C3PsN", 3, ')  # killed while it wrote
    second = _session(tmp_path)
    assert second.resumed == 7
    second.run(silent)
    for item in second.items:
        assert sorted(item.nanoseconds) == [0, 1, 2]
        assert kept[item.wanted.place].items() <= item.nanoseconds.items()
    third = _session(tmp_path)
    assert third.resumed == 12


def test_a_run_of_another_kind_does_not_go_on(tmp_path, stub):
    _session(tmp_path).journal.close(done=False)
    with pytest.raises(UsageError, match="begun with rounds 3, now 5; remove it to measure anew"):
        _session(tmp_path, rounds=5)


def test_an_item_on_which_the_runtime_fails_is_named_and_the_rest_goes_on(tmp_path, stub):
    stub.fails = ("GAP",)
    session = _session(tmp_path)
    session.run(silent)
    (failed,) = session.failed
    assert (str(failed[0].place), failed[1]) == ("GAP on 4×8", "no kernel for this")
    table = session.table()
    assert table["value"].null_count() == 1
    assert table.filter(pl.col("item") == "GAP")["error"].to_list() == ["no kernel for this"]
    assert table["rounds"].to_list() == [3, 3, 3, 0]


def test_a_full_disk_is_one_line_and_keeps_what_was_measured(tmp_path, stub):
    session = _session(tmp_path)
    write = session.journal._file.write

    def full(text):
        if '"round": 1' in text:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(text)

    session.journal._file.write = full
    with pytest.raises(LimitError, match="No space left on device; what was measured so far is in"):
        session.run(silent)
    session.journal.close(done=False)
    assert _session(tmp_path).resumed == 4


def test_the_journal_takes_no_half_line(tmp_path):
    path = tmp_path / "j"
    path.write_text('{"rounds": 1}\n{"key": 1}\n{"key"')
    journal = Journal(path, {"rounds": 1})
    journal.add({"key": 2})
    journal.close(done=False)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"rounds": 1}, {"key": 1}, {"key": 2},
    ]  # fmt: skip


def test_items_are_prepared_in_groups_that_fit_into_memory(monkeypatch):
    items = [Measured(one) for one in wanted(ITEMS, "items")]
    assert [len(group) for group in groups(items)] == [4]
    monkeypatch.setattr(rounds, "GROUP_VALUES", 3000)
    parts = groups(items)
    assert [item for group in parts for item in group] == items
    assert len(parts) > 1


def test_a_size_of_one_number_is_that_of_all_axes():
    assert [item.place.sizes for item in wanted(ITEMS, "items")][:2] == [(9, 9), (9, 7)]
    assert wanted(ITEMS[:1], "items", axes=1)[0].place.sizes == (9,)


def test_an_item_is_built_with_the_activation_that_it_has_within_a_network():
    (item,) = parse_stack("8C3PsN")
    (part,) = item_plan(Place(item, 3, (9, 9))).parts
    assert part.activation == "relu"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "items: no rows in it"),
        ([{"item": "8C3", "channels": 3}], "items: no column sizes; needed are item, channels, s"),
        ([{"item": "8C3-8C3", "channels": 3, "sizes": 9}], "items: row 1: item: 8C3-8C3 is 2"),
        ([{"item": "8C3", "channels": "x", "sizes": 9}], "items: row 1: channels: x is not"),
    ],
)  # fmt: skip
def test_what_are_no_items_is_one_line(rows, said):
    with pytest.raises(UsageError) as error:
        wanted(rows, "items")
    assert str(error.value).startswith(said)


def test_the_command_writes_a_table_that_a_search_takes(tmp_path, stub, capsys):
    out = str(tmp_path / "latency.parquet")
    arguments = ["measure", _written(tmp_path), "--with", "stub", "--rounds", "2", "-o", out]
    assert main(arguments) == 0
    assert capsys.readouterr().err == "4 of 4 items measured\n"
    assert not (tmp_path / "latency.parquet.measured").exists()
    frame = pl.read_parquet(out)
    assert frame["sizes"].to_list() == ["9x9", "9x7", "8x8", "8x8"]
    assert frame["uses"].to_list()[:2] == [str(10**30), "2"]
    assert set(frame["versions"]) == {"stub 1"}
    table = read_table(out, unit="ms")
    assert (len(table.rows), table.unit.name) == (4, "ms")


def test_the_command_names_what_failed_and_ends_with_1(tmp_path, stub, capsys):
    stub.fails = ("GAP",)
    out = str(tmp_path / "latency.csv")
    assert main(["measure", _written(tmp_path), "--with", "stub", "-o", out]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "GAP on 4×8: stub failed: no kernel for this",
        "3 of 4 items measured",
    ]
    assert len(read_table(out).rows) == 3


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "--output: give -o FILE, one of .csv, .parquet"),
        (["-o", "t.json"], "--output: give -o FILE, one of .csv, .parquet"),
        (["-o", "t.csv", "--with", "tf"], "--with: 'tf' is not one of onnxruntime, torch"),
        (["-o", "t.csv", "--rounds", "0"], "--rounds: 0 is not ≥ 1"),
        (["-o", "t.csv", "--threads", "x"], "--threads: x is not a whole number"),
    ],
)
def test_what_cannot_be_measured_is_one_line(tmp_path, monkeypatch, flags, said, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["measure", _written(tmp_path), *flags]) == 2
    assert capsys.readouterr().err.startswith(f"rfsearch: {said}")
    assert [path.name for path in tmp_path.iterdir()] == ["items.parquet"]


def test_onnxruntime_runs_the_items(tmp_path):
    items = [*ITEMS, {"item": "R(4C3P1N-4C3P1N-SE2)", "channels": 4, "sizes": "8", "uses": 1}]
    items += [{"item": "5FC", "channels": 4, "sizes": "1", "uses": 1}]
    made = Session(wanted(items, "items"), "onnxruntime", tmp_path / "j", rounds=2)
    made.run(silent)
    assert made.failed == []
    assert all(item.value > 0 for item in made.items)
    made.journal.close(done=True)
