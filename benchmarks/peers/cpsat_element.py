"""OR-Tools CP-SAT, the plain model: an element constraint a layer, products for the recurrences.

A layer's choice is one variable; its kernel, stride and padding are its elements, the last choice
is no layer. Sizes, jumps and RFs follow by products; division is the product the other way round,
which leaves no remainder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from queries import DEFAULT, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison, NoAnswer
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("ortools",)
SECONDS = 240
LIMIT = 2 * SECONDS


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The proven least memory."""
    asked = TINY if tiny else DEFAULT
    yield Comparison(
        task="proven least memory", question=text(asked), form="element and product constraints",
        ours=lambda: answers.best(asked), theirs=lambda: solve(asked),
        agree=answers.same_memory, shown=answers.shown_best, more=answers.same_stack,
        goal=None if tiny else 1000, rounds=5 if tiny else 1, sizes=sizes(asked),
    )  # fmt: skip


def solve(asked: Measured) -> answers.Best:
    """The optimum with its proof. Raises NoAnswer at the time limit."""
    from ortools.sat.python import cp_model

    model, chosen = modelled(asked)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = SECONDS
    status = solver.solve(model)
    if status != cp_model.OPTIMAL:
        had = "no feasible stack" if status != cp_model.FEASIBLE else (
            f"best {solver.objective_value * plain.BYTES:,.0f} bytes, not proven"
        )  # fmt: skip
        raise NoAnswer(f"{had} in {SECONDS} s", SECONDS)
    choices = plain.layers(asked)
    numbers = [solver.value(variable) for variable in chosen]
    return answers.best_of([choices[one] for one in numbers if one < len(choices)], asked)


def modelled(asked: Measured):
    """(model, the choice of every layer)."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    builder = _Builder(model, asked)
    state = _State(asked.input, 1, 1, 0, 1)
    chosen, total = [], plain.input_values(asked)
    for depth in range(asked.depth):
        choice, state, values = builder.layer(depth, state)
        chosen.append(choice)
        total += values
    model.add(state.rf == asked.target)
    model.minimize(total)
    return model, chosen


class _State(NamedTuple):
    """What a layer leads to, and whether it is one; numbers at first, then variables."""

    size: Any
    jump: Any
    rf: Any
    place: Any
    used: Any


class _Builder:
    """The variables and constraints of one layer after the other."""

    def __init__(self, model: Any, asked: Measured) -> None:
        self.model, self.asked = model, asked
        self.choices, self.row = plain.layers(asked), plain.widths(asked)
        self.most = asked.input + asked.depth * max(2 * p - k + 1 for k, _, p in self.choices)
        self.most = max(self.most, asked.input)

    def layer(self, depth: int, before: _State) -> tuple[Any, _State, Any]:
        """(its choice, the state after it, the values that it adds)."""
        model, none = self.model, len(self.choices)
        choice = self._new("choice", none if depth else none - 1, low=0)
        used = model.new_bool_var("used")
        model.add(choice < none).only_enforce_if(used)
        model.add(choice == none).only_enforce_if(~used)
        if depth:
            model.add_implication(used, before.used)  # those that are none stand last
        growth, stride, pad = (
            self._element(choice, [*values, neutral])
            for values, neutral in (
                ([kernel - 1 for kernel, _, _ in self.choices], 0),
                ([stride for _, stride, _ in self.choices], 1),
                ([2 * padding for _, _, padding in self.choices], 0),
            )
        )
        size = self._size(before.size + pad - growth - 1, stride)
        rf = self._new("rf", self.asked.target)
        model.add(rf == before.rf + self._product(growth, before.jump, self.asked.target))
        jump = self._product(before.jump, stride, max(self.asked.stride) ** self.asked.depth)
        place = self._place(depth, before.place, stride)
        return choice, _State(size, jump, rf, place, used), self._values(size, place, used)

    def _size(self, slack: Any, stride: Any) -> Any:
        size, steps = self._new("size", self.most), self._new("steps", self.most, low=0)
        self.model.add(steps == size - 1)
        if self.asked.rounding == "exact":
            self.model.add(slack == self._product(stride, steps, self.most))
        else:
            span = self._new("span", self.most, low=0)
            self.model.add(span == slack)
            self.model.add_division_equality(steps, span, stride)
        return size

    def _place(self, depth: int, before: Any, stride: Any) -> Any:
        last = len(self.row) - 1
        place = self._new("place", last)
        if depth == 0:
            self.model.add(place == 1)
            return place
        strided = self.model.new_bool_var("strided")
        self.model.add(stride >= 2).only_enforce_if(strided)
        self.model.add(stride <= 1).only_enforce_if(~strided)
        self.model.add_min_equality(place, [before + strided, last])
        return place

    def _values(self, size: Any, place: Any, used: Any) -> Any:
        square = self._product(size, size, self.most**2)
        most = self.most**2 * self.row[-1]
        full = self._product(square, self._element(place, self.row), most)
        values = self._new("values", most, low=0)
        self.model.add(values == full).only_enforce_if(used)
        self.model.add(values == 0).only_enforce_if(~used)
        return values

    def _element(self, index: Any, values: list[int]) -> Any:
        found = self._new("element", max(values), low=0)
        self.model.add_element(index, values, found)
        return found

    def _product(self, a: Any, b: Any, most: int) -> Any:
        found = self._new("product", most, low=0)
        self.model.add_multiplication_equality(found, [a, b])
        return found

    def _new(self, name: str, high: int, *, low: int = 1) -> Any:
        return self.model.new_int_var(low, high, name)
