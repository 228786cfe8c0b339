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
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock

from rfsearch.kernels.native.engine import unknown
from rfsearch.kernels.native.lowering import ShortCompiler
from rfsearch.kernels.native.object_file import ObjectFile
from rfsearch.kernels.native.sparing import sparing_work
from rfsearch.kernels.native.words import WORD, Row, Words, words_of

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


def compiled(dispatcher: Any, signature: str, entry: str) -> ObjectFile:
    """The kernel of a numba `dispatcher` for arguments of a `signature`; `entry` names its entry.

    Raises TypeError where the kernel returns what words cannot hold, or calls what is not there
    without numba.
    """
    kinds = tuple(_types(signature))
    returns: list[str] = []

    context = dispatcher.targetctx

    def write(library: Any, described: Any, *others: Any) -> Any:
        if described.qualname != dispatcher.py_func.__qualname__ or described.argtypes != kinds:
            return None  # one of numba's own functions, which only others call
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
        _optimize(library)
        code = library._codegen._tm.emit_object(library._final_module)
    called = (one.name for one in library._final_module.functions if one.is_declaration)
    missing = unknown(name for name in called if not name.startswith("llvm."))
    if missing:
        raise TypeError(f"{entry} calls what only numba has: {', '.join(missing)}")
    return ObjectFile(signature=signature, entry=entry, returns=returns[0], code=bytes(code))


def _optimize(library: Any) -> None:
    """LLVM's work on a kernel: once, and before it on functions that are pasted where they are
    called, as LLVM pastes them as they are.
    """
    codegen, module = library._codegen, library._final_module
    for function in module.functions:
        if not function.is_declaration and any(b"alwaysinline" in a for a in function.attributes):
            passes, builder = codegen._function_pass_manager()
            passes.run(function, builder)
    passes, builder = codegen._module_pass_manager()
    passes.run(module, builder)


@contextmanager
def _only_linked(codegen: Any) -> Iterator[None]:
    """Within it numba links functions, and neither optimises nor loads them."""

    def nothing(*_: Any) -> None:
        return

    def nowhere(*_: Any) -> int:
        return 0

    with (
        mock.patch.object(JITCodeLibrary, "_optimize_final_module", nothing),
        mock.patch.object(JITCodeLibrary, "_optimize_functions", nothing),
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
    return Row(items, getattr(importlib.import_module(module), qualified))


def _write_entry(context: Any, module: ir.Module, described: Any, entry: str) -> str:
    """`int32 entry(int64* in, int64* out)`; returns the text of what it writes to `out`.

    Where the kernel raises, the status is not 0, and out[0] is the address of what numba keeps of
    the error (see kernel.py).
    """
    kernel_type = context.call_conv.get_function_type(described.restype, described.argtypes)
    kernel = cgutils.get_or_insert_function(module, kernel_type, described.llvm_func_name)
    count = sum(map(words_of, described.argtypes))
    given, result = ir.ArrayType(WORD, count).as_pointer(), WORD.as_pointer()
    function = ir.Function(module, ir.FunctionType(ir.IntType(32), [given, result]), entry)
    function.args[0].attributes.dereferenceable = 8 * count
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    words = Words(context, builder, function.args[0])
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
    return numba.njit(pipeline_class=ShortCompiler, **flags)(function)
