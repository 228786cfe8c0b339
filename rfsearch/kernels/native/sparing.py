"""numba without work that it does again and again for the same end: a fifth of the compiling.

Nothing here changes what is compiled. All of it is in force only while a kernel is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from numba.core import ir, types
from numba.core.compiler_machinery import PassManager
from numba.core.postproc import PostProcessor, VariableLifetime
from numba.core.targetconfig import ConfigStack, TargetConfig
from numba.core.transforms import canonicalize_cfg

# (function, typing context, arguments, flags) -> the function, which so stays, and its signature.
_typed: dict[tuple[Any, ...], tuple[Any, Any]] = {}

_typed_by_numba = types.Function.get_call_type
_processed_by_numba = PostProcessor.run
_variables_by_numba = ir.Inst._rec_list_vars

# Kind of flags -> what they are where they are not set.
_unset: dict[Any, dict[str, Any]] = {}

# Most parts of an instruction, besides its variables.
_HOLD_NONE = frozenset((str, int, bool, type(None), ir.Loc))


@contextmanager
def sparing_work() -> Iterator[None]:
    """Within it numba types a call once, compares flags fast, follows variables when asked, and
    runs its passes without clocks and reports.
    """
    with (
        mock.patch.object(types.Function, "get_call_type", _call_type),
        mock.patch.object(TargetConfig, "__eq__", _equal),
        mock.patch.object(TargetConfig, "__hash__", _hash),
        mock.patch.object(TargetConfig, "values", _values),
        mock.patch.object(PostProcessor, "run", _post_process),
        mock.patch.object(PassManager, "_runPass", _run_pass),
        mock.patch.object(ir.Inst, "_rec_list_vars", _variables),
    ):
        yield


def _call_type(function: Any, context: Any, arguments: Any, named: Any) -> Any:
    """The signature of a call: numba tries every `+` there is for each addition."""
    flags = ConfigStack.top_or_none()
    call = (id(function), context, tuple(arguments), tuple(named.items()), flags)
    known = _typed.get(call)
    if known is None:
        known = _typed[call] = function, _typed_by_numba(function, context, arguments, named)
    return known[1]


def _equal(one: Any, other: Any) -> bool:
    """Whether flags are the same: most have the same values set, and need not list all."""
    if not isinstance(other, TargetConfig):
        return NotImplemented
    return bool(one._values == other._values or one.values() == other.values())


def _hash(_: Any) -> int:
    """The same for all flags, of which there are three or four."""
    return 0


def _values(self: Any) -> dict[str, Any]:
    """All flags: what is set over what is so by itself."""
    kind = type(self)
    unset = _unset.get(kind)
    if unset is None:
        unset = _unset[kind] = {name: option.default for name, option in kind.options.items()}
    return {**unset, **self._values}


def _run_pass(self: Any, _: int, one: Any, state: Any) -> None:
    """One pass over a function."""
    one.analysis = self._analysis
    one.run_initialization(state)
    one.run_pass(state)
    one.run_finalizer(state)


def _variables(_: Any, value: Any) -> list[Any]:
    """The variables in a part of an instruction, in its order."""
    found: list[Any] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Any]) -> None:
    kind = type(value)
    if kind is ir.Var:
        found.append(value)
    elif kind in _HOLD_NONE:
        return
    elif kind is dict:
        for one in value.values():
            _collect(one, found)
    elif kind is list or kind is tuple:
        for one in value:
            _collect(one, found)
    elif isinstance(value, ir.Inst):
        found.extend(value.list_vars())
    else:
        found.extend(_variables_by_numba(value, value))  # type: ignore[no-untyped-call]


def _post_process(self: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
    """After each pass: which variables live where only matters before lowering, and is lazy."""
    function = self.func_ir
    if emit_dels or function.is_generator:
        _processed_by_numba(self, emit_dels, extend_lifetimes)
        return
    function.blocks = canonicalize_cfg(function.blocks)
    function.variable_lifetime = VariableLifetime(function.blocks)
    function.generator_info = None
