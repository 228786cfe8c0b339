"""Write the frozen JSON anew: `python tests/freeze.py [NAME …]`, all of it where none is named.

The commands stand in tests/frozen/commands.toml. Look at `git diff tests/frozen` before you commit
it: every changed line is a changed answer. tests/test_frozen.py compares.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "frozen"
COMMANDS = tomllib.loads((FOLDER / "commands.toml").read_text())
SECONDS = re.compile(r',\n  "seconds": \{[^}]*\}(?=\n\}\n\Z)')


def path_of(name):
    """Where a command's JSON is kept."""
    return FOLDER / f"{name}.json"


def answer(name):
    """(JSON text without its times, exit code, what stood on stderr) of a command, run now."""
    from one_question import said

    if "evaluate" in COMMANDS[name]:
        return evaluated(**COMMANDS[name]["evaluate"]), 0, ""
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        words = shlex.split(COMMANDS[name]["command"])
        given = said(*words, "--format", "json")
    finally:
        os.chdir(here)
    return SECONDS.sub("", given.out), given.code, given.err


def evaluated(**asked):
    """The frame of rfsearch.evaluate as JSON text."""
    import rfsearch

    frame = rfsearch.evaluate(**asked)
    columns = {column: str(kind) for column, kind in frame.schema.items()}
    document = {"columns": columns, "rows": frame.to_dicts()}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def freeze(names):
    """Write the JSON of these commands; 1 where one ends otherwise than its table says."""
    wrong = 0
    for name in names:
        text, code, err = answer(name)
        expected = COMMANDS[name].get("code", 0)
        if code != expected or not text:
            print(f"{name}: exit code {code}, not {expected}: {err}", file=sys.stderr)
            wrong = 1
            continue
        before = path_of(name).read_text() if path_of(name).exists() else None
        path_of(name).write_text(text)
        if text != before:
            print(f"{name}: {'new' if before is None else 'changed'}, {len(text):,} characters")
    return wrong


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    unknown = set(sys.argv[1:]) - set(COMMANDS)
    if unknown:
        sys.exit(f"no such command: {', '.join(sorted(unknown))}")
    sys.exit(freeze(sys.argv[1:] or COMMANDS))
