"""numba without work that it does again and again for the same end: a seventh of the compiling.

Nothing here changes what is compiled. All of it is in force only while a kernel is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from numba.core import types
from numba.core.postproc import PostProcessor, VariableLifetime
from numba.core.targetconfig import ConfigStack, TargetConfig
from numba.core.transforms import canonicalize_cfg

# (function, typing context, arguments, flags) -> the function, which so stays, and its signature.
_typed: dict[tuple[Any, ...], tuple[Any, Any]] = {}

_typed_by_numba = types.Function.get_call_type
_processed_by_numba = PostProcessor.run


@contextmanager
def sparing_work() -> Iterator[None]:
    """Within it numba types a call once, compares flags fast, and follows variables when asked."""
    with (
        mock.patch.object(types.Function, "get_call_type", _call_type),
        mock.patch.object(TargetConfig, "__eq__", _equal),
        mock.patch.object(TargetConfig, "__hash__", _hash),
        mock.patch.object(PostProcessor, "run", _post_process),
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


def _post_process(self: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
    """After each pass: which variables live where only matters before lowering, and is lazy."""
    function = self.func_ir
    if emit_dels or function.is_generator:
        _processed_by_numba(self, emit_dels, extend_lifetimes)
        return
    function.blocks = canonicalize_cfg(function.blocks)
    function.variable_lifetime = VariableLifetime(function.blocks)
    function.generator_info = None
