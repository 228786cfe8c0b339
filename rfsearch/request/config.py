"""A TOML file of options: the same keys as the flags, with `_` for `-`.

`options(data, name)` gives the values as the flags would; errors name the file, key and value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.request.declared import check_ranking
from rfsearch.request.options import OPTIONS


def options(data: bytes, name: str, costs: Iterable[str] = ()) -> dict[str, object]:
    """What a file of this content sets, read and checked key by key; UsageError with the place.

    `costs` are declared elsewhere; budgets on these, and on those of the file, are keys too.
    """
    import tomllib

    try:
        table = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: byte {error.start} is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        # ValueError: Python's own limit on the digits of an integer.
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise UsageError(f"{name}: not TOML: {first_line}") from None
    said = table.get("cost")
    known = {*costs, *(said if isinstance(said, dict) else ())}
    bounds = {f"{end}_{cost}" for cost in known for end in ("min", "max")}
    found = {key: _value(name, key, value, bounds) for key, value in table.items()}
    for key in ("rank_by", "front"):
        ranked: Any = found.get(key, ())
        check_ranking(ranked, sorted(known), f"{name}: {key}")
    return found


def _value(name: str, key: str, value: object, bounds: set[str]) -> object:
    option = OPTIONS.get(key)
    if option is None and key in bounds:
        return value
    if option is None:
        from difflib import get_close_matches

        close = get_close_matches(key.replace("-", "_"), OPTIONS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageError(f"{name}: {key}: no such key{hint}")
    return option.read(value, f"{name}: {key}")
