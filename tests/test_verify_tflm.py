"""`rfsearch verify --with tflm`: converted, run in TensorFlow Lite Micro, compared to the byte."""

import json
from dataclasses import replace

import pytest
from described import needs

import rfsearch
from rfsearch.claims import check, with_tflm
from rfsearch.claims.claim import of_network, of_rows
from rfsearch.cli import main
from rfsearch.device.tflm import arena, flash
from rfsearch.device.tflm.interpret import Ran
from rfsearch.errors import LimitError

STACK = "8C3S2PsN-I(16C1N-DW3PsN-8C1N)-R(12C3S2P1N-12C3P1N)-GAP-3FC"
installed = needs("tensorflow", "tflite_micro")


def _claim():
    return of_network(rfsearch.parse(STACK, 33))


def _stub(monkeypatch, **changed):
    """In place of a conversion and a run: what is claimed of STACK, but for what is changed."""
    network = rfsearch.parse(STACK, 33)
    figures = {"flash": flash(network), "macs": network.totals["macs"], "shape": (1, 3)}
    found = arena(network)
    figures |= {"persistent": found.persistent, "tensors": found.tensors} | changed
    ran = Ran(figures["persistent"], figures["tensors"], figures["shape"])
    monkeypatch.setattr(with_tflm, "convert", lambda plan: b"0" * figures["flash"])
    monkeypatch.setattr(with_tflm, "macs", lambda data: figures["macs"])
    monkeypatch.setattr(with_tflm, "interpret", lambda data, bytes_: ran)


def test_what_is_measured_as_claimed_has_no_differences(monkeypatch):
    _stub(monkeypatch)
    verdict = check(_claim(), "tflm")
    assert (verdict.differences, verdict.ran) == ((), True)
    assert verdict.measured == verdict.claimed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"flash": 12345}, "flash: claimed 13072, measured 12345"),
        ({"macs": 1}, "macs: claimed 360796, measured 1"),
        ({"tensors": 16}, "tensors: claimed 11568, measured 16"),
        ({"persistent": 16}, "persistent: claimed 3904, measured 16"),
        ({"shape": (1, 4)}, "output: expected 1×1×3, measured 4"),
    ],
)
def test_each_figure_that_differs_is_found_out(monkeypatch, changed, said):
    _stub(monkeypatch, **changed)
    assert said in check(_claim(), "tflm").differences


def test_a_row_of_a_search_is_held_to_what_it_says(monkeypatch):
    _stub(monkeypatch)
    row = {"stack": STACK, "arena": 14_000, "flash": 15_000, "rf": 1}
    (claim,) = of_rows([row], 33, None, 3, "rows")
    differences = check(claim, "tflm").differences
    assert differences == (
        "arena: claimed 14000, measured 15472",
        "flash: claimed 15000, measured 13072",
    )


def test_the_command_shows_what_a_device_takes(monkeypatch, capsys):
    _stub(monkeypatch)
    assert main(["verify", STACK, "--input", "33", "--with", "tflm"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["verdict", "MACs", "arena", "of", "it", "tensors", "file", "stack"]
    assert lines[1].split() == ["as", "claimed", "360,796", "15,472", "11,568", "13,072", STACK]
    _stub(monkeypatch, flash=7)
    arguments = ["verify", STACK, "--input", "33", "--with", "tflm", "--format", "json"]
    assert main(arguments) == 1
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["with"], row["flash"]) == ("tflm", 7)
    assert row["differences"] == ["flash: claimed 13072, measured 7"]


def test_without_the_packages_the_extra_is_named(monkeypatch, capsys):
    from rfsearch.device.tflm import convert

    monkeypatch.setattr(convert, "find_spec", lambda name: None)
    assert main(["verify", "8C3", "--input", "9", "--with", "tflm"]) == 2
    said = "rfsearch: this needs tensorflow and tflite-micro: pip install 'rfsearch[tflm]'\n"
    assert capsys.readouterr().err == said


def test_what_is_not_known_exactly_is_no_claim(capsys):
    assert main(["verify", "8C3D2", "--input", "9", "--with", "tflm"]) == 2
    assert "8C3D2: TensorFlow Lite Micro's figures are not known for dil" in capsys.readouterr().err


@installed
@pytest.mark.parametrize(
    ("stack", "size", "channels"),
    [
        (STACK, 33, 3),
        ("10C10x4S2x1PsN-DW5x3S1x2PsN-12C1N-DW3S2x1PsN-12C1N-GAP-12FC", (49, 10), 1),
        ("8C3S2P1-8C3S2P1-MP3S2P1-R(8C3P1-8C3P1-SE4)-(4C1|4C3Ps)-AP2S2-10FC-4FC", 40, 3),
        ("64FC-8FC-64FC", (64,), 1),
    ],
)
def test_networks_take_what_is_claimed_to_the_byte(stack, size, channels):
    verdict = check(of_network(rfsearch.parse(stack, size, channels)), "tflm")
    assert verdict.differences == ()


@installed
def test_an_arena_that_is_too_small_is_one_line():
    claim = _claim()
    small = replace(claim, figures={**claim.figures, "arena": 12_000})
    with pytest.raises(LimitError, match="tflite-micro, arena of 12,000 bytes: "):
        check(small, "tflm")
