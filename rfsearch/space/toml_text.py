"""A space's keys as TOML text: values first, then tables, as a person would write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from re import fullmatch
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.space.widths import Widths


def toml_text(document: Mapping[str, Any], place: str = "") -> str:
    """The document; tables below `place`. UsageError names a value that TOML has no form for."""
    return "\n".join(_lines({key: _plain(key, one) for key, one in document.items()}, place)) + "\n"


def _lines(table: Mapping[str, Any], place: str) -> Iterator[str]:
    inside = {key: one for key, one in table.items() if _is_tables(one)}
    for key, one in table.items():
        if key not in inside:
            yield f"{_key(key)} = {_value(one)}"
    for key, one in inside.items():
        path = f"{place}.{_key(key)}" if place else _key(key)
        if isinstance(one, dict):
            if any(not _is_tables(value) for value in one.values()) or not one:
                yield from ("", f"[{path}]")
            yield from _lines(one, path)
            continue
        for entry in one:
            yield from ("", f"[[{path}]]")
            yield from _lines(entry, path)


def _is_tables(value: Any) -> bool:
    """Whether a value is a table or a list of tables, which stand after plain values."""
    listed = isinstance(value, list) and value
    return isinstance(value, dict) or bool(listed and all(isinstance(one, dict) for one in value))


def _key(key: str) -> str:
    return key if fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's strings are TOML's basic strings, but for the one control character it lets pass.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
    return "[" + ", ".join(map(_value, value)) + "]"


def _plain(place: str, value: Any) -> Any:
    """Python's and numpy's values as TOML has them."""
    if isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, Widths | Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(f"{place}.{key}", one) for key, one in value.items()}
    if hasattr(value, "__index__"):
        return int(value)
    if isinstance(value, Iterable):
        return [_plain(f"{place}[{number}]", one) for number, one in enumerate(value)]
    raise UsageError(f"{place}: {type(value).__name__} has no form in a file, which says tables")
