"""What people read: figures, sizes, folding and colour."""

import pytest

import rfsearch
from rfsearch.answer.answer import Answer, fill
from rfsearch.answer.screen.figures import grouped, in_bytes, in_thousands, shown
from rfsearch.answer.screen.fit import dropped
from rfsearch.answer.screen.growth import lying, standing
from rfsearch.answer.screen.network import render as network_screen
from rfsearch.answer.screen.question import question_line
from rfsearch.answer.screen.reach import reach_screen
from rfsearch.answer.screen.search import UNFOLDED, render
from rfsearch.answer.screen.sizes import arrows
from rfsearch.answer.screen.tables import result_table
from rfsearch.request.request import Request
from rfsearch.request.running import silent


@pytest.mark.parametrize(
    ("write", "number", "text"),
    [
        (grouped, 60_853_070_827, "60,853,070,827"),
        (grouped, 1234 * 10**26, "1.234 × 10^29"),
        (in_bytes, 1023, "1023 B"),
        (in_bytes, 1024, "1.000 KiB"),
        (in_bytes, 58 * 2**20, "58.00 MiB"),
        (in_thousands, 999, "999"),
        (in_thousands, 224_100_000, "224.1 M"),
        (in_thousands, 10**20, "100000 P"),
    ],
)
def test_figures_have_four_digits_and_counts_all_of_theirs(write, number, text):
    assert write(number) == text


def test_a_column_without_a_value_is_a_dash():
    assert shown("twins", None) == "–"
    assert shown("erf_variance", 2.0) == "2"
    assert shown("depth", 7) == "7"


def test_figures_of_several_axes_are_joined_as_sizes_are():
    """In a list, in a table of reach, and whatever the column."""
    assert shown("rf", [103, 155]) == "103×155"
    assert shown("padding_total", [1.5, 2]) == "1.5×2"
    tall = {"kernel": "3x1", "padding": "valid", "channels": 4, "repeat": 2}
    found = rfsearch.StagedSpace([tall]).search("9x20")
    table = result_table(found._list_rows(1), ["rf", "memory", "depth", "output_size"], width=80)
    headings = [column.heading for column in table.columns]
    (cells,) = [dict(zip(headings, row, strict=True)) for row in table.rows]
    assert (cells["RF"].lines, cells["out"].lines) == ("5×1", "5×20")
    assert reach_screen(found.reach(), ()).splitlines()[1].split()[:2] == ["5×1", "1"]


def test_sizes_follow_the_layers_of_a_found_stack():
    assert arrows("227,55,27,27") == "227 → 55 → 27 ×2"
    assert arrows("8,8,8") == "8 ×3"
    assert arrows("128x431,64x216") == "128×431 → 64×216"


@pytest.fixture(scope="module")
def answer():
    request = Request.of(
        {"target_rf": 15, "input": 33, "kernel": [1, 3], "stride": [1, 2], "depth": (1, 4)}
    )
    filled = Answer(request, space := request.space(), request.query(space))
    fill(filled, silent)
    return filled


@pytest.mark.parametrize(
    ("depth", "text"), [((1, 1), "1 convolution with"), ((2, 2), "2 convolutions with")]
)
def test_one_layer_is_not_several(depth, text):
    request = Request.of({"target_rf": 7, "input": 33, "depth": depth})
    asked = Answer(request, space := request.space(), request.query(space))
    assert question_line(asked).startswith(f"Stacks of {text} RF 7")


def test_a_narrow_screen_folds_and_keeps_the_ranked_columns(answer):
    lines = render(answer, 80, colour=False).splitlines()
    assert max(map(len, lines)) <= 80
    heading = next(line for line in lines if line.lstrip().startswith("#"))
    kept = ["#", "twins", "stored", "MACs", "depth", "out", "RF"]
    assert heading.split() == [*kept, "stack,", "sizes,", "RF", "growth"]


def test_columns_go_from_the_least_telling_on_until_the_others_fit():
    widths = {"#": 2, "memory": 9, "jump": 4, "depth": 5, "stack": 20}
    order = ("jump", "depth", "nosuch")
    assert dropped(widths, order, None) == dropped(widths, order, 48) == []
    assert dropped(widths, order, 47) == ["jump"]
    assert dropped(widths, order, 41) == ["jump", "depth"]
    assert dropped(widths, order, 1) == ["jump", "depth"]


def test_a_network_in_a_narrow_window_names_what_it_leaves_out():
    network = rfsearch.parse("64C7S2P3-MP3S2P1", 224)
    lines = network_screen(network, 50).splitlines()
    table = lines[2 : lines.index("", 2)]
    assert max(map(len, table[:-1])) <= 50
    assert table[0].split() == ["row", "layer", "output", "RF", "params", "MACs"]
    assert table[-1] == (
        "left out in this width: activations, padding, centre, growth, jump, memory"
    )
    assert "left out" not in network_screen(network)


def test_a_reach_in_a_narrow_window_keeps_its_counts():
    frame = rfsearch.Space(kernel=[1, 3], depth=(1, 3)).search(input=16).reach()
    lines = reach_screen(frame, None, width=40).splitlines()
    assert lines[0].split()[:2] == ["rf", "matches"] and len(lines[0]) <= 40
    assert lines[-2].startswith("left out in this width: least ")


def test_rows_of_the_list_that_are_on_the_front_are_marked(answer):
    lines = render(answer, None, colour=False).splitlines()
    heading = next(at for at, line in enumerate(lines) if line.startswith("The best"))
    assert lines[heading].endswith("; ● on the front")
    marked = {line.split("● ")[1] for line in lines[heading + 1 :] if "● " in line}
    listed = set(answer.results.values("stack"))
    assert marked == set(answer.front.values("stack")) & listed and marked < listed


def test_a_bar_is_as_high_as_the_rf_of_each_layer():
    assert standing([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert standing([3, 7, 224]) == "▁▁█"
    assert standing([]) == ""
    long = standing(list(range(1, 1001)))
    assert len(long) == 24 and long == "".join(sorted(long)) and long[-1] == "█"


def test_a_lying_bar_is_full_at_the_largest_rf_and_never_empty():
    assert [lying(rf, 64) for rf in (1, 8, 12, 64, 227)] == ["▏", "█", "█▌", "█" * 8, "█" * 8]


def test_colour_is_only_where_it_is_asked_for(answer):
    assert "\033[" in render(answer, 120, colour=True)
    assert "\033[" not in render(answer, 120, colour=False)


def test_no_line_is_folded_where_no_width_is_given(answer):
    lines = render(answer, None, colour=False).splitlines()
    assert max(map(len, lines)) > 100
    assert not [line for line in lines if line != line.rstrip()]


def test_a_pipe_is_written_what_a_wide_terminal_shows(answer):
    lines = render(answer, None, colour=False)
    assert lines == render(answer, UNFOLDED, colour=False) and "Nearby" in lines


def test_a_front_longer_than_the_screen_is_cut_with_a_word(answer, monkeypatch):
    from rfsearch.answer.screen import search

    monkeypatch.setattr(search, "MOST_FRONT_ROWS", 0)
    assert f"… and {len(answer.front)} more: --format json has them all" in render(
        answer, None, colour=False
    )


def test_one_in_so_many_is_said_where_it_is_at_least_two(answer):
    from dataclasses import replace

    from rfsearch.answer.screen.question import count_lines

    def line(matches):
        return count_lines(replace(answer, matches=matches, families=None))[0]

    every = answer.space.candidates
    assert line(every) == f"{every:,} of {every:,} stacks match"
    assert line(every // 2 + 1).endswith(" stacks match")
    assert line(every // 2).endswith(" stacks match (1 in 2)")


def test_bounds_are_said_where_a_budget_leaves_the_count_open(answer):
    from dataclasses import replace

    from rfsearch.answer.screen.question import count_lines, question_line

    unsure = replace(answer, matches=None, at_least=3, at_most=9)
    assert count_lines(unsure)[0].startswith("between 3 and 9 of ")
    request = Request.of(
        {"target_rf": (3, 9), "input": 33, "max_macs": 10**6, "output_size": (1, 4),
         "min_erf_variance": 2, "op": ["conv", "maxpool"], "depth": (2, 2)}
    )  # fmt: skip
    line = question_line(Answer(request, space := request.space(), request.query(space)))
    assert line == (
        "Stacks of 2 convolutions and max pools with RF 3..9 on 33×33×3, exact sizes, "
        "output 1..4, macs ≤ 1.000 M, erf variance ≥ 2"
    )
