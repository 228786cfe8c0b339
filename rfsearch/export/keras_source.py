"""Plan to Keras 3: a function that builds the model, for any backend, and one for each block."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rfsearch.export import comments
from rfsearch.export.blocks import Form, Instance, forms_of
from rfsearch.export.keras_body import Body
from rfsearch.export.keras_layers import activation, applied, gate
from rfsearch.export.keras_support import SUPPORT
from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Part, Plan
from rfsearch.export.python_text import call, laid_out, literal, refuse_taken, with_support
from rfsearch.layers.layer import ADD, CONCAT, INVERTED, MULTIPLY, RESIDUAL
from rfsearch.layers.notation.format import format_item

FUNCTIONS = {
    RESIDUAL: "residual_block",
    INVERTED: "inverted_residual_block",
    CONCAT: "concatenation_block",
    ADD: "sum_block",
    MULTIPLY: "product_block",
}
_JOINS = {ADD: "Add", MULTIPLY: "Multiply", CONCAT: "Concatenate"}


def keras_source(plan: Plan, name: str = "Network") -> str:
    """The text of a Python file whose function `name` builds a keras.Model of this plan."""
    writer = _Writer(plan)
    body = Body(plan.axes, inner=False)
    end = writer.run(plan.parts, body, "inputs", "x", "")
    forms = forms_of(writer.instances, FUNCTIONS)
    refuse_taken(name, ["keras", "layers", *SUPPORT, *(form.name for form in forms)])
    functions = [_function(form) for form in forms]
    text = "\n\n".join([*functions, _network(plan, name, body, [*writer.asides, end])])
    own = literal(plan.activation or None)
    whole = with_support(text, SUPPORT, d=str(plan.axes), activation=own)
    used = "from keras import layers\n" if "layers." in whole else ""
    return f'"""{comments.heading(plan)}"""\n\nimport keras\n{used}\n\n{whole}'


def _network(plan: Plan, name: str, body: Body, ends: list[str]) -> str:
    """The text of the function that builds the model."""
    shape = (*plan.sizes, plan.channels)
    calls = Instance("", plan.notation, body.lines, body).calls
    outputs = ends[0] if len(ends) == 1 else f"[{', '.join(ends)}]"
    lines = [
        f"def {name}() -> keras.Model:",
        f'    """Input {"×".join(map(str, shape))}, channels last."""',
        f"    inputs = keras.Input({literal(shape)})",
        *body.written(calls),
        *laid_out("return keras.Model", ["inputs", outputs, f"name={literal(name.lower())}"], 1),
    ]
    return "\n".join(lines) + "\n"


def _function(form: Form[Body]) -> str:
    """The text of a block's function."""
    parameters = ", ".join(["x", *form.parameters, "name"])
    lines = laid_out(f"def {form.name}", parameters.split(", "), 0, ":")
    lines.append(f'    """{form.doc}"""')
    return "\n".join([*lines, *form.body.written(form.lines)]) + "\n"


class _Writer:
    """Walks the plan: the statements of each function, and all blocks met."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.instances: list[Instance[Body]] = []
        # Variables that have been put aside and not collected yet.
        self.asides: list[str] = []

    def run(self, parts: Sequence[Part], body: Body, source: str, target: str, prefix: str) -> str:
        """The parts of one branch, from the variable `source`; the variable of its end."""
        here = source
        for part, following in zip_longest(parts, parts[1:]):
            if isinstance(part, Aside):
                name = prefix + part.name
                end = self.run(part.branch, body, here, name, f"{name}_")
                if part.adds:
                    ends = ", ".join(body.agree([self.asides.pop(), end], f"{name}_sum"))
                    body.apply(call("layers.Add"), f"{name}_sum", f"[{ends}]", name)
                    body.mark(name, all(one in body.flat for one in ends.split(", ")))
                    end = name
                self.asides.append(end)
                continue
            if _averages(part) and isinstance(following, Operation) and following.op == "FC":
                self._say(part, body)
                average = call(f"layers.GlobalAveragePooling{self.plan.axes}D")
                body.apply(average, prefix + part.name, here, target)
                body.mark(target, True)
            else:
                self._part(part, body, here, target, prefix + part.name)
            here = target
        return here

    def _say(self, part: Part, body: Body) -> None:
        """The comment above a part; the functions of blocks, which are used again, have none."""
        if not body.inner:
            for line in comments.of_part(part):
                body.say(f"# {line}")

    def _part(self, part: Part, body: Body, source: str, target: str, name: str) -> None:
        if isinstance(part, Branching) and _has_asides(part):
            self._in_place(part, body, source, target, name)
            return
        self._say(part, body)
        if isinstance(part, Operation):
            self._operation(part, body, source, target, name)
        elif isinstance(part, Gate):
            if source in body.flat:
                body.with_axes(source, target, f"{name}_axes")
                source = target
            body.apply(gate(part), name, source, target)
            body.mark(target, False)
        elif isinstance(part, Branching):
            instance = self._block(part, source in body.flat)
            self.instances.append(instance)
            body.apply(instance, name, source, target)
            body.mark(target, "" in instance.body.flat)
        else:
            assert isinstance(part, Collect)
            ends, self.asides = self.asides, []
            self._join(part, ends, body, target, name)

    def _operation(self, part: Operation, body: Body, source: str, target: str, name: str) -> None:
        flat = source in body.flat
        if part.op == "FC" and not flat:
            body.apply(call("layers.Flatten"), f"{name}_flatten", source, target)
            source = target
        elif flat and part.op not in ("FC", "BN", "LN", "SCALE"):
            body.with_axes(source, target, f"{name}_axes")
            source, flat = target, False
        for suffix, one in applied(part):
            body.apply(one, f"{name}{suffix}", source, target)
            source = target
        body.mark(target, flat or part.op == "FC")

    def _block(self, part: Branching, flat: bool) -> Instance[Body]:
        """The function of a block."""
        body = Body(self.plan.axes, inner=True, flat={"x"} if flat else set())
        ends = []
        for number, branch in enumerate(part.branches, start=1):
            end = "y" if number == 1 else "skip" if part.residual else f"y{number}"
            ends.append(self.run(branch, body, "x", end, ""))
        body.end = self._join(part, ends, body, "y", "")
        body.mark("", body.end in body.flat)
        return Instance(part.block.join, format_item(part.block), body.lines, body)

    def _in_place(self, part: Branching, body: Body, source: str, target: str, name: str) -> None:
        """A block that puts something aside, where it stands: a function cannot return that."""
        if not body.inner:
            body.say(f"# {comments.of_block(part)}")
        ends = [
            self.run(branch, body, source, f"{name}_{number}", f"{name}_")
            for number, branch in enumerate(part.branches, start=1)
        ]
        self._join(part, ends, body, target, f"{name}_")

    def _join(
        self, part: Branching | Collect, ends: list[str], body: Body, target: str, name: str
    ) -> str:
        """The ends joined and activated in `target`; the variable that has them."""
        flat = all(end in body.flat for end in ends) if part.join else ends[0] in body.flat
        if part.join and len(ends) > 1:
            source = f"[{', '.join(body.agree(ends, f'{name}join'))}]"
            body.apply(call(f"layers.{_JOINS[part.join]}"), f"{name}join", source, target)
        elif not part.activation and body.inner:
            return ends[0]
        elif ends[0] != target:
            body.say(f"{target} = {ends[0]}", target)
        if part.activation:
            body.apply(activation(part.activation), f"{name}act", target, target)
        body.mark(target, flat)
        return target


def _averages(part: Part) -> bool:
    return isinstance(part, Operation) and part.op == "GAP"


def _has_asides(part: Branching) -> bool:
    return any(
        isinstance(one, Aside | Collect) or (isinstance(one, Branching) and _has_asides(one))
        for branch in part.branches
        for one in branch
    )
