"""Compiling without repeated work: numba's own answers, and numba itself as it was afterwards."""

import gc
import operator
import sys
from contextlib import nullcontext

import pytest
from conftest import PLAIN_PYTHON

pytestmark = pytest.mark.skipif(PLAIN_PYTHON, reason="nothing is compiled")

if not PLAIN_PYTHON:
    import llvmlite.binding as llvm
    from numba.core import errors, ir, types
    from numba.core.compiler import Flags
    from numba.core.compiler_machinery import PassManager
    from numba.core.postproc import PostProcessor
    from numba.core.registry import cpu_target
    from numba.core.targetconfig import TargetConfig

    from rfsearch.kernels import jit
    from rfsearch.kernels.native import compiling
    from rfsearch.kernels.native.ahead import kernel_named, variants
    from rfsearch.kernels.native.kernel import Inner, Kernel
    from rfsearch.kernels.native.sparing import sparing_work

OPERATORS = [operator.add, operator.lt, operator.rshift, operator.getitem]


def resolved(function, arguments):
    """The signature of a call, or the class of what numba raises."""
    context = cpu_target.typing_context
    context.refresh()
    try:
        return context.resolve_value_type(function).get_call_type(context, arguments, {})
    except errors.TypingError as error:
        return type(error)


@pytest.mark.parametrize("function", OPERATORS)
def test_a_call_is_typed_as_numba_types_it_however_often(function):
    numbers = [types.int64, types.uint64, types.literal(1), types.boolean, types.float64]
    arrays = [types.Array(types.int64, 2, "C"), types.Array(types.uint8, 1, "C", readonly=True)]
    kinds = [*numbers, *arrays]
    for arguments in [(one, other) for one in kinds for other in kinds]:
        plain = resolved(function, arguments)
        with sparing_work():
            assert [resolved(function, arguments) for _ in range(2)] == [plain, plain]


def test_flags_are_equal_where_all_their_values_are():
    """Also where a value is set to what it is anyhow."""
    plain, said, other = Flags(), Flags(), Flags()
    said.nrt = plain.nrt
    other.nrt = not plain.nrt
    for one in (plain, said, other):
        for two in (plain, said, other):
            same = one == two
            with sparing_work():
                assert (one == two) is same
                assert not same or hash(one) == hash(two)
                values = one.values()
            assert list(values.items()) == list(one.values().items())
    assert plain == said
    assert plain != other
    assert plain != 1


def machine_code(variant):
    """The instructions of a variant, compiled now with all that it calls."""
    for name, module in list(sys.modules.items()):
        if name.startswith("rfsearch.kernels."):
            for value in vars(module).values():
                if isinstance(value, Inner):
                    vars(value).pop("dispatcher", None)
    made = kernel_named(variant.kernel).compiled(variant.signature)
    sections = llvm.ObjectFileRef.from_data(made.code).sections()
    return [bytes(section.data()) for section in sections if section.is_text()]


@pytest.mark.parametrize("name", ["count.count_level", "geometry.place_pairs"])
def test_machine_code_is_what_numba_alone_makes(name, monkeypatch):
    variant = next(one for one in variants() if one.kernel == name)
    ours = machine_code(variant)
    monkeypatch.setattr(compiling, "sparing_work", nullcontext)
    assert machine_code(variant) == ours
    assert any(ours)


def _sum(values):
    total = 0
    for value in values:
        total += value
    return total


def test_numba_is_as_it_was_once_a_kernel_is_compiled():
    ours = [(types.Function, "get_call_type"), (TargetConfig, "__eq__"), (TargetConfig, "__hash__")]
    ours += [(PostProcessor, "run"), (PassManager, "_runPass"), (TargetConfig, "values")]
    ours.append((ir.Inst, "_rec_list_vars"))
    before = [getattr(kind, name) for kind, name in ours]
    Kernel(_sum, jit.OUTER).compiled("i8[1]")
    assert [getattr(kind, name) for kind, name in ours] == before
    assert gc.isenabled()
