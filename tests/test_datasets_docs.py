"""docs/datasets.md keeps its word, and its examples for other schedulers make whole datasets."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import FIXED
from test_enumerate import SMALL_FLAGS, found, hashes

from rfsearch.cli import main

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs/datasets.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "examples/many_machines"


@pytest.mark.compiled
def test_the_commands_and_the_python_print_what_is_shown(tmp_path, monkeypatch, capsys):
    """All of them by night; by day without the dataset of millions and what reads it."""
    monkeypatch.chdir(tmp_path)
    blocks = "".join(re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL))
    shown = [part for part in re.split(r"^(?=\$ )", blocks, flags=re.MULTILINE) if part]
    assert len(shown) == 5
    for part in shown:
        command, _, lines = part.partition("\n")
        if FIXED and "atlas" in command.split():
            continue
        assert main(shlex.split(command.removeprefix("$ rfsearch "))) == 0
        assert capsys.readouterr().out == lines
    python = "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(python, {}, "datasets.md", None, 0)
    if FIXED:
        test.examples = [one for one in test.examples if '"atlas"' not in one.source]
    assert len(test.examples) > 3
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.nightly
def test_the_figure_is_what_its_command_draws(tmp_path):
    pytest.importorskip("vl_convert", reason="plots need the extra plot")
    command = re.search(r"`rfsearch (sweep .* --plot) docs/sweep.svg`", TEXT)[1]
    assert main([*command.split(), str(tmp_path / "sweep.svg"), "--quiet"]) == 0
    assert (tmp_path / "sweep.svg").read_text() == (ROOT / "docs/sweep.svg").read_text()


def test_every_flag_of_the_document_exists(capsys):
    known = set()
    for word in ("enumerate", "rank", "sweep", "automaton"):
        assert main([word, "--help"]) == 0
        known |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT)) <= known


@pytest.fixture
def planned(tmp_path):
    """A dataset without parts, the environment of a node, and the files that it is to have."""
    found().sink_parquet(tmp_path / "whole", part_rows=200)
    out = tmp_path / "d"
    flags = ["-o", str(out), "--part-rows", "200", "--plan", "--quiet"]
    assert main(["enumerate", *SMALL_FLAGS, *flags]) == 0
    command = tmp_path / "bin/rfsearch"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m rfsearch "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    whole = hashes(tmp_path / "whole")
    return out, {**os.environ, "PATH": path}, whole, len(whole) - 1


def test_a_slurm_array_makes_every_part(planned):
    out, node, whole, parts = planned
    assert parts > 2
    for number in range(parts):
        node["SLURM_ARRAY_TASK_ID"] = str(number)
        subprocess.run(["bash", EXAMPLES / "slurm.sh", str(out)], env=node, check=True)
    assert hashes(out) == whole


def test_the_pods_of_a_kubernetes_job_make_every_part(planned):
    yaml = pytest.importorskip("yaml")
    out, node, whole, parts = planned
    job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())
    assert job["spec"]["completionMode"] == "Indexed"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert [one["name"] for one in container["env"]] == ["DATASET"]
    for number in range(parts):
        node |= {"DATASET": str(out), "JOB_COMPLETION_INDEX": str(number)}
        subprocess.run(container["command"], env=node, check=True)
    assert hashes(out) == whole


def test_ray_makes_every_part(planned):
    pytest.importorskip("ray")
    out, node, whole, parts = planned
    script = [sys.executable, str(EXAMPLES / "ray_map.py"), str(out), str(parts)]
    subprocess.run(script, env=node, check=True, capture_output=True)
    assert hashes(out) == whole
