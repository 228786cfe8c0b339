"""LLVM's loader: object files into this process, without numba and without a compiler or linker."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import llvmlite.binding as llvm

Entry = Any  # a ctypes function: (address of words in, address of words out) -> status

_ENTRY_TYPE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)

# What kernels that make scratch arrays call for memory, as numba's runtime would give it: a head of
# 64 bytes (references, what frees it, its argument, the data, their size, the allocator) and the
# data after it. It never leaves the kernel.
_MEMORY = """
declare i8* @malloc(i64)
declare void @free(i8*)

define i8* @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) {
  %align64 = zext i32 %align to i64
  %room = add i64 %size, 64
  %more = add i64 %room, %align64
  %head = call i8* @malloc(i64 %more)
  %none = icmp eq i8* %head, null
  br i1 %none, label %out, label %fill
fill:
  %words = bitcast i8* %head to i64*
  store i64 1, i64* %words
  %w1 = getelementptr i64, i64* %words, i64 1
  store i64 0, i64* %w1
  %w2 = getelementptr i64, i64* %words, i64 2
  store i64 0, i64* %w2
  %address = ptrtoint i8* %head to i64
  %after = add i64 %address, 63
  %past = add i64 %after, %align64
  %under = sub i64 0, %align64
  %data = and i64 %past, %under
  %w3 = getelementptr i64, i64* %words, i64 3
  store i64 %data, i64* %w3
  %w4 = getelementptr i64, i64* %words, i64 4
  store i64 %size, i64* %w4
  %w5 = getelementptr i64, i64* %words, i64 5
  store i64 0, i64* %w5
  ret i8* %head
out:
  ret i8* null
}

define i8* @NRT_MemInfo_alloc_safe_aligned(i64 %size, i32 %align) {
  %head = call i8* @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align)
  ret i8* %head
}

define void @NRT_MemInfo_call_dtor(i8* %head) {
  call void @free(i8* %head)
  ret void
}
"""


@cache
def _engine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True, opt=0)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_MEMORY), machine)
    engine.finalize_object()
    return engine


def load(code: bytes, entry: str) -> Entry:
    """The entry of an object file, loaded; it stays for as long as the process.

    ctypes lets other threads run while it works.
    """
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(entry)
    if not address:
        raise ValueError(f"an object file without {entry}")
    return _ENTRY_TYPE(address)
