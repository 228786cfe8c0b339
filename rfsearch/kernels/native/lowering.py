"""What kernels do most, written short for LLVM: items of arrays, fields of tuples, whole numbers.

numba would make a structure of eight parts and more of every array that is looked at, and copy it
for each part that is asked for. Most of LLVM's text would be that, and LLVM's work to undo it.
What is computed is the same.
"""

# mypy: disable-error-code="no-untyped-call"
# (numba's classes have no types)

from __future__ import annotations

import operator
from functools import partial
from typing import Any

from llvmlite import ir as llvm
from numba.core import ir, lowering, types
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import BaseNativeLowering, NativeLowering

from rfsearch.kernels.native.words import ArrayOfWords, ArrayParts, Row, Words

_SIMPLE = {
    operator.add: "add",
    operator.sub: "sub",
    operator.mul: "mul",
    operator.and_: "and_",
    operator.or_: "or_",
    operator.xor: "xor",
}
_ORDER = {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
}
_WORDS = (types.int64, types.uint64)


class _Items:
    """A tuple of whole numbers, whose items are at hand."""

    def __init__(self, context: Any, builder: Any, kind: Any, values: list[Any]) -> None:
        self.context, self.builder, self.kind, self.values = context, builder, kind, values

    def whole(self) -> Any:
        """numba's structure."""
        return self.context.make_tuple(self.builder, self.kind, self.values)


class _ArrayOfValue(ArrayParts):
    """An array that is numba's structure already."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        super().__init__(context, builder, kind, None, [])
        self.value = value

    def data(self) -> Any:
        return self.builder.extract_value(self.value, 4)

    def length(self, axis: int) -> Any:
        return self.builder.extract_value(self.value, [5, axis])

    def whole(self) -> Any:
        return self.value


_PARTS = (ArrayParts, _Items)


class ShortLower(lowering.Lower):
    """numba's lowering of one function, where that is short enough already."""

    def init(self) -> None:
        """Arguments are values, not places in memory, where nothing else is assigned to them."""
        super().init()
        assigned: dict[str, list[Any]] = {}
        for block in self.blocks.values():
            for one in block.find_insts(ir.Assign):
                assigned.setdefault(one.target.name, []).append(one.value)
        self._arguments = {
            name
            for name, values in assigned.items()
            if len(values) == 1 and isinstance(values[0], ir.Arg)
        }
        self._singly_assigned_vars |= self._arguments

    def setup_function(self, described: Any) -> None:
        super().setup_function(described)
        for argument in self.function.args:
            row = getattr(argument.type, "pointee", None)
            if isinstance(row, llvm.ArrayType) and row.count:
                argument.attributes.dereferenceable = 8 * row.count

    def lower_block(self, block: Any) -> None:
        """Without numba's reports, a text of every instruction."""
        self.pre_block(block)
        for inst in block.body:
            self.loc = inst.loc
            self.lower_inst(inst)
        self.post_block(block)

    def lower_inst(self, inst: Any) -> Any:
        if isinstance(inst, ir.Del):
            return self.delvar(inst.value)
        if isinstance(inst, ir.Assign) and not isinstance(inst.value, ir.Arg):
            name = inst.target.name
            return self.storevar(self.lower_assign(self.typeof(name), inst), name)
        if isinstance(inst, ir.SetItem):
            signature = self.fndesc.calltypes[inst]
            return self.lower_setitem(inst.target, inst.index, inst.value, signature)
        if isinstance(inst, ir.Jump):
            return self.builder.branch(self.blkmap[inst.target])
        return super().lower_inst(inst)

    def _counts(self, name: str) -> bool:
        """Whether references to what a variable holds are counted."""
        model = self.context.data_model_manager[self.typeof(name)]
        return bool(self.context.enable_nrt and model.contains_nrt_meminfo())

    # Variables: in parts for as long as nobody asks for the whole.

    def _parts(self, name: str) -> Any:
        value = self._blk_local_varmap.get(name)
        return value if isinstance(value, _PARTS) else None

    def loadvar(self, name: str) -> Any:
        value = super().loadvar(name)
        return value.whole() if isinstance(value, _PARTS) else value

    def storevar(self, value: Any, name: str, argidx: int | None = None) -> None:
        if name in self._singly_assigned_vars:
            self._blk_local_varmap[name] = value
            return
        value = value.whole() if isinstance(value, _PARTS) else value
        if self._counts(name):
            super().storevar(value, name, argidx)
        else:
            self.builder.store(value, self.getvar(name))

    def delvar(self, name: str) -> None:
        if self._counts(name) and name not in self._arguments and self._parts(name) is None:
            super().delvar(name)

    def lower_assign(self, kind: Any, inst: Any) -> Any:
        value = inst.value
        if isinstance(value, ir.Arg) and inst.target.name in self._arguments:
            given = self.typeof("arg." + value.name)
            if not isinstance(given, types.Omitted):  # whoever calls keeps it meanwhile
                return self.context.cast(self.builder, self.fnargs[value.index], given, kind)
            self._arguments.discard(inst.target.name)
        if isinstance(value, ir.Var) and self.typeof(value.name) == kind:
            parts = self._parts(value.name)
            if parts is not None:
                return parts
        return super().lower_assign(kind, inst)

    # Expressions.

    def lower_expr(self, kind: Any, expr: Any) -> Any:
        if expr.op == "getattr":
            short = self._attribute(kind, expr)
        elif expr.op == "static_getitem" and isinstance(self.typeof(expr.value.name), Row):
            short = self._field(kind, expr.value.name, expr.index)
        elif expr.op == "build_tuple" and all(isinstance(one, types.Integer) for one in kind):
            values = [
                self.context.cast(self.builder, self.loadvar(item.name), self.typeof(item.name), of)
                for item, of in zip(expr.items, kind, strict=True)
            ]
            short = _Items(self.context, self.builder, kind, values)
        elif expr.op == "exhaust_iter":
            short = self._parts(expr.value.name)
        elif expr.op == "static_getitem" and isinstance(expr.index, int):
            parts = self._parts(expr.value.name)
            short = None
            if isinstance(parts, _Items):
                value, of = parts.values[expr.index], parts.kind[expr.index]
                short = self.context.cast(self.builder, value, of, kind)
        else:
            short = None
        return super().lower_expr(kind, expr) if short is None else short

    def _attribute(self, kind: Any, expr: Any) -> Any:
        """A field of a row of words, or the shape of an array."""
        of = self.typeof(expr.value.name)
        if isinstance(of, Row):
            return self._field(kind, expr.value.name, expr.attr)
        if isinstance(of, types.Array) and expr.attr == "shape":
            array = self._array(expr.value.name)
            lengths = [array.length(axis) for axis in range(of.ndim)]
            return _Items(self.context, self.builder, kind, lengths)
        return None

    def _field(self, kind: Any, name: str, field: str | int) -> Any:
        at, of = self.typeof(name).place(field)
        words = Words(self.context, self.builder, self.loadvar(name), at)
        if isinstance(of, types.Array) and of == kind:
            return ArrayOfWords(words, of)
        return self.context.cast(self.builder, words.value(of), of, kind)

    def lower_call(self, kind: Any, expr: Any) -> Any:
        function = self.typeof(expr.func.name)
        if isinstance(function, types.Function) and function.typing_key is len:
            name = expr.args[0].name
            if isinstance(self.typeof(name), types.Array):
                return self._array(name).length(0)
        return super().lower_call(kind, expr)

    def lower_binop(self, kind: Any, expr: Any, op: Any) -> Any:
        signature = self.fndesc.calltypes[expr]
        of, result = signature.args[0], signature.return_type
        if of not in _WORDS or of != signature.args[1]:
            return super().lower_binop(kind, expr, op)
        builder = self.builder
        if op in _SIMPLE and result == of:
            write = getattr(builder, _SIMPLE[op])
        elif op in _ORDER and result == types.boolean:
            compare = builder.icmp_signed if of.signed else builder.icmp_unsigned
            write = partial(compare, _ORDER[op])
        else:
            return super().lower_binop(kind, expr, op)
        left, right = (
            self.context.cast(builder, self.loadvar(one.name), self.typeof(one.name), of)
            for one in (expr.lhs, expr.rhs)
        )
        return self.context.cast(builder, write(left, right), result, kind)

    # Items of arrays.

    def _array(self, name: str) -> Any:
        parts = self._parts(name)
        if parts is not None:
            return parts
        return _ArrayOfValue(self.context, self.builder, self.typeof(name), self.loadvar(name))

    def _indices(self, name: str) -> list[tuple[Any, Any]] | None:
        """(type, value) of each whole number of an index; None where it has something else."""
        kind: Any = self.typeof(name)
        parts = self._parts(name)
        kinds = list(kind) if isinstance(kind, types.BaseTuple) else [kind]  # type: ignore[call-overload]
        if not kinds or not all(isinstance(one, types.Integer) for one in kinds):
            return None
        if isinstance(parts, _Items):
            return list(zip(kinds, parts.values, strict=True))
        value = self.loadvar(name)
        if not isinstance(kind, types.BaseTuple):
            return [(kind, value)]
        return [(one, self.builder.extract_value(value, i)) for i, one in enumerate(kinds)]

    def _place(self, name: str, index: str) -> tuple[Any, Any, int] | None:
        """An array, the address of its item or part at an index, and how many axes that names."""
        kind = self.typeof(name)
        if not isinstance(kind, types.Array) or kind.layout != "C" or not kind.aligned:
            return None
        if not isinstance(kind.dtype, types.Integer | types.Float | types.Boolean):
            return None
        indices = self._indices(index)
        if indices is None or len(indices) > kind.ndim:
            return None
        builder, array = self.builder, self._array(name)
        # A sum of products, as numba has it: loops over any axis leave the others' alone.
        place = None
        for axis, (of, value) in enumerate(indices):
            number = self.context.cast(builder, value, of, types.intp if of.signed else types.uintp)
            if of.signed and not (isinstance(number, llvm.Constant) and number.constant >= 0):
                negative = builder.icmp_signed("<", number, number.type(0))
                counted_back = builder.add(number, array.length(axis))
                number = builder.select(negative, counted_back, number)
            step = None
            for later in range(axis + 1, kind.ndim):
                length = array.length(later)
                step = length if step is None else builder.mul(step, length)
            number = number if step is None else builder.mul(number, step)
            place = number if place is None else builder.add(place, number)
        return array, builder.gep(array.data(), [place]), len(indices)

    def lower_getitem(self, kind: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
        of = signature.return_type
        view = isinstance(of, types.Array)
        # A view counts as a reference to its array, where these are counted.
        free = not self._counts(value.name) or self._parts(value.name) is not None
        if not view or (of == kind and of.layout == "C" and free):
            found = self._place(value.name, index.name)
            if found is not None:
                array, place, axes = found
                if view:
                    shape = [array.length(axis) for axis in range(axes, array.kind.ndim)]
                    return ArrayParts(self.context, self.builder, of, place, shape)
                item = self.context.unpack_value(self.builder, array.kind.dtype, place)
                item = self.context.cast(self.builder, item, array.kind.dtype, of)
                return self.context.cast(self.builder, item, of, kind)
        return super().lower_getitem(kind, expr, value, index, signature)

    def lower_setitem(self, target: Any, index: Any, value: Any, signature: Any) -> Any:
        of, given, wanted = self.typeof(target.name), self.typeof(value.name), signature.args[2]
        scalar = isinstance(given, types.Number | types.Boolean)
        indices = self.typeof(index.name)
        axes = len(indices) if isinstance(indices, types.BaseTuple) else 1
        if isinstance(of, types.Array) and scalar and axes == of.ndim:
            found = self._place(target.name, index.name)
            if found is not None:
                item = self.context.cast(self.builder, self.loadvar(value.name), given, wanted)
                item = self.context.cast(self.builder, item, wanted, of.dtype)
                self.context.pack_value(self.builder, of.dtype, item, found[1])
                return None
        return super().lower_setitem(target, index, value, signature)


@register_pass(mutates_CFG=True, analysis_only=False)
class ShortLowering(BaseNativeLowering):
    """numba's last pass, with ours."""

    _name: Any = "rfsearch_short_lowering"

    @property
    def lowering_class(self) -> type[ShortLower]:
        """What lowers a function."""
        return ShortLower


class ShortCompiler(Compiler):
    """numba's passes, and the last one ours."""

    def define_pipelines(self) -> list[Any]:
        """One, as numba's."""
        [passes] = super().define_pipelines()
        passes.passes = [
            (ShortLowering, told) if one is NativeLowering else (one, told)
            for one, told in passes.passes
        ]
        return [passes]
