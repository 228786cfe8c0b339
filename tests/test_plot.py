"""Charts of answers: what they hold is what the answers hold, and their files are such files."""

import json
import re
import subprocess
import sys
import zlib
from contextlib import suppress

import pytest
from build_onnx import full
from test_onnx_light import FOLDER

import rfsearch
from rfsearch.cli import main
from rfsearch.layers.notation import parse_stack
from rfsearch.network.names import published
from rfsearch.plot import front_chart, ladder_chart, reach_chart, sweep_chart
from rfsearch.plot.ground import Measure

KINDS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.fixture(autouse=True)
def _needs_the_extra(request):
    if "without" not in request.node.name:
        pytest.importorskip("altair", reason="plots need the extra plot")
        pytest.importorskip("vl_convert", reason="plots need the extra plot")


def _values(chart):
    """The values of all data of a chart, in its JSON form."""
    spec = chart.to_dict()
    datasets = list(spec.get("datasets", {}).values())

    def inside(part):
        if isinstance(part, dict):
            if "values" in part and isinstance(part["values"], list):
                datasets.append(part["values"])
            for one in part.values():
                inside(one)
        elif isinstance(part, list):
            for one in part:
                inside(one)

    inside(spec)
    return datasets


ROWS = [
    {"stack": "8C3", "memory": 3 * 2**20, "macs": 4_000_000, "params": 10},
    {"stack": "8C5", "memory": 2**20, "macs": 9_000_000, "params": 900},
]


def test_a_front_is_drawn_at_its_own_figures():
    assert ROWS in _values(front_chart(ROWS))


def test_bytes_are_shown_in_the_unit_that_fits_and_data_stay_bytes():
    measure = Measure("memory", "memory", [row["memory"] for row in ROWS])
    assert measure.title == "memory (MiB)"
    assert measure.calculated == {"memory_MiB": "datum['memory'] / 1048576"}


def test_a_span_beyond_thirtyfold_is_logarithmic():
    assert Measure("params", "params", [10, 900]).log
    assert not Measure("params", "params", [0, 900]).log


def test_a_third_cost_is_the_colour():
    text = json.dumps(front_chart(ROWS, ["memory", "macs", "params"]).to_dict())
    assert '"color": {"field": "params"' in text


def test_a_ladder_is_drawn_as_shares_beside_its_tolerances():
    rungs = [
        {"stack": "8C3", "rf": 3, "deviation_macs": 0.0},
        {"stack": "8C5", "rf": 5, "deviation_macs": 0.01},
    ]
    values = _values(ladder_chart(rungs, {"macs": "3/100"}))
    assert [{"above": 0.03}] in values
    assert [one["above"] for one in next(one for one in values if "rf" in one[0])] == [0.0, 0.01]


def test_reach_of_two_axes_is_a_map_coloured_by_the_cost():
    rows = [{"rf": [3, 5], "matches": 1, "least_macs": 7}]
    spec = reach_chart(rows).to_dict()
    assert spec["encoding"]["color"]["field"] == "least_macs"
    assert (
        _values(reach_chart(rows))[0][0] | {"rf1": 3, "rf2": 5} == _values(reach_chart(rows))[0][0]
    )


def test_a_sweep_is_drawn_over_all_depths_in_its_own_order():
    rows = [
        {"input": 8, "target_rf": 13, "depth": 1, "matches": 40, "memory": 7 * 1024},
        {"input": 8, "target_rf": 13, "depth": 2, "matches": "60", "memory": 5 * 1024},
        {"input": 8, "target_rf": 3, "depth": 1, "matches": 0, "memory": None},
        {"input": 16, "target_rf": 13, "depth": 1, "matches": None, "memory": 9 * 1024},
        {"input": 16, "target_rf": 3, "depth": 1, "matches": 10**400},
    ]
    chart = sweep_chart(rows)
    (cells,) = {json.dumps(one) for one in _values(chart)}
    assert json.loads(cells) == [
        {"input": 8, "rf": 13, "known": "some", "digits": 2.0, "best": 5120},
        {"input": 8, "rf": 3, "known": "none", "digits": None, "best": None},
        {"input": 16, "rf": 13, "known": "unknown", "digits": None, "best": 9216},
        {"input": 16, "rf": 3, "known": "some", "digits": 400.0, "best": None},
    ]
    text = json.dumps(chart.to_dict())
    assert '"domain": [13, 3]' in text and "least memory (KiB)" in text
    assert "greatest MACs" in json.dumps(sweep_chart(rows, "max:macs").to_dict())


@pytest.mark.parametrize("form", KINDS)
def test_a_sweep_is_a_figure_also_where_nothing_matches(tmp_path, form):
    for target in ("3,5", "4,6"):
        file = tmp_path / f"{target}.{form}"
        flags = ["--kernel", "3", "--stride", "1", "--depth", "1..2", "--workers", "1"]
        code = main(["sweep", *flags, "--input", "8,9", "--target-rf", target, "--plot", str(file)])
        assert code == (target == "4,6")
        assert KINDS[form] in file.read_bytes()[:200]


@pytest.mark.parametrize("name", ["resnet18", "inception_v3", "wavenet"])
def test_a_network_is_drawn_layer_by_layer(name):
    network = rfsearch.parse(name)
    layers = max(_values(network.plot()), key=len)
    assert [one["last"] - one["first"] for one in layers] == [row.rf[0] for row in network]
    assert sum(one["MACs"] for one in layers) == pytest.approx(1)
    assert [one["memory"] for one in layers] == [row.memory for row in network]


def test_networks_of_onnx_files_are_drawn(tmp_path):
    unet = full(parse_stack(published()["unet"].stack), (572, 572), 3, tmp_path)
    # Layers are named along the axis where there are few enough to read.
    for path, word in ((unet, "ConvTranspose_v18"), (FOLDER / "light_inception_v1.onnx", "layers")):
        file = tmp_path / "network.svg"
        assert main(["show", str(path), "--plot", str(file)]) == 0
        bars = file.read_text().count('role="graphics-symbol"')
        assert f">{word}</text>" in file.read_text()
        assert bars > 3 * len(rfsearch.load(path).rows)


@pytest.mark.parametrize("form", KINDS)
def test_files_are_of_the_kind_that_their_ending_says(tmp_path, form):
    file = tmp_path / f"network.{form}"
    assert main(["show", "8C3-MP2S2", "--plot", str(file)]) == 0
    assert KINDS[form] in file.read_bytes()[:200]


def test_a_drawing_in_svg_brings_the_letters_of_its_font(tmp_path):
    file = tmp_path / "network.svg"
    assert main(["show", "8C3-MP2S2", "--plot", str(file)]) == 0
    text = file.read_text()
    assert '@font-face{font-family:"Liberation Sans";src:url(data:font/woff2;base64,' in text
    families = set(re.findall(r'font-family="([^",]*)', text))
    assert families == {"Liberation Sans"} and "http:" not in text.replace("http://www.w3.org", "")


def test_a_pdf_embeds_its_font(tmp_path):
    file = tmp_path / "network.pdf"
    assert main(["show", "8C3-MP2S2", "--plot", str(file)]) == 0
    assert re.search(rb"/FontFile[23]?\b", _inflated(file.read_bytes()))
    assert re.search(rb"/BaseFont ?/[A-Z]{6}[+]LiberationSans", _inflated(file.read_bytes()))


def _inflated(pdf):
    """A PDF with its compressed streams as they are once decompressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    plain = [pdf]
    for one in streams:
        with suppress(zlib.error):
            plain.append(zlib.decompress(one))
    return b"\n".join(plain)


def test_search_reach_and_ladder_write_their_figures(tmp_path):
    space = ["--input", "16", "--depth", "1..3", "--kernel", "1,3", "--quiet"]
    for words in (["--target-rf", "7"], ["reach"], ["ladder", "--target-rf", "3,5"]):
        file = tmp_path / "figure.svg"
        assert main([*words, *space, "--plot", str(file)]) in (0, 1)
        assert b"<svg" in file.read_bytes()[:200]
        file.unlink()


def test_found_gives_its_front_over_a_sample_in_python():
    found = rfsearch.Space(kernel=[1, 3], depth=(1, 3)).search(input=16, target_rf=7)
    drawn = [[row.get("stack") for row in part] for part in _values(found.plot_front(sample=10))]
    assert found.front()["stack"].to_list() in drawn
    assert found.sample(10)["stack"].to_list() in drawn


def test_a_ladder_gives_a_chart_to_go_on_with():
    space = rfsearch.Space(kernel=[1, 3, 5], depth=(1, 3))
    ladder = space.ladder(16, [3, 5], hold={"params": 0.9})
    chart = ladder.plot().properties(title="mine")
    assert chart.to_dict()["title"] == "mine"
    assert [3.0, 5.0] in [[row.get("rf") for row in rows] for rows in _values(chart)]


def test_of_a_long_input_so_much_is_drawn_that_the_fields_can_be_read():
    values = _values(rfsearch.parse("8C3-8C3", input="1d:16000").plot())
    assert [{"first": 0, "last": 15}] in values


def test_another_ending_is_refused_before_the_work(tmp_path, capsys):
    assert main(["show", "8C3", "--plot", str(tmp_path / "a.gif")]) == 2
    assert "ends in none of .svg, .png, .pdf" in capsys.readouterr().err


def test_without_the_extra_one_line_names_it(tmp_path):
    code = (
        "import sys\nsys.modules['altair'] = None\nimport importlib.util as u\n"
        "find = u.find_spec\nu.find_spec = lambda name: None if name == 'altair' else find(name)\n"
        "from rfsearch.cli import main\nsys.exit(main(['show', '8C3', '--plot', sys.argv[1]]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.svg")]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr == "rfsearch: plots need altair: pip install 'rfsearch[plot]'\n"
