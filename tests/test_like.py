"""Networks like one, held against the listing of every network of the neighbourhood."""

import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from like_questions import COSTS, naive_like, notation, questions
from spaces import held_shortly

import rfsearch
from rfsearch.cli import main
from rfsearch.network.names import published
from rfsearch.question.found import Found
from rfsearch.request.query import Query
from rfsearch.space.edits.control import control_of
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.space import Neighbourhood


def listed(found, batch=1000):
    return [row for frame in found.stacks(batch=batch) for row in frame.iter_rows(named=True)]


@held_shortly
@given(questions())
def test_every_match_is_counted_once_with_its_fewest_changes(question):
    """count, count_by_changes and count_by_depth are those of the listing; so are candidates."""
    found = question.search()
    rows = question.matches
    assert found.count() == len(rows)
    changes = [question.changes[row.body] for row in rows]
    assert found.count_by_changes() == {n: changes.count(n) for n in sorted(set(changes))}
    depths = [row.depth for row in rows]
    by_depth = {depth: count for depth, count in found.count_by_depth().items() if count}
    assert by_depth == {depth: depths.count(depth) for depth in sorted(set(depths))}
    every = len(question.changes) * len(question.query.inputs)
    assert found.space._candidates_of(found.query.rounding, len(found.query.inputs)) == every


@held_shortly
@given(questions())
def test_every_match_is_listed_once_in_order_with_its_figures(question):
    """stacks() gives the listing: notation, changes, fields and all costs."""
    rows = listed(question.search(), batch=7)
    assert [row["stack"] for row in rows] == [row.stack for row in question.matches]
    axes = question.near.axes
    for shown, row in zip(rows, question.matches, strict=True):
        for column, values in (
            ("rf", row.fields), ("rf_min", row.fields_min), ("output_size", row.sizes),
            ("jump", row.jumps), ("padding_total", row.paddings),
            ("centre", tuple(twice / 2 for twice in row.centres2)),
        ):  # fmt: skip
            spread = shown[column] if isinstance(shown[column], list) else [shown[column]] * axes
            assert tuple(spread) == values
        for cost in COSTS:
            scale = {"entropy": 2**32, "erf_variance": 12 * axes}.get(cost, 1)
            assert shown[cost] == question.figure(row, cost) / scale


@held_shortly
@given(question=questions(), data=st.data())
def test_the_list_begins_with_the_fewest_changes(question, data):
    """top by changes and a further cost is the listing sorted by them, ties in its order."""
    cost = data.draw(st.sampled_from(COSTS[:-1]))
    k = data.draw(st.integers(1, 12))
    most = data.draw(st.booleans())
    frame = question.search().top(k, by=["changes", f"max:{cost}" if most else cost])
    sign = -1 if most else 1

    def key(row):
        return question.figure(row, "changes"), sign * question.figure(row, cost)

    wanted = sorted(question.matches, key=key)[:k]
    assert frame["stack"].to_list() == [row.stack for row in wanted]


@held_shortly
@given(questions())
def test_as_many_layers_are_marked_as_there_are_changes(question):
    """Each text of `changed` is one layer, or a block with as many changes as it has layers."""
    for row in question.search().top(30).iter_rows(named=True):
        marked = sum(layers_of(text) for text in row["changed"])
        assert marked == row["changes"]


def layers_of(text):
    if " → " in text:
        return 1
    return naive_like.count(notation.read(text[2:]))


@held_shortly
@given(questions())
def test_no_changes_give_the_network_itself_exactly_when_it_matches(question):
    """With 0 changes the answer is the network, or nothing."""
    near = question.near
    mine = naive_like.spelled(naive_like.written_out(near.mine, 2), near.axes)
    itself = [row.stack for row in question.matches if row.body == mine]
    none = Neighbourhood.within(question.search().space, 0)
    found = Found._build(none, question.search().query)
    assert [row["stack"] for row in listed(found)] == itself


def searchable_names():
    for name in published():
        if name == "autoencoder":  # nothing in it can be changed
            continue
        try:
            yield Neighbourhood(name, 0)
        except rfsearch.UsageError:
            assert name.split("_")[0] in ("inception", "unet", "wavenet", "yolov3")


def test_published_networks_are_found_as_they_are():
    """Each named network is its own neighbourhood of 0 changes, with the figures of its table."""
    number = 0
    for space in searchable_names():
        known = published()[space.mine.name]
        sizes = known.input if isinstance(known.input, tuple) else (known.input,) * known.axes
        network = rfsearch.parse(space.mine.name)
        at = Query.of(space.axes, "x".join(map(str, sizes)), rounding="floor")
        found = Found._build(space, at)
        (row,) = listed(found)
        if "Ps" in network.notation:  # SAME at stride 1 is spelled in numbers: the same rows
            again = rfsearch.parse(row["stack"], sizes, space.input_channels)
            assert again.table().drop("layer").equals(network.table().drop("layer"))
        else:
            assert row["stack"] == network.notation
        assert {cost: row[cost] for cost in network.totals} == network.totals
        number += 1
    assert number > 50


def test_resnet_18_is_brought_to_96():
    """No network within 2 changes has RF 96 at input 96; with 3 some have, all true."""
    assert rfsearch.parse("resnet18", 96).rf == 435
    assert rfsearch.like("resnet18", 96, 96, changes=2).count() == 0
    found = rfsearch.like("resnet18", 96, 96, changes=3)
    assert found.count() == found.count_by_changes()[3] == 164
    for row in listed(found):
        network = rfsearch.parse(row["stack"], 96)
        assert network.rf == 96
        assert {cost: row[cost] for cost in network.totals} == network.totals
    best = found.top(1).row(0, named=True)
    assert best["changed"] == ["64C7S2P3N → 64C2N", "− 256C3S2P1N", "− 512C3S2P1N"]


def test_long_networks_in_fewer_steps_are_the_same(monkeypatch):
    """Where steps are few, more signs are one step; the answers and their order stay."""
    asked = {"network": "resnet18", "input": 96, "target_rf": "427..443", "changes": 1}
    usual = listed(rfsearch.like(**asked))
    assert len(usual) > 50
    for steps in (12, 8, 7):
        monkeypatch.setattr("rfsearch.automaton.edits.plan.MOST_STEPS", steps)
        assert listed(rfsearch.like(**asked)) == usual


def test_networks_with_pools_that_round_up_are_counted_among_all_that_there_are():
    """An added pool carries U, mine does not: all 334 match, out of as many."""
    choices = {"op": ["conv", "maxpool"], "kernel": [1, 2], "stride": [1], "dilation": [1, 2]}
    said = {**choices, "padding": ["any"], "axes": 1, "input_channels": 2, "allow_gaps": True}
    found = rfsearch.like("MP2S2", 60, changes=2, rounding="ceil", **said)
    assert found.space._candidates_of("ceil", 1) == found.count() == 334
    assert found.space.candidates == 308


def test_layers_that_are_one_function_are_written_one_way():
    """SAME at stride 1 is a padding in numbers where both sides have as much; else it stays."""
    said = {"kernel": [1, 2, 3], "stride": [1, 2], "padding": [0, "half", "same"]}
    found = rfsearch.like("8C3Ps-8C1Ps", 16, changes=1, channels=[8], **said)
    rows = listed(found)
    stacks = [row["stack"] for row in rows]
    assert [row["stack"] for row in rows if row["changes"] == 0] == ["8C3P1-8C1"]
    assert len(set(stacks)) == len(stacks) == found.count()
    layers = {layer for stack in stacks for layer in stack.split("-")}
    assert {layer for layer in layers if "s" in layer} == {"8C2Ps", "8C2S2Ps", "8C3S2Ps"}


def test_widths_follow_a_rule_that_mine_follows():
    """Where the rule is said, widths behind a changed stride follow it and are no change."""
    stack = "4C3S2P1-4C3P1-8C3S2P1-8C3P1"
    said = {"kernel": 3, "stride": [1, 2], "padding": 1}
    ruled = listed(rfsearch.like(stack, 16, 15, 1, channels="double:4:8", **said))
    kept = listed(rfsearch.like(stack, 16, 15, 1, **said))
    shorter = "4C3S2P1-8C3S2P1-8C3P1"
    assert [row["stack"] for row in ruled] == ["4C3S2P1-4C3P1-4C3P1-4C3P1", shorter]
    assert [row["stack"] for row in kept] == ["4C3S2P1-4C3P1-8C3P1-8C3P1", shorter]
    assert {row["changes"] for row in (*ruled, *kept)} == {1}


def test_a_question_in_json_carries_changes(capsys):
    """Rows have `changes` and `changed`, and the counts are by changes too."""
    flags = ["--changes", "1", "--target-rf", "8", "--input", "16", "--kernel", "1,3"]
    code = main(["--like", "64C3P1-MP2S2-64C3P1", *flags, "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert document["query"]["like"] == "64C3P1-MP2S2-64C3P1"
    assert document["query"]["changes"] == 1
    assert document["query"]["rounding"] == "floor"
    assert document["query"]["rank_by"] == ["changes", "memory", "macs"]
    assert document["matches_by_changes"]["0"] == 1
    first = document["results"][0]
    assert (first["changes"], first["changed"]) == (0, [])
    assert {row["changes"] for row in document["results"][1:]} == {1}
    assert all(row["changed"] for row in document["results"][1:])
    assert document["why"][0] == "64C3P1-MP2S2-64C3P1 itself has RF 8 at input 16, output size 8"


def test_the_screen_shows_what_changed(capsys):
    """The usual screen, with counts by changes and a line of marks under each stack."""
    code = main(["--like", "8C3P1-8C3P1", "--changes", "1", "--target-rf", "7", "--input", "9"])
    shown = capsys.readouterr().out
    assert code == 0
    assert shown.startswith("Networks within 1 change of 8C3P1-8C3P1 with RF 7 on 9×9×3")
    assert "by changes  1: " in shown
    assert "8C3P1 → 8C5" in shown
    assert "+ 8C3" in shown


def test_nothing_within_the_changes_says_what_would_help(capsys):
    """Exit 1, why, the nearest RF within the changes, and the number of changes that suffices."""
    flags = ["--changes", "1", "--target-rf", "11", "--input", "32", "--kernel", "3"]
    code = main(["--like", "8C3P1-8C3P1", *flags, "--stride", "1"])
    told = capsys.readouterr().err
    assert code == 1
    assert "no network within 1 change of it matches" in told
    assert "RF 7:" in told
    assert "3 changes:" in told


def test_a_files_slots_and_blocks_are_what_is_drawn_from(tmp_path, capsys):
    """With a staged file the choices of all its slots may be added, and its blocks whole."""
    file = tmp_path / "mine.toml"
    file.write_text(
        "input = 16\n[block.basic]\nstack = \"R({c}C3P1-{c}C3P1)\"\nc = 'keep'\n"
        "[[stage]]\nkernel = 5\n[[stage]]\nblock = 'basic'\n"
    )
    flags = ["--config", str(file), "--like", "4C3P1", "--target-rf", "7", "--format", "json"]
    assert main([*flags, "--changes", "2"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert {(row["stack"], *row["changed"]) for row in rows} == {
        ("3C5P2-4C3P1", "+ 3C5P2"),
        ("4C3P1-4C5P2", "+ 4C5P2"),
        ("4C3P1-R(4C3P1-4C3P1)", "+ R(4C3P1-4C3P1)"),
        ("R(3C3P1-3C3P1)-4C3P1", "+ R(3C3P1-3C3P1)"),
    }


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--changes", "2"], "--changes: of which network?"),
        (["--rank-by", "changes"], "--rank-by: only the networks --like one have changes"),
        (["--like", "resnet19"], "--like: resnet19: no network of that name"),
        (["--like", "64C3P"], "--like: "),
        (["--like", "unet"], "--like: CROP88 describes networks and is not searched"),
        (["--like", "64C3P1", "--changes", "21"], "--changes: 21 is not ≤ 20"),
        (["--like", "64C3P1", "--stem", "32C3"], "--stem: 32C3 is not the beginning of 64C3P1"),
        (["--like", "64C3P1", "--head", "GAP"], "--head: GAP is not the end of 64C3P1"),
        (["--like", "64C3P1", "--distinct", "family"], "--distinct: family: the networks like one"),
        (["--like", "64C3P1", "--kernel", "0"], "--kernel: 0 is not ≥ 1"),
        (["--like", "R(SE2)"], "--like: R(SE2): a block without a convolution or pool"),
        (["--like", "64C3P1-65C3G2"], "--like: widths do not fit together at 65C3G2"),
    ],
)
def test_what_cannot_be_asked_is_named_in_one_line(flags, text, capsys):
    """Exit 2, the flag, its value, and what is right."""
    assert main([*flags, "--target-rf", "9", "--input", "16"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"rfsearch: {text}")
    assert told.count("\n") == 1


@pytest.mark.parametrize("how", [["--count"], ["--time-limit", "5"], ["--format", "json"]])
def test_a_neighbourhood_too_large_says_what_to_reduce(how, capsys, monkeypatch):
    """Exit 3 in one line with the flag, the figures and what helps, after one look at the space."""
    monkeypatch.setattr("rfsearch.space.edits.control.MOST_ARCS", 1000)
    looks = []
    monkeypatch.setattr(
        "rfsearch.space.edits.space.control_of",
        lambda *asked: looks.append(asked) or control_of(*asked),
    )
    flags = ["--like", "resnet18", "--changes", "2", "--target-rf", "96", "--input", "96"]
    assert main([*flags, *how]) == 3
    told = capsys.readouterr()
    assert told.err.startswith("rfsearch: --changes: 2 of them make more than 1,000 choices")
    assert "allow fewer changes" in told.err
    assert told.err.count("\n") == 1 and told.out == ""
    assert len(looks) == 1


def test_what_may_come_next_is_worked_out_once_where_a_network_repeats_itself(monkeypatch):
    """A network of twice as many equal layers asks for no more choices, so that it is not slower.

    A deep network whose neighbourhood is too large is refused in the time that its places take.
    """
    asked = []
    drawn = Offers.added
    monkeypatch.setattr(
        Offers, "added", lambda self, *where: asked.append(where) or drawn(self, *where)
    )

    def times(layers):
        asked.clear()
        assert (
            Neighbourhood(f"(64C3P1)x{layers}", 3, kernel=[1, 3], channels=64).candidates
            > layers**3
        )
        return len(asked)

    assert times(20) == times(10)


def test_stem_and_head_stay():
    """What is said to be the stem or the head is in every network."""
    stack = "8C3S2P1-8C3P1-8C3P1-4C1-GAP-10FC"
    found = rfsearch.like(stack, 16, 11, 2, stem="8C3S2P1", head="4C1-GAP-10FC", kernel=[1, 3, 5])
    rows = list(islice(listed(found), 200))
    assert rows
    assert all(row["stack"].startswith("8C3S2P1") for row in rows)
    assert all(row["stack"].endswith("-4C1-GAP-10FC") for row in rows)
