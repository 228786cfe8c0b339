"""Notebooks: the example runs and shows what it was saved with; tables are HTML."""

import ast
import json
from pathlib import Path

import pytest

import rfsearch

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.compiled
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.name)
def test_every_cell_gives_what_it_was_saved_with(path):
    names = {}
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        value = _run("".join(cell["source"]), names)
        (saved,) = cell["outputs"]
        if "text/html" in saved["data"]:
            assert value._repr_html_() == "".join(saved["data"]["text/html"])
        elif "text/plain" in saved["data"]:
            assert value == ast.literal_eval("".join(saved["data"]["text/plain"]))


def _run(source, names):
    """The value of the last expression."""
    body = ast.parse(source).body
    exec(compile(ast.Module(body[:-1], []), "cell", "exec"), names)
    return eval(compile(ast.Expression(body[-1].value), "cell", "eval"), names)


def test_a_network_shows_its_layer_table():
    html = rfsearch.parse("8C3S2-MP2S2", input=33)._repr_html_()
    assert "<td>8C3S2</td><td>16</td><td>8</td><td>3</td><td>2</td>" in html
    assert html.count("<tr>") == 3


def test_what_was_found_shows_its_counts_by_depth():
    space = rfsearch.Space(kernel=[3], stride=[1], padding=[0], depth=(1, 4))
    html = space.search(input=9, target_rf=5)._repr_html_()
    assert "<td>2</td><td>1</td>" in html


def test_what_was_found_of_several_inputs_is_counted_once_for_each():
    space = rfsearch.StagedSpace([{"kernel": 3, "channels": [2, 4]}])
    html = space.search([9, 11])._repr_html_()
    assert "<b>4</b> of 4 stacks match" in html
