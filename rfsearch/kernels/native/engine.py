"""LLVM's loader: object files into this process, without numba and without a compiler or linker."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import llvmlite.binding as llvm

Entry = Any  # a ctypes function: (address of words in, address of words out) -> status

_ENTRY_TYPE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)

# What kernels call for memory, as numba's runtime would give it: for scratch arrays, which never
# leave the kernel, a head of 64 bytes (references, what frees it, its argument, the data, their
# size, the allocator) and the data after it, or apart where a list grows (then the second word is 1
# and the third frees its items); for the figures of an error plain memory.
_MEMORY = """
declare i8* @malloc(i64)
declare void @free(i8*)
declare i8* @realloc(i8*, i64)

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

define i8* @NRT_MemInfo_alloc(i64 %size) {
  %head = call i8* @NRT_MemInfo_alloc_aligned(i64 %size, i32 16)
  ret i8* %head
}

define i8* @NRT_MemInfo_alloc_safe(i64 %size) {
  %head = call i8* @NRT_MemInfo_alloc_aligned(i64 %size, i32 16)
  ret i8* %head
}

define i8* @NRT_MemInfo_new_varsize_dtor(i64 %size, i8* %end) {
  %head = call i8* @malloc(i64 64)
  %none = icmp eq i8* %head, null
  br i1 %none, label %out, label %fill
fill:
  %data = call i8* @malloc(i64 %size)
  %without = icmp eq i8* %data, null
  br i1 %without, label %back, label %words
words:
  %w0 = bitcast i8* %head to i64*
  store i64 1, i64* %w0
  %w1 = getelementptr i64, i64* %w0, i64 1
  store i64 1, i64* %w1
  %w2 = getelementptr i64, i64* %w0, i64 2
  %end64 = ptrtoint i8* %end to i64
  store i64 %end64, i64* %w2
  %w3 = getelementptr i64, i64* %w0, i64 3
  %data64 = ptrtoint i8* %data to i64
  store i64 %data64, i64* %w3
  %w4 = getelementptr i64, i64* %w0, i64 4
  store i64 %size, i64* %w4
  %w5 = getelementptr i64, i64* %w0, i64 5
  store i64 0, i64* %w5
  ret i8* %head
back:
  call void @free(i8* %head)
  ret i8* null
out:
  ret i8* null
}

define i8* @NRT_MemInfo_varsize_realloc(i8* %head, i64 %size) {
  %w0 = bitcast i8* %head to i64*
  %w3 = getelementptr i64, i64* %w0, i64 3
  %old64 = load i64, i64* %w3
  %old = inttoptr i64 %old64 to i8*
  %data = call i8* @realloc(i8* %old, i64 %size)
  %none = icmp eq i8* %data, null
  br i1 %none, label %out, label %keep
keep:
  %data64 = ptrtoint i8* %data to i64
  store i64 %data64, i64* %w3
  %w4 = getelementptr i64, i64* %w0, i64 4
  store i64 %size, i64* %w4
  ret i8* %data
out:
  ret i8* null
}

define void @NRT_MemInfo_call_dtor(i8* %head) {
  %w0 = bitcast i8* %head to i64*
  %w1 = getelementptr i64, i64* %w0, i64 1
  %apart = load i64, i64* %w1
  %whole = icmp eq i64 %apart, 0
  br i1 %whole, label %last, label %data
data:
  %w2 = getelementptr i64, i64* %w0, i64 2
  %end64 = load i64, i64* %w2
  %w3 = getelementptr i64, i64* %w0, i64 3
  %data64 = load i64, i64* %w3
  %start = inttoptr i64 %data64 to i8*
  %plain = icmp eq i64 %end64, 0
  br i1 %plain, label %drop, label %items
items:
  %w4 = getelementptr i64, i64* %w0, i64 4
  %size = load i64, i64* %w4
  %end = inttoptr i64 %end64 to void (i8*, i64, i8*)*
  call void %end(i8* %start, i64 %size, i8* null)
  br label %drop
drop:
  call void @free(i8* %start)
  br label %last
last:
  call void @free(i8* %head)
  ret void
}

define i8* @NRT_Allocate(i64 %size) {
  %start = call i8* @malloc(i64 %size)
  ret i8* %start
}

define void @NRT_Free(i8* %start) {
  call void @free(i8* %start)
  ret void
}
"""


def unknown(names: Iterable[str]) -> list[str]:
    """Those functions that neither this process nor the loader has: LLVM would end the process."""
    process = ctypes.CDLL(None)
    defined = set(re.findall(r"define \S+ @(\w+)", _MEMORY))
    return sorted(name for name in names if name not in defined and not hasattr(process, name))


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
