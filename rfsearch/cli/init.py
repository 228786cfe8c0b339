"""`rfsearch init PRESET`: a commented config file to begin with."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.resources import files
from textwrap import shorten

from rfsearch.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The preset, and where its file goes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("preset", metavar="PRESET", nargs="?", help="which; without: list them")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="default: PRESET.toml; - writes to stdout"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """Write the file, or list the presets. Raises UsageError."""
    from rfsearch.cli.destination import check, put

    if args.preset is None:
        if args.output is not None:
            raise UsageError(f"PRESET: not given; one of {', '.join(presets())}")
        put(_listing().encode(), None)
        return 0
    text = _text(args.preset)
    path = args.output or f"{args.preset}.toml"
    if path == "-":
        put(text.encode(), None)
        return 0
    check(path, binary=False)
    if os.path.exists(path) and not args.force:
        raise UsageError(f"--output: {path} exists; --force replaces it")
    put(text.encode(), path)
    print(f"rfsearch: wrote {path}; next: rfsearch --config {path}", file=sys.stderr)
    return 0


def presets() -> list[str]:
    """The names of all presets."""
    folder = files("rfsearch") / "presets"
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


def _text(preset: str) -> str:
    """The file of a preset, with the command that asks it as it is called here."""
    if preset not in presets():
        raise UsageError(f"PRESET: {preset} is not one of {', '.join(presets())}")
    text = (files("rfsearch") / "presets" / f"{preset}.toml").read_text("utf-8")
    return text.replace(f"configs/{preset}.toml", f"{preset}.toml")


def _listing() -> str:
    """Each preset with the first sentence of its comment."""
    lines = []
    for preset in presets():
        comment = []
        for line in _text(preset).splitlines():
            if not line.startswith("#"):
                break
            comment.append(line.lstrip("# "))
        first = shorten(" ".join(comment), 76, placeholder=" …")
        lines.append(f"{preset:<20} {first}\n")
    return "".join(lines)
