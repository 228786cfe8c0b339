"""The notebooks of examples/: their cells run, and give what they were saved with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from run_notebook import code

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
NAMES = [path.name for path in NOTEBOOKS]


@pytest.mark.compiled
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_every_cell_runs_and_gives_what_it_was_saved_with(path):
    """Each in a process of its own, as in a notebook: torch does not run beside TensorFlow."""
    command = [sys.executable, str(TESTS / "run_notebook.py"), str(path)]
    known = os.pathsep.join(filter(None, [str(TESTS.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "RFSEARCH_NOTEBOOK_SECONDS": "1", "PYTHONPATH": known}
    ran = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_saved_whole_and_small(path):
    cells = code(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert kinds <= {"stream", "execute_result", "display_data"}  # no error
    names = {output["name"] for cell in cells for output in cell["outputs"] if "name" in output}
    assert names <= {"stdout"}  # no warning
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_readme_and_the_documents_name_every_notebook(path):
    for document in ("README.md", "docs/index.md"):
        assert path.name in (EXAMPLES.parent / document).read_text("utf-8")
