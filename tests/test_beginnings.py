"""`rfsearch init`, `rfsearch compare` and completion in the shell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from page_documents import row, search

from rfsearch.answer.compare import compare
from rfsearch.cli import main
from rfsearch.cli.init import presets
from rfsearch.request import config

CONFIGS = Path(__file__).parents[1] / "configs"
FRONT = ["16C3P1-32C3S2P1", "8C3P1-32C5S2P2"]


def test_every_config_is_a_preset():
    assert presets() == sorted(file.stem for file in CONFIGS.glob("*.toml"))


@pytest.mark.parametrize("preset", presets())
def test_a_preset_is_the_config_of_its_name(preset, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", preset]) == 0
    file = f"{preset}.toml"
    assert capsys.readouterr().err == f"rfsearch: wrote {file}; next: rfsearch --config {file}\n"
    written = (tmp_path / file).read_bytes()
    original = (CONFIGS / file).read_bytes()
    assert config.options(written, file) == config.options(original, file)
    assert b"configs/" not in written


def test_an_existing_file_is_kept_unless_by_force(tmp_path, capsys):
    file = tmp_path / "mine.toml"
    file.write_text("mine")
    assert main(["init", "main", "-o", str(file)]) == 2
    assert file.read_text() == "mine" and "--force" in capsys.readouterr().err
    assert main(["init", "main", "-o", str(file), "--force"]) == 0
    assert "target_rf" in file.read_text()


def test_without_a_preset_all_are_listed(capsys):
    assert main(["init"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == presets()
    assert main(["init", "nosuch"]) == 2
    assert capsys.readouterr().err.startswith("rfsearch: PRESET: nosuch is not one of alexnet, ")


def test_a_document_is_the_same_as_itself_whatever_time_it_took():
    assert compare(search(FRONT, seconds={"top": 1}), search(FRONT, seconds={"top": 2}))["same"]


def test_stacks_of_one_alone_are_named_on_its_side():
    found = compare(search(FRONT), search([FRONT[0], "24C3P1-32C3S2P1"]))
    front = found["lists"]["front"]
    assert [one["stack"] for one in front["only_first"]] == [FRONT[1]]
    assert [one["stack"] for one in front["only_second"]] == ["24C3P1-32C3S2P1"]
    assert not found["same"] and front["changed"] == []


def test_other_figures_of_one_stack_are_a_change():
    other = search(FRONT)
    other["front"][0]["macs"] += 1
    [change] = compare(search(FRONT), other)["lists"]["front"]["changed"]
    macs = row(FRONT[0], input=64)["macs"]
    assert change == {"row": {"stack": FRONT[0]}, "macs": [macs, macs + 1]}


def test_what_was_asked_and_counted_is_compared():
    other = search(FRONT, matches=7)
    other["query"]["target_rf"] = 11
    found = compare(search(FRONT), other)
    assert found["query"] == {"target_rf": [9, 11]}
    assert found["counts"] == {"matches": [60_853_070_827, 7]}


def test_a_front_that_the_other_beats_is_told_with_maximised_costs_too():
    def of(vectors):
        rows = [{"stack": name, "entropy": a, "macs": b} for name, a, b in vectors]
        return search([]) | {"query": {"front": ["max:entropy", "macs"]}, "front": rows}

    found = compare(of([("p", 5, 3), ("q", 9, 9)]), of([("r", 6, 3), ("q", 9, 9)]))
    assert found["beaten"] == {"first": ["p"], "second": []}


def test_the_command_says_both_and_exits_with_1_where_they_differ(tmp_path, capsys):
    files = [tmp_path / name for name in ("a.json", "b.json")]
    for file, front in zip(files, (FRONT, FRONT[:1]), strict=True):
        file.write_text(json.dumps(search(front)))
    assert main(["compare", str(files[0]), str(files[0])]) == 0
    assert capsys.readouterr().out.splitlines()[2] == "nothing differs"
    assert main(["compare", *map(str, files)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"A {files[0]}",
        f"B {files[1]}",
        "",
        "front",
        "  only in A: 1",
        f"    {FRONT[1]}",
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "\xff", '{"front": 3}', '{"front": [3]}', '{"front": [{"rf": 3}]}']
)
def test_what_is_no_answer_is_refused_by_name(tmp_path, capsys, text):
    file = tmp_path / "a.json"
    file.write_bytes(text.encode("latin1"))
    assert main(["compare", str(file), str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"rfsearch: {file}: not a")


def _completed(line):
    """What the shell would offer at the end of a line."""
    pytest.importorskip("argcomplete", reason="completion needs the extra completion")
    code = "import os\nos.dup2(1, 8)\nfrom rfsearch.cli import main\nmain()"
    environment = os.environ | {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    return {one.strip() for one in ran.stdout.decode().splitlines()}


def test_the_shell_completes_words_flags_and_values():
    assert {"reach", "ladder", "explore", "init"} <= _completed("rfsearch ")
    assert "--target-rf" in _completed("rfsearch --targ")
    assert _completed("rfsearch --rounding f") == {"floor"}
    assert "resnet18" in _completed("rfsearch show resn")
    assert "--greatest" in _completed("rfsearch reach --gre")
    assert "microcontroller" in _completed("rfsearch init mi")
