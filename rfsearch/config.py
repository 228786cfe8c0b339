"""A TOML file of options: the same keys as the flags, with `_` for `-`.

`read(path)` gives the values as the flags would; errors name the file, the key and the value.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches

from rfsearch.errors import UsageError
from rfsearch.options import OPTIONS


def read(path: str) -> dict[str, object]:
    """The options that the file sets, read and checked one by one; UsageError with the place."""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"--config: {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        # ValueError: Python's own limit on the digits of an integer.
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise UsageError(f"{path}: not TOML: {first_line}") from None
    return {key: _value(path, key, value) for key, value in table.items()}


def _value(path: str, key: str, value: object) -> object:
    option = OPTIONS.get(key)
    if option is None:
        close = get_close_matches(key.replace("-", "_"), OPTIONS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageError(f"{path}: {key}: no such key{hint}")
    return option.read(value, f"{path}: {key}")
