"""Costs that are declared: `[cost.latency]` of a file, `--cost latency=latency.parquet`, Python.

Here they are read and checked as text; the tables themselves are read where a query is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import COST_NAMES, RANKED
from rfsearch.quantity import fraction, whole

if TYPE_CHECKING:
    from rfsearch.device.charge import Charge
    from rfsearch.device.source import Source

Spec = dict[str, Any]

KEYS = ("table", "formula", "unit", "combine", "per_network", "missing")
TABLES = (".csv", ".parquet", ".yaml", ".yml")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
# Columns of a result that are no costs.
_TAKEN = (
    "rank", "input", "stack", "layers", "twins", "output_size", "rf_min", "rf_seconds", "jump",
    "centre", "padding_total", "sizes", "changed",
)  # fmt: skip
_DECIMALS = 6  # of what a Python function gives


def read_costs(value: object, place: str) -> dict[str, Spec]:
    """{name: what is said of it} from texts `latency=FILE` or a file's tables. Raises UsageError.

    What stands behind the `=` is a table by its suffix, and else a formula; a text may hold several
    with `;` between them.
    """
    if isinstance(value, Mapping):
        return {
            name: _checked(name, said, f"{place}.{name}" if place.endswith("cost") else place)
            for name, said in value.items()
        }
    texts = value if isinstance(value, list | tuple) else [value]
    found: dict[str, Spec] = {}
    for text in [part for one in texts for part in str(one).split(";")]:
        name, sign, what = text.strip().partition("=")
        if not sign or not what.strip():
            raise UsageError(f"{place}: {text} is not like latency=latency.parquet")
        kind = "table" if what.strip().lower().endswith(TABLES) else "formula"
        if name in found:
            raise UsageError(f"{place}: {name} stands twice")
        found[name] = _checked(name, {kind: what.strip()}, place)
    return found


def merged(in_file: Mapping[str, Spec], flags: Mapping[str, Spec]) -> dict[str, Spec]:
    """A flag's table or formula stands in place of the file's; what else the file says holds."""
    found = dict(in_file)
    for name, said in flags.items():
        known = in_file.get(name, {})
        found[name] = {k: v for k, v in known.items() if k not in ("table", "formula")} | said
    return found


def _checked(name: str, said: object, place: str) -> Spec:
    _check_name(name, place)
    if not isinstance(said, Mapping):
        raise UsageError(f'{place}: {said!r} is not like {{ table = "latency.parquet" }}')
    for key in said:
        if key not in KEYS:
            raise UsageError(f"{place}.{key}: no such key; known are {', '.join(KEYS)}")
    if ("table" in said) == ("formula" in said):
        raise UsageError(f"{place}: give either a table or a formula")
    for key in ("table", "formula", "unit", "combine", "missing"):
        if key in said and not isinstance(said[key], str):
            raise UsageError(f"{place}.{key}: {said[key]!r} is not a text")
    if "missing" in said and "formula" in said:
        raise UsageError(f"{place}.missing: a formula has a value everywhere")
    return dict(said)


def _check_name(name: object, place: str) -> None:
    if not isinstance(name, str) or not _NAME.match(name):
        raise UsageError(f"{place}: {name!r} is no name of a cost, such as latency")
    if name in RANKED or name in _TAKEN or name.startswith(("min_", "max_")):
        raise UsageError(f"{place}: {name} is a name that results have already")


def charges_of(costs: Mapping[str, Any] | None) -> dict[str, Charge]:
    """The declared costs by name. A cost is what `read_costs` gives, or of Python: a path, a
    formula, a polars frame, a function of (item, channels, sizes), a mapping with `table`,
    `formula` or `function` and the other keys, or a Charge.

    Raises UsageError, and MissingExtraError where a file needs a package that is not there.
    """
    from rfsearch.device.charge import Charge, charge

    found = {}
    for name, given in (costs or {}).items():
        place = f"cost.{name}"
        _check_name(name, place)
        if isinstance(given, Charge):
            found[name] = given
            continue
        said = dict(given) if isinstance(given, Mapping) else {_kind(given, place): given}
        once = fraction(said.pop("per_network", 0), f"{place}.per_network")
        combine, fill = said.pop("combine", "sum"), said.pop("fill", Charge.fill)
        source = _source(said, place)
        found[name] = charge(name, source, combine=combine, per_network=once, fill=fill)
    return found


def _kind(given: object, place: str) -> str:
    if callable(given):
        return "function"
    if hasattr(given, "to_dicts"):
        return "table"
    text = str(given)
    if not hasattr(given, "__fspath__") and not isinstance(given, str):
        raise UsageError(f"{place}: {given!r} is no table, formula or function")
    return "table" if text.lower().endswith(TABLES) else "formula"


def _source(said: Spec, place: str) -> Source:
    from rfsearch.device.formula import formula
    from rfsearch.device.function import function
    from rfsearch.device.table_file import of_frame, read_table

    kinds = [kind for kind in ("table", "formula", "function") if kind in said]
    if len(kinds) != 1:
        raise UsageError(f"{place}: give one of a table, a formula or a function")
    what = said.pop(kinds[0])
    if kinds == ["table"]:
        known: dict[str, Any] = {k: said.pop(k) for k in ("unit", "missing") if k in said}
        _no_more(said, place)
        if hasattr(what, "to_dicts"):
            return of_frame(what, place, **known)
        return read_table(str(what), **known)
    unit = str(said.pop("unit", ""))
    if kinds == ["formula"]:
        _no_more(said, place)
        return formula(str(what), f"{place}.formula", unit=unit)
    decimals = whole(said.pop("decimals", _DECIMALS), f"{place}.decimals", 0, 9)
    _no_more(said, place)
    return function(what, place, unit=unit, decimals=decimals)


def _no_more(said: Spec, place: str) -> None:
    for key in said:
        raise UsageError(f"{place}.{key}: no such key of this cost")


def check_ranking(costs: Iterable[str], declared: Iterable[str], place: str) -> None:
    """UsageError where one of them, a leading max: aside, is no cost."""
    known = {*RANKED, *declared}
    for one in costs:
        if one.removeprefix("max:") not in known:
            more = "".join(f", {name}" for name in declared)
            raise UsageError(f"{place}: {one} is not a cost; one of {COST_NAMES}{more}")
