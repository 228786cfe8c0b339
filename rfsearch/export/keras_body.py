"""The statements of one function in Keras' functional style: which layer reads which tensor."""

from __future__ import annotations

from dataclasses import dataclass, field

from rfsearch.export.blocks import Instance
from rfsearch.export.keras_layers import Applied, Function
from rfsearch.export.python_text import INDENT, Argument, Call, Code, call


@dataclass
class Step:
    """`target` = the layer or function at `place` of the body's lines, applied to `source`.

    Without a place, `text` is the whole statement.
    """

    target: str
    source: str
    place: int | None = None
    text: str = ""


@dataclass
class Body:
    """The statements so far.

    axes    of the network's input
    inner   whether this is a block's function, whose layers are named after its argument `name`
    lines   (name of the part, "" for what has none, the call that makes it), in order
    flat    names of the tensors without axes; "" is what the function returns
    end     the variable that a block's function returns
    """

    axes: int
    inner: bool
    lines: list[tuple[str, Call | Instance[Body]]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    flat: set[str] = field(default_factory=set)
    end: str = ""

    @property
    def text(self) -> str:
        """The statements without the calls: equal where two blocks run in the same way."""
        return repr((self.steps, self.end))

    def say(self, statement: str, target: str = "") -> None:
        """A statement, or a comment, as it stands."""
        self.steps.append(Step(target, "", text=statement))

    def apply(self, made: Applied | Instance[Body], name: str, source: str, target: str) -> None:
        """target = made(source), whatever `made` is."""
        if isinstance(made, str):
            self.say(f"{target} = {made.replace('{x}', source)}", target)
            return
        before = isinstance(made, Function | Instance)
        self.steps.append(Step(target, f"{source}," if before else source, len(self.lines)))
        if isinstance(made, Function):
            name, made = name if made.named else "", made.call
        self.lines.append((name, made))

    def mark(self, target: str, flat: bool) -> None:
        """Note whether a tensor has no axes."""
        (self.flat.add if flat else self.flat.discard)(target)

    def with_axes(self, source: str, target: str, name: str) -> None:
        """Give a flat tensor its axes of one position back."""
        shape = (*[1] * self.axes, -1)
        self.apply(call("layers.Reshape", ("target_shape", shape)), name, source, target)
        self.flat.discard(target)

    def agree(self, ends: list[str], name: str) -> list[str]:
        """The tensors, given axes unless all are flat."""
        if all(end in self.flat for end in ends):
            return ends
        agreed = []
        for number, end in enumerate(ends, start=1):
            if end in self.flat:
                # The tensor may be read again as it is.
                spread = f"{end}_{number}"
                self.with_axes(end, spread, f"{name}_{number}_axes")
                end = spread
            agreed.append(end)
        return agreed

    def written(self, calls: list[tuple[str, Call]]) -> list[str]:
        """The statements with these calls in them, and the return of a block's function."""
        end = self.end
        lines: list[str] = []
        for number, step in enumerate(self.steps, start=1):
            last = number == len(self.steps) and step.target == end
            if step.place is None:
                text = step.text
                if last:
                    text = f"return {text.partition(' = ')[2]}"
                lines.append(f"{INDENT}{text}")
                continue
            name, made = calls[step.place]
            head = "return " if last else f"{step.target} = "
            if name:
                named = Code(f'f"{{name}}_{name}"') if self.inner else name
                made = Call(made.target, (*made.arguments, Argument("name", named, "name")))
            if step.source.endswith(","):
                first = Argument("", Code(step.source[:-1]), "x")
                lines += Call(made.target, (first, *made.arguments)).lines(head, 1)
            else:
                lines += made.lines(head, 1, f"({step.source})")
        if end and not (self.steps and self.steps[-1].target == end):
            lines.append(f"{INDENT}return {end}")
        return lines
