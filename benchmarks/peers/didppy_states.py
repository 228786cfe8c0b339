"""didppy: domain-independent dynamic programming (Kuroiwa and Beck 2023), the same states.

Size, jump, RF and place are state variables, layers left a resource of which more is better, so
that didppy's own dominance merges depths. Its complete anytime beam search (CABS) is what its
authors recommend; it ends with a proof of the optimum. Two models: the recurrences as the problem
states them, and with rfsearch's proof of divisibility as one more precondition (all growth after a
layer comes in multiples of its jump).
"""

from __future__ import annotations

from collections.abc import Iterator

from queries import DEFAULT, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison, NoAnswer
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("didppy",)
LIMIT = 900
SECONDS = 300
LENT = "rfsearch's own proof, given to didppy, is what makes it fast"


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The proven least memory, by both models."""
    asked = TINY if tiny else DEFAULT
    for divisible, form in ((False, "CABS, recurrences"), (True, "CABS, divisibility lent")):
        yield Comparison(
            task="proven least memory", question=text(asked), form=form,
            ours=lambda: answers.best(asked),
            theirs=lambda divisible=divisible: solve(asked, divisible),
            agree=answers.same_memory, shown=answers.shown_best, more=answers.same_stack,
            goal=None if tiny or divisible else 50, sizes=sizes(asked),
            note=f"{form}: {LENT}" if divisible else "",
        )  # fmt: skip


def solve(asked: Measured, divisible: bool) -> answers.Best:
    """The optimum with its proof. Raises NoAnswer at the time limit."""
    import didppy

    model, layer_of = modelled(asked, divisible)
    solution = didppy.CABS(model, time_limit=SECONDS, quiet=True).search()
    if not solution.is_optimal:
        raise NoAnswer(f"not proven in {SECONDS} s; best so far {solution.cost}", SECONDS)
    return answers.best_of([layer_of[one.name] for one in solution.transitions], asked)


def modelled(asked: Measured, divisible: bool):
    """(model, the layer of each transition's name)."""
    import didppy

    model = didppy.Model()
    row = plain.widths(asked)
    place_type = model.add_object_type(number=len(row))
    size = model.add_int_var(target=asked.input)
    jump = model.add_int_var(target=1)
    rf = model.add_int_var(target=1)
    place = model.add_element_var(object_type=place_type, target=0)
    left = model.add_int_resource_var(target=asked.depth, less_is_better=False)
    width = model.add_int_table(row)
    last = len(row) - 1
    after = {
        strided: model.add_element_table(
            [1 if at == 0 else min(at + strided, last) for at in range(len(row))]
        )
        for strided in (False, True)
    }
    layer_of = {}
    for layer in plain.layers(asked):
        kernel, stride, padding = layer
        slack = size + (2 * padding - kernel)
        following = after[stride > 1][place]
        grown = rf + (kernel - 1) * jump
        output = slack // stride + 1
        conditions = [left > 0, slack >= 0, grown <= asked.target]
        if divisible:
            conditions.append((asked.target - grown) % (jump * stride) == 0)
        if asked.rounding == "exact" and stride > 1:
            conditions.append(slack % stride == 0)
        name = f"{kernel} {stride} {padding}"
        layer_of[name] = layer
        model.add_transition(
            didppy.Transition(
                name=name,
                cost=output * output * width[following] + didppy.IntExpr.state_cost(),
                preconditions=conditions,
                effects=[
                    (size, output), (jump, jump * stride), (rf, grown), (place, following),
                    (left, left - 1),
                ],
            )
        )  # fmt: skip
    model.add_base_case([rf == asked.target])
    model.add_dual_bound(0)
    return model, layer_of
