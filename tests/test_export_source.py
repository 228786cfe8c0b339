"""The Python files, whatever the framework: what they import, and how they read."""

import subprocess
import sys

import pytest
from described import EVERYTHING

from rfsearch.export.write import Style, encode, planned
from rfsearch.layers.notation import format_stack, parse_stack
from rfsearch.network.input_size import input_sizes

# framework -> all that its files may import
IMPORTS = {
    "torch": {"import torch", "import torch.nn.functional as F", "from torch import nn"},
    "keras": {"import keras", "from keras import layers"},
}
frameworks = pytest.mark.parametrize("framework", IMPORTS)


def source(stack, size, framework):
    made = planned(stack, input_sizes(size), 3, Style())
    return encode(made, framework, Style()).decode()


@frameworks
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_the_text_compiles_and_imports_the_framework_alone(stack, size, framework):
    text = source(stack, size, framework)
    compile(text, "network.py", "exec")
    imports = {line for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imports <= IMPORTS[framework]


@frameworks
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_the_text_begins_with_the_notation(stack, size, framework):
    head = source(stack, size, framework).split('"""')[1].replace("\n", "")
    assert format_stack(parse_stack(stack)) in head


@frameworks
def test_ruff_finds_nothing_to_change(framework, tmp_path):
    pytest.importorskip("ruff", reason="needs ruff: pip install 'rfsearch[lint]'")
    for number, (stack, size) in enumerate(EVERYTHING):
        (tmp_path / f"network{number}.py").write_text(source(stack, size, framework))
    for word in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *word, "--isolated", "--no-cache", str(tmp_path)]
        subprocess.run(command, check=True)


@frameworks
def test_every_layer_has_its_size_field_and_jump_in_a_comment(framework):
    text = source("8C3P1-MP3S2-R(8C3P1-8C1)", 32, framework)
    assert "# 8C3P1: 32×32, RF 3, jump 1" in text
    assert "# MP3S2: 15×15, RF 5, jump 2" in text
    assert "#   conv1, 8C3P1: 15×15, RF 9, jump 2" in text


def test_a_torch_class_carries_its_notation():
    for stack, size in EVERYTHING:
        joined = source(stack, size, "torch").replace('"\n        "', "")
        assert f'"{format_stack(parse_stack(stack))}"' in joined
