"""Kernel: a compiled loop as Python calls it. numba is imported only to compile what is not kept.

A variant is one kernel for one signature. It is looked for in this process, in the object files
that came with the package, in those that this machine has compiled, and is compiled and kept else.
"""

from __future__ import annotations

import ctypes
import hashlib
import pickle
import threading
from collections.abc import Callable
from functools import cached_property, update_wrapper
from types import FunctionType
from typing import Any

from rfsearch.kernels.native import object_file, places
from rfsearch.kernels.native.passing import Kinds, handed_back, passed, signature

# Called with the kernel's name before it is compiled.
listeners: list[Callable[[str], None]] = []

# What a kernel hands back are at most so many words.
MOST_RESULTS = 16


class Inner:
    """A function that kernels call: numba's business in a kernel, plain Python elsewhere."""

    def __init__(self, function: Callable[..., Any], flags: dict[str, Any]) -> None:
        self.function: Any = function
        self.flags = flags
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    @cached_property
    def dispatcher(self) -> Any:
        """numba's own, in which the functions that it calls are numba's, too."""
        from rfsearch.kernels.native.compiling import dispatcher_of

        plain = self.function
        known = {
            name: value.dispatcher if isinstance(value, Inner) else value
            for name, value in plain.__globals__.items()
            if name in plain.__code__.co_names
        }
        copy: Any = FunctionType(
            plain.__code__, known, plain.__name__, plain.__defaults__, plain.__closure__
        )
        update_wrapper(copy, plain)
        del copy.__wrapped__
        return dispatcher_of(copy, self.flags)


class Kernel(Inner):
    """A function that Python calls, compiled for the kinds of arguments that it is given."""

    def __init__(self, function: Callable[..., Any], flags: dict[str, Any]) -> None:
        super().__init__(function, flags)
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self.variants: dict[Kinds, tuple[Any, str]] = {}
        self._one_at_a_time = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        kinds, words = passed(arguments)
        variant = self.variants.get(kinds)
        if variant is None:
            variant = self._variant(kinds)
        entry, returns = variant
        out = (ctypes.c_int64 * MOST_RESULTS)()
        status = entry((ctypes.c_int64 * len(words))(*words), out)
        if status:
            raise _error(self.name, status, out[0])
        return handed_back(returns, out)

    def _variant(self, kinds: Kinds) -> tuple[Any, str]:
        from rfsearch.kernels.native.engine import load

        with self._one_at_a_time:
            known = self.variants.get(kinds)
            if known is None:
                kept = self.object_for(signature(kinds))
                known = self.variants[kinds] = load(kept.code, kept.entry), kept.returns
            return known

    def object_for(self, text: str) -> object_file.ObjectFile:
        """The object file of the variant of a signature: a kept one, or compiled and kept."""
        name = self.file_name(text)
        for folder in places.folders():
            kept = object_file.read(folder / name)
            if kept is not None and kept.signature == text:
                return kept
        for listener in listeners:
            listener(self.name)
        made = self.compiled(text)
        own = places.own_folder()
        if own is not None:
            object_file.write(own / name, made)
        return made

    def file_name(self, text: str) -> str:
        """What the object file of a signature is called."""
        return f"{self.name}-{_digest(text)}.o"

    def compiled(self, text: str) -> object_file.ObjectFile:
        """The variant of a signature, compiled now and not kept."""
        from rfsearch.kernels.native.compiling import compiled

        return compiled(self.dispatcher, text, f"rfsearch.{self.name}.{_digest(text)}")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _error(name: str, status: int, address: int) -> BaseException:
    """What a kernel raised: numba keeps its class and arguments, pickled, at an address."""
    if status <= 0 or not address:
        return RuntimeError(f"kernel {name}: status {status}")
    start = ctypes.c_void_p.from_address(address).value
    length = ctypes.c_int32.from_address(address + ctypes.sizeof(ctypes.c_void_p)).value
    if not start:
        return RuntimeError(f"kernel {name}: status {status}")
    kind, arguments, *_ = pickle.loads(ctypes.string_at(start, length))
    error: BaseException = kind(*arguments)
    return error
