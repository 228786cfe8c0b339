"""The published networks: `rfsearch/names/*.toml`, one file a network, variants inside it.

A file has `title`, `source`, `padding`, `learned` (text for the reader), `input`, `stack`, and,
where they differ from the usual, `axes` (2) and `input_channels` (3). A table `[variant.NAME]`
overrides any of them: `resnet50.toml` with `[variant.tf]` gives `resnet50` and `resnet50_tf`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from rfsearch.errors import UsageError, shortened

VARIANT = "variant"


@dataclass(frozen=True)
class Published:
    """One published network; `stack` is its notation, the other texts are for the reader."""

    name: str
    title: str
    source: str
    padding: str
    learned: str
    stack: str
    input: int | tuple[int, ...]
    axes: int = 2
    input_channels: int = 3


def find_name(text: str) -> Published | None:
    """The network of that name; None where `text` is no name at all but notation.

    Names are read as papers write them, too: VGG-16 is vgg16. UsageError for what looks like a name
    and is none, with the nearest one.
    """
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", text):
        for name, network in published().items():
            if _letters(name) == _letters(text):
                return network
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        return None
    close = get_close_matches(text, published(), n=1)
    hint = f"did you mean {close[0]}?" if close else "rfsearch show --help lists them"
    raise UsageError(f"{shortened(text)}: no network of that name; {hint}")


def _letters(name: str) -> str:
    return re.sub(r"[_-]", "", name).lower()


@cache
def published() -> dict[str, Published]:
    """Every published network by name, variants included."""
    folder = files("rfsearch") / "names"
    found: dict[str, Published] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            found |= {one.name: one for one in _networks(file)}
    return found


def _networks(file: Traversable) -> list[Published]:
    text = tomllib.loads(file.read_text(encoding="utf-8"))
    name = file.name.removesuffix(".toml")
    variants = text.pop(VARIANT, {})
    return [_published(name, text)] + [
        _published(f"{name}_{variant}", text | changes) for variant, changes in variants.items()
    ]


def _published(name: str, text: dict[str, Any]) -> Published:
    sizes = text["input"]
    return Published(name, **text | {"input": tuple(sizes) if isinstance(sizes, list) else sizes})
