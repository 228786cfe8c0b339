"""Run a notebook, each code cell held against what it was saved with: run_notebook.py FILE.

But for cells tagged `varies`: what they show depends on the time, or on extras.
"""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path


def code(path):
    """The code cells of a notebook."""
    cells = json.loads(Path(path).read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run(path):
    """All cells in order, in one namespace. AssertionError where one shows something else."""
    names = {"__name__": "__main__"}
    for cell in code(path):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = _value("".join(cell["source"]), names)
        if "varies" in cell["metadata"].get("tags", ()):
            continue
        texts = [one["text"] for one in cell["outputs"] if one["output_type"] == "stream"]
        _same(printed.getvalue(), "".join(map("".join, texts)))
        shown = [one["data"] for one in cell["outputs"] if one["output_type"] == "execute_result"]
        _same(len(shown), int(value is not None))
        for data in shown:
            _check(value, data)


def _value(source, names):
    """The value of the last line, where that is an expression."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def _check(value, data):
    """A value is the one that was shown: as HTML, as a literal, or as text."""
    if "text/html" in data:
        _same(value._repr_html_(), "".join(data["text/html"]))
        return
    saved = "".join(data["text/plain"])
    try:
        _same(value, ast.literal_eval(saved))
    except (SyntaxError, ValueError):
        _same(repr(value), saved)


def _same(now, saved):
    if now != saved:
        raise AssertionError(f"now {now!r}\nsaved {saved!r}")


if __name__ == "__main__":
    run(sys.argv[1])
