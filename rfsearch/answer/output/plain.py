"""Values as JSON can carry them without loss, and the JSON text of an object."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

# Beyond this, programs that read JSON numbers as doubles no longer get every integer right.
LARGEST_NUMBER = 2**53


def plain(value: Any) -> Any:
    """`value` for JSON: integers beyond 2^53 and fractions as text, containers by their members."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value) if abs(value) > LARGEST_NUMBER else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Fraction):
        return plain(value.numerator) if value.denominator == 1 else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def json_text(document: Mapping[str, Any]) -> str:
    """One JSON object, keys in the order given, ending in a newline."""
    return json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
