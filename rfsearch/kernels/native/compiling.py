"""One variant of a kernel as an object file, by numba; nothing else in the package imports it.

The object holds the kernel, all that it calls, and an entry that takes words (see passing.py) and
needs neither Python nor numba: `status entry(words in, words out)`. numba's own entry, which takes
Python's objects, is not made; ours stands in its place.

LLVM works on the kernel alone, once all that it calls is linked into it. numba would optimise every
function by itself, too, and make machine code of each for its own engine, which nothing here calls:
half of the compiling.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.codegen import CPUCodeLibrary, JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock

from rfsearch.kernels.native.engine import unknown
from rfsearch.kernels.native.object_file import ObjectFile
from rfsearch.kernels.native.sparing import sparing_work

SCALARS = {
    "i8": types.int64,
    "u8": types.uint64,
    "f8": types.float64,
    "b1": types.boolean,
    "none": types.none,
}
ELEMENTS: dict[str, Any] = {
    "i4": types.int32,
    "u4": types.uint32,
    "i1": types.int8,
    "u1": types.uint8,
    **SCALARS,
}
WORD = ir.IntType(64)


def compiled(dispatcher: Any, signature: str, entry: str) -> ObjectFile:
    """The kernel of a numba `dispatcher` for arguments of a `signature`; `entry` names its entry.

    Raises TypeError where the kernel returns what words cannot hold, or calls what is not there
    without numba.
    """
    kinds = tuple(_types(signature))
    returns: list[str] = []

    context = dispatcher.targetctx
    other_wrapper = context.create_cfunc_wrapper

    def write(library: Any, described: Any, *others: Any) -> Any:
        if described.qualname != dispatcher.py_func.__qualname__ or described.argtypes != kinds:
            return other_wrapper(library, described, *others)  # one of numba's own functions
        module = library.create_ir_module(entry)
        returns.append(_write_entry(context, module, described, entry))
        library.add_ir_module(module)
        return None

    # numba asks for this in the midst of compiling, so that one run of LLVM does for both.
    with (
        global_compiler_lock,
        sparing_work(),
        mock.patch.object(context, "create_cfunc_wrapper", write),
        _only_linked(context.codegen()),
    ):
        dispatcher.compile(kinds)
        library = dispatcher.overloads[kinds].library
        library._ensure_finalized()
        CPUCodeLibrary._optimize_final_module(library)
        code = library._codegen._tm.emit_object(library._final_module)
    called = (one.name for one in library._final_module.functions if one.is_declaration)
    missing = unknown(name for name in called if not name.startswith("llvm."))
    if missing:
        raise TypeError(f"{entry} calls what only numba has: {', '.join(missing)}")
    return ObjectFile(signature=signature, entry=entry, returns=returns[0], code=bytes(code))


@contextmanager
def _only_linked(codegen: Any) -> Iterator[None]:
    """Within it numba links functions, and neither optimises nor loads them."""

    def nothing(*_: Any) -> None:
        return

    def nowhere(*_: Any) -> int:
        return 0

    with (
        mock.patch.object(JITCodeLibrary, "_optimize_final_module", nothing),
        mock.patch.object(JITCodeLibrary, "_finalize_specific", nothing),
        mock.patch.object(JITCodeLibrary, "get_pointer_to_function", nowhere),
        mock.patch.object(codegen, "_add_module", nothing),
        mock.patch.object(codegen, "set_env", nothing),
    ):
        yield


def _types(signature: str) -> Iterator[Any]:
    """numba's types of a signature's text."""
    # In tokens: brackets, names of tuples before a bracket, and kinds.
    tokens = re.findall(r"[\w.:]*\(|\)|[\w]+(?:\[[^\]]*\])?", signature)
    open_tuples: list[tuple[str, list[Any]]] = [("", [])]
    for token in tokens:
        if token.endswith("("):
            open_tuples.append((token[:-1], []))
            continue
        if token == ")":
            name, items = open_tuples.pop()
            open_tuples[-1][1].append(_tuple_type(name, items))
            continue
        open_tuples[-1][1].append(_single_type(token))
    return iter(open_tuples[0][1])


def _single_type(token: str) -> Any:
    kind, bracket, marks = token.partition("[")
    if not bracket:
        return SCALARS[kind]
    axes, *others = marks[:-1].split(",")
    strided, const = "strided" in others, "const" in others
    return types.Array(ELEMENTS[kind], int(axes), "A" if strided else "C", readonly=const)


def _tuple_type(name: str, items: list[Any]) -> Any:
    if not name:
        return types.Tuple(items)
    module, _, qualified = name.partition(":")
    return types.NamedTuple(items, getattr(importlib.import_module(module), qualified))


def _write_entry(context: Any, module: ir.Module, described: Any, entry: str) -> str:
    """`int32 entry(int64* in, int64* out)`; returns the text of what it writes to `out`.

    Where the kernel raises, the status is not 0, and out[0] is the address of what numba keeps of
    the error (see kernel.py).
    """
    kernel_type = context.call_conv.get_function_type(described.restype, described.argtypes)
    kernel = cgutils.get_or_insert_function(module, kernel_type, described.llvm_func_name)
    function = ir.Function(
        module, ir.FunctionType(ir.IntType(32), [WORD.as_pointer(), WORD.as_pointer()]), entry
    )
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    words = _Words(context, builder, function.args[0])
    arguments = [words.value(kind) for kind in described.argtypes]
    status, value = context.call_conv.call_function(
        builder, kernel, described.restype, described.argtypes, arguments
    )
    out = function.args[1]
    with builder.if_then(status.is_error, likely=False):
        builder.store(builder.ptrtoint(status.excinfoptr, WORD), out)
        builder.ret(status.code)
    returns = _write_results(context, builder, described.restype, value, out)
    builder.ret(ir.Constant(ir.IntType(32), 0))
    return returns


class _Words:
    """The words of the arguments, read one after the other into numba's values."""

    def __init__(self, context: Any, builder: ir.IRBuilder, start: ir.Value) -> None:
        self.context, self.builder, self.start, self.at = context, builder, start, 0

    def next(self) -> ir.Value:
        at = ir.Constant(WORD, self.at)
        self.at += 1
        return self.builder.load(self.builder.gep(self.start, [at]))

    def value(self, kind: Any) -> ir.Value:
        if isinstance(kind, types.BaseTuple):
            items = [self.value(item) for item in kind]  # type: ignore[attr-defined]
            return self.context.make_tuple(self.builder, kind, items)
        if isinstance(kind, types.Array):
            return self._array(kind)
        if kind == types.none:
            return self.context.get_dummy_value()
        if kind == types.boolean:
            return self.builder.trunc(self.next(), ir.IntType(1))
        if kind == types.float64:
            return self.builder.bitcast(self.next(), ir.DoubleType())
        return self.next()

    def _array(self, kind: Any) -> ir.Value:
        """numba's structure of an array, whose owner stays on our side of the call."""
        context, builder = self.context, self.builder
        of = context.get_value_type(kind)
        owner, parent, _, _, data, *_ = of.elements
        address = self.next()
        shape = [self.next() for _ in range(kind.ndim)]
        size = ir.Constant(WORD, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        if kind.layout == "C":
            strides = [size]
            for length in reversed(shape[1:]):
                strides.insert(0, builder.mul(strides[0], length))
        else:
            strides = [self.next() for _ in shape]
        items = shape[0]
        for length in shape[1:]:
            items = builder.mul(items, length)
        fields = [
            *(ir.Constant(owner, None), ir.Constant(parent, None), items, size),
            builder.inttoptr(address, data),
            *(cgutils.pack_array(builder, axes, WORD) for axes in (shape, strides)),
        ]
        array = ir.Constant(of, ir.Undefined)
        for index, field in enumerate(fields):
            array = builder.insert_value(array, field, index)
        return array


def _write_results(
    context: Any, builder: ir.IRBuilder, kind: Any, value: ir.Value, out: ir.Value
) -> str:
    if kind == types.none:
        return "none"
    if not isinstance(kind, types.BaseTuple):
        _write(builder, kind, value, out)
        return _text(kind)
    items: list[Any] = list(kind)  # type: ignore[call-overload]
    for index, item in enumerate(items):
        place = builder.gep(out, [ir.Constant(WORD, index)])
        _write(builder, item, builder.extract_value(value, index), place)
    return f"({' '.join(_text(item) for item in items)})"


def _write(builder: ir.IRBuilder, kind: Any, value: ir.Value, place: ir.Value) -> None:
    if kind == types.boolean:
        value = builder.zext(value, WORD)
    elif kind == types.float64:
        value = builder.bitcast(value, WORD)
    elif kind.bitwidth < 64:
        value = (builder.sext if kind.signed else builder.zext)(value, WORD)
    builder.store(value, place)


def _text(kind: Any) -> str:
    if kind == types.boolean:
        return "b1"
    if kind == types.float64:
        return "f8"
    if isinstance(kind, types.Integer):
        return "i8" if getattr(kind, "signed", True) else "u8"
    raise TypeError(f"a kernel hands back no {kind}")


def dispatcher_of(function: Any, flags: dict[str, Any]) -> Any:
    """numba's dispatcher of a plain function."""
    return numba.njit(**flags)(function)
