"""A TOML file of options: the same keys as the flags, with `_` for `-`.

`options(data, name)` gives the values as the flags would; errors name the file, key and value.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches

from rfsearch.errors import UsageError
from rfsearch.request.options import OPTIONS


def options(data: bytes, name: str) -> dict[str, object]:
    """What a file of this content sets, read and checked key by key; UsageError with the place."""
    try:
        table = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: byte {error.start} is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        # ValueError: Python's own limit on the digits of an integer.
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise UsageError(f"{name}: not TOML: {first_line}") from None
    return {key: _value(name, key, value) for key, value in table.items()}


def _value(name: str, key: str, value: object) -> object:
    option = OPTIONS.get(key)
    if option is None:
        close = get_close_matches(key.replace("-", "_"), OPTIONS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageError(f"{name}: {key}: no such key{hint}")
    return option.read(value, f"{name}: {key}")
