"""The report page as a file: self-contained, under its policy, with the document's own figures."""

import gzip
import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from fractions import Fraction
from hashlib import sha256

import pytest
from page_documents import many, row, search

import rfsearch
from rfsearch.answer.output.plain import plain
from rfsearch.answer.page.drawing import drawing
from rfsearch.answer.page.report import kind_of, report
from rfsearch.cli import main
from rfsearch.cli.report import command_of
from rfsearch.network.axis import Adaptive, Resize, Transposed, Window
from rfsearch.network.weights import taps

FRONT = ["16C3P1-32C3S2P1", "16C3P1-16C3S2P1-32C3P1"]


def _data(page: bytes) -> dict:
    """What the page carries, as a browser would read it."""
    packed = re.search(rb'<script type="text/plain" id="data">([^<]*)</script>', page)[1]
    return json.loads(gzip.decompress(b64decode(packed)))


def test_page_carries_the_whole_document():
    document = search(FRONT, many(3))
    assert _data(report(document, "rfsearch"))["document"] == document


def test_page_says_nothing_of_the_places_it_was_written_to():
    document = search(FRONT)
    document["query"] |= {"report": "/home/me/found.html", "output": "found.json"}
    assert _data(report(document, "rfsearch"))["document"] == search(FRONT)


def test_page_is_the_same_bytes_for_the_same_answer():
    document = search(FRONT)
    assert report(document, "rfsearch") == report(document, "rfsearch")


def test_policy_allows_the_one_script_and_style_by_hash_and_nothing_else():
    page = report(search(FRONT), "rfsearch").decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(script) == len(style) == 1
    hashes = [b64encode(sha256(one.encode()).digest()).decode() for one in (script[0], style[0])]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    assert [rules["script-src"], rules["style-src"]] == [f"'sha256-{one}'" for one in hashes]


def test_page_loads_nothing_from_elsewhere():
    page = report(search(FRONT), "rfsearch").decode()
    assert not re.search(
        r"<[^>]+\s(?:src|href)=", re.sub(r"<script>.*</script>", "", page, flags=re.S)
    )


def test_names_with_markup_are_never_markup():
    name = "</script><script>alert(1)</script>"
    page = report(search(FRONT, why=[name]), name).decode()
    assert "alert(1)" not in page
    assert _data(page.encode())["command"] == name


@pytest.mark.parametrize("count", [300, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_page_of_5000_networks_is_below_3_megabytes(count):
    empty, some = (len(report(search([], many(n)), "rfsearch")) for n in (0, count))
    assert empty + (some - empty) * 5_000 / count < 3_000_000


@pytest.mark.parametrize(
    ("key", "kind"),
    [("reach", "reach"), ("rungs", "ladder"), ("layers", "show"), ("different", "verify")],
)
def test_documents_are_told_apart_by_what_they_hold(key, kind):
    assert kind_of({key: []}) == kind
    assert kind_of(search(FRONT)) == "search"


def test_command_of_a_report_goes_without_the_places_it_was_written_to():
    argv = ["--input", "64", "--report", "a.html", "--format=json", "-o", "x y", "--where", "a < 1"]
    assert command_of(argv) == "rfsearch --input 64 --where 'a < 1'"


@pytest.mark.parametrize(
    "name", ["resnet18", "unet", "inception_v3", "wavenet", "efficientnet_b0", "vgg16"]
)
def test_drawing_adds_up_to_the_totals_of_the_network(name):
    network = rfsearch.parse(name)
    tensors = drawing(network)["tensors"]
    alive = [sum(tensors[one]["bytes"] for one in tensor["alive"]) for tensor in tensors]
    assert max(alive) == network.totals["peak_memory"]
    for cost in ("params", "macs", "activations"):
        input_values = tensors[0]["bytes"] // 4 if cost == "activations" else 0
        assert sum(one.get(cost, 0) for one in tensors) + input_values == network.totals[cost]


def test_drawing_says_what_the_middle_output_sees():
    one = drawing(rfsearch.parse("8C3P1-8C3S2P1", input=9))["tensors"][2]
    assert (one["sizes"], plain(one["middle"])) == ([5, 5], [[2, 6], [2, 6]])


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("place", ["asymmetric", "half_pixel", "align_corners"])
def test_a_resize_keeps_a_constant(mode, place):
    for each in taps(Resize(Fraction(2), mode, place), 7):
        assert sum(weight for _, weight in each) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("edge", "position"), [("reflect", 1), ("replicate", 0), ("circular", 2)])
def test_padding_that_repeats_pixels_gives_them_its_weight(edge, position):
    first = taps(Window(3, 1, 1, 1, edge=edge), 3)[0]
    assert dict(first)[position] == pytest.approx((1 + (position < 2)) / 3)
    assert sum(weight for _, weight in first) == pytest.approx(1)


def test_windows_average_and_padding_takes_its_share():
    assert taps(Window(3, 1, 1, 1), 2) == [[(0, 1 / 3), (1, 1 / 3)], [(0, 1 / 3), (1, 1 / 3)]]
    assert taps(Adaptive(2), 3) == [[(0, 1 / 2), (1, 1 / 2)], [(1, 1 / 2), (2, 1 / 2)]]
    assert taps(Transposed(4, 2, 1, 1), 2)[1] == [(0, 1 / 2), (1, 1 / 2)]


def test_show_and_verify_write_the_page_beside_the_answer(tmp_path, capsys):
    file = tmp_path / "show.html"
    assert main(["show", "resnet18", "--format", "json", "--report", str(file)]) == 0
    shown = json.loads(capsys.readouterr().out)
    data = _data(file.read_bytes())
    assert data["document"] == shown
    assert data["command"] == "rfsearch show resnet18"
    assert data["networks"]["resnet18"]["document"]["totals"] == shown["totals"]


def test_search_reach_and_ladder_write_the_page_beside_the_answer(tmp_path, capsys):
    space = ["--input", "16", "--depth", "1..3", "--kernel", "1,3", "--quiet", "--format", "json"]
    for words in (["--target-rf", "7"], ["reach"], ["ladder", "--target-rf", "3,5"]):
        file = tmp_path / "page.html"
        assert main([*words, *space, "--report", str(file)]) in (0, 1)
        assert {**_data(file.read_bytes())["document"], "seconds": 0} == {
            **json.loads(capsys.readouterr().out),
            "seconds": 0,
        }


def test_a_place_that_is_no_page_is_refused_before_the_work(tmp_path, capsys):
    assert main(["show", "resnet18", "--report", str(tmp_path / "a.pdf")]) == 2
    assert main(["--target-rf", "7", "--input", "9", "--report", str(tmp_path / "no/a.html")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"rfsearch: --report: {tmp_path}/a.pdf does not end in .html"
    assert lines[1].startswith("rfsearch: --report: ") and "there is no folder" in lines[1]


def test_help_a_search_and_showing_without_a_report_import_no_page_and_no_plot():
    code = (
        "import sys\nfrom rfsearch.cli import main\n"
        "main(['--help']); main(['show', '8C3'])\n"
        "main(['--target-rf', '5', '--input', '9', '--depth', '1..2'])\n"
        "ours = ('rfsearch.answer.page', 'rfsearch.plot', 'rfsearch.cli.explore')\n"
        "others = ('altair', 'vl_convert', 'http.server', 'argcomplete')\n"
        "print([one for one in sys.modules if one.startswith((*ours, *others))], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stderr == "[]\n"


def test_rows_of_several_inputs_are_several_networks():
    rows = [row("8C3", input=size) | {"input": size} for size in (16, 32)]
    document = search([]) | {"front": rows}
    networks = _data(report(document, "rfsearch"))["networks"]
    assert [one["document"]["input"] for one in networks.values()] == [16, 32]
    assert list(networks) == ["8C3 @ 16", "8C3 @ 32"]


@pytest.mark.parametrize(
    "word, flag", [("enumerate", "--report"), ("enumerate", "--plot"), ("sweep", "--report")]
)
def test_words_that_draw_nothing_refuse_to(word, flag, capsys):
    assert main([word, "--target-rf", "7", "--input", "16", flag, "a.html"]) == 2
    assert capsys.readouterr().err.startswith(f"rfsearch: {flag}: not for ")
