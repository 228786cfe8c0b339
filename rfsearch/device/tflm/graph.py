"""A model as it is being lowered: operators in order of execution, tensors not numbered yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rfsearch.device.tflm.model import INT32, Model, Operator, Tensor
from rfsearch.device.tflm.names import INPUT, OUTPUT, SHARED, Unique
from rfsearch.device.tflm.operators import Kind

Values = tuple[int, ...]


@dataclass(frozen=True)
class Made:
    """The output of operator `number`; −1 is the network's input."""

    number: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Constant:
    """Whole numbers that an operator reads, such as the sides of a padding.

    Constants of equal shape and values are one tensor.
    """

    name: str
    shape: tuple[int, ...]
    values: Values

    @property
    def key(self) -> tuple[tuple[int, ...], Values]:
        return self.shape, self.values


# An input left out. What it would have been named is not free for another tensor.
Left = str
Source = Made | Constant | Tensor | Left


@dataclass(frozen=True)
class Step:
    """One operator to be; `scope` is the prefix of what TensorFlow called its operations.

    window      of a pool: with kind, sources and options, what makes two operators the same
    """

    kind: Kind
    scope: str
    sources: tuple[Source, ...]
    output: Tensor
    options: frozenset[str]
    folded: Constant | None
    window: tuple[Values, ...]

    @property
    def rooted(self) -> bool:
        """Whether it has weights: they depend on nothing."""
        return any(isinstance(source, Tensor) for source in self.sources)

    @property
    def what(self) -> object:
        """Equal where two operators compute the same; None for one with weights of its own."""
        if self.rooted:
            return None
        sources = tuple(one.key if isinstance(one, Constant) else one for one in self.sources)
        return self.kind, sources, self.options, self.window


@dataclass
class Graph:
    """Operators are added in order; `model` numbers and names the tensors as the file has them.

    reads   how many operators read each constant, those counted too that were folded away since
    known   the number of each operator without weights, by what it computes
    """

    shape: tuple[int, ...]
    steps: list[Step] = field(default_factory=list)
    reads: Counter[tuple[tuple[int, ...], Values]] = field(default_factory=Counter)
    known: dict[object, int] = field(default_factory=dict)

    @property
    def input(self) -> Made:
        return Made(-1, self.shape)

    def add(
        self,
        kind: Kind,
        scope: str,
        sources: tuple[Source, ...],
        output: Tensor,
        *options: str,
        folded: Constant | None = None,
        window: tuple[Values, ...] = (),
    ) -> Made:
        """An operator; `sources` in the order of its inputs, weights and bias as tensors.

        `folded` was read by an operator that became part of this one, and is named in it. Where
        an operator without weights is there already, the converter keeps that one alone.
        """
        for source in (*sources, folded):
            if isinstance(source, Constant):
                self.reads[source.key] += 1
        step = Step(kind, scope, sources, output, frozenset(options), folded, window)
        number = len(self.steps)
        if step.what is not None:
            number = self.known.setdefault(step.what, number)
        if number == len(self.steps):
            self.steps.append(step)
        return Made(number, output.shape)

    def name(self, constant: Constant) -> str:
        """Its own name, or that of a constant which several operators read."""
        return SHARED if self.reads[constant.key] > 1 else constant.name

    def model(self, whole: bool = True, forked: bool = False) -> Model:
        """The input, plain constants by first use, weights from the last operator to the first,
        each bias before its weights, then what the operators make.

        The output of a `whole` network has a name of its own; `forked`: see execution_order.
        """
        place: dict[object, int] = {-1: 0}
        tensors = [Tensor(INPUT, self.shape)]
        unique = Unique()

        def put(key: object, tensor: Tensor, folded: Constant | None = None) -> None:
            place[key] = len(tensors)
            name = tensor.name
            if folded is not None and self.reads[folded.key] > 1:
                name = name.replace(folded.name, "")  # what is shared has no name of its own
            tensors.append(replace(tensor, name=unique.next(name)))

        order = execution_order(self.steps, forked)
        for number in order:
            for source in self.steps[number].sources:
                if isinstance(source, Constant) and source.key not in place:
                    put(source.key, _plain(self.name(source), source))
        for number in reversed(order):
            step = self.steps[number]
            for at, source in reversed(list(enumerate(step.sources))):
                if isinstance(source, Tensor):
                    put((number, at), source, step.folded)
                elif isinstance(source, str):
                    unique.next(source)
        for number in order:
            put(number, self.steps[number].output, self.steps[number].folded)
        if whole:
            tensors[-1] = replace(tensors[-1], name=OUTPUT)

        def find(number: int, at: int, source: Source) -> int:
            if isinstance(source, str):
                return -1
            if isinstance(source, Made):
                return place[source.number]
            return place[source.key if isinstance(source, Constant) else (number, at)]

        operators = tuple(
            Operator(
                self.steps[number].kind,
                tuple(
                    find(number, at, source) for at, source in enumerate(self.steps[number].sources)
                ),
                place[number],
                self.steps[number].options,
            )
            for number in order
        )
        return Model(tuple(tensors), operators)


def execution_order(steps: Sequence[Step], forked: bool = False) -> list[int]:
    """The order in which the converter writes the operators, as numbers of `steps`.

    It takes TensorFlow's graph in reverse post-order: depth first from everything that depends on
    nothing (weights, then the input), and from each operation to its readers, names in falling
    order. So parallel branches come in the order of their names, and a chain in its own. `forked`
    says that what reads the input is visited first.
    """
    readers: dict[int, list[int]] = {}
    for number, step in enumerate(steps):
        for source in step.sources:
            if isinstance(source, Made):
                readers.setdefault(source.number, []).append(number)

    def falling(numbers: Iterable[int]) -> list[int]:
        return sorted(set(numbers), key=lambda number: steps[number].scope, reverse=True)

    rooted = [number for number, step in enumerate(steps) if step.rooted]
    finished: list[int] = []
    seen: set[int] = set()
    fork = falling(readers.get(-1, ()))
    for root in (*fork, *falling(rooted)) if forked else (*falling(rooted), *fork):
        stack = [(root, False)]
        while stack:
            number, done = stack.pop()
            if done:
                finished.append(number)
            elif number not in seen:
                seen.add(number)
                stack.append((number, True))
                # What is put last is visited first.
                stack += [(one, False) for one in reversed(falling(readers.get(number, ())))]
    return finished[::-1]


def _plain(name: str, constant: Constant) -> Tensor:
    return Tensor(name, constant.shape, INT32, scales=0, constant=True)
