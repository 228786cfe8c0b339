"""The Python of the README and of the documents, to those who check types: mypy and pyright."""

import ast
import doctest
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted({ROOT / "README.md", *ROOT.glob("docs/**/*.md")})


def session(text):
    """What a document's examples type, in one session: later blocks use what earlier ones made."""
    blocks = re.findall(r"```(?:python|pycon)\n(.*?)```", text, re.DOTALL)
    examples = doctest.DocTestParser().get_examples("\n".join(blocks))
    return "".join(example.source for example in examples)


SESSIONS = {path.relative_to(ROOT): session(path.read_text(encoding="utf-8")) for path in DOCUMENTS}
TYPED = {path: source for path, source in SESSIONS.items() if source}


# A session's own functions have no types, its names are used again, its bases may be extras'.
HOW = "# mypy: allow-untyped-defs, allow-untyped-calls, allow-redefinition, allow-subclassing-any\n"


def written(folder):
    """Each session as a module in a folder."""
    for path, source in TYPED.items():
        name = re.sub(r"\W", "_", str(path.with_suffix("")))
        (folder / f"example_{name}.py").write_text(HOW + source, encoding="utf-8")


def test_documents_have_examples_that_import_the_package_themselves():
    assert len(TYPED) > 8
    for path, source in TYPED.items():
        first = ast.parse(source).body[0]
        assert isinstance(first, ast.Import | ast.ImportFrom), path


@pytest.mark.nightly
def test_mypy_knows_every_name_and_type_of_the_examples(tmp_path):
    """Half a minute where mypy has not seen the package before."""
    pytest.importorskip("mypy")
    written(tmp_path)
    run = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), tmp_path]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.nightly
def test_pyright_knows_every_name_and_type_of_the_examples(tmp_path):
    """Its own extra needs Node.js: pip install 'pyright[nodejs]'."""
    pyright = shutil.which("pyright")
    if pyright is None:
        pytest.skip("no pyright")
    written(tmp_path)
    settings = {
        "include": ["."],
        "extraPaths": [str(ROOT)],
        "reportUnusedExpression": False,  # a session shows what an expression is
        "reportMissingImports": "warning",  # extras
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    run = [pyright, "--project", str(tmp_path), "--pythonpath", sys.executable]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
