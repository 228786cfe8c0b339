"""The screen of a search, top to bottom: question, counts, why, front, list, nearby, next."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rfsearch.answer.answer import Answer
from rfsearch.answer.screen.columns import Columns, rich_table, text_lines
from rfsearch.answer.screen.commands import show_command
from rfsearch.answer.screen.proven import front_proven, list_proven
from rfsearch.answer.screen.question import count_lines, listed_line, question_line

if TYPE_CHECKING:
    from rfsearch.question.rows import Rows

# Long fronts are cut on the screen only; the files carry every row.
MOST_FRONT_ROWS = 25

# Piped output is not folded: its reader decides.
UNFOLDED = 100_000


def render(answer: Answer, width: int | None, colour: bool) -> str:
    """The whole screen as text; `width` in characters, None for no folding."""
    out = io.StringIO()
    console = Plain(out) if width is None and not colour else Terminal(out, width, colour)
    console.print(question_line(answer), style="bold")
    for line in count_lines(answer):
        console.print(line)
    # Where nothing matches, the reasons are for stderr.
    if not answer.nothing:
        _found(console, answer)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


class Terminal:
    """What rich writes: lines folded at a width and coloured."""

    def __init__(self, out: io.StringIO, width: int | None, colour: bool) -> None:
        from rich.console import Console

        self.width = width or UNFOLDED
        self._console = Console(
            file=out,
            width=self.width,
            force_terminal=colour,
            color_system="auto" if colour else None,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def print(self, line: str, style: str = "") -> None:
        """A line."""
        self._console.print(line, style=style)

    def table(self, shown: Columns) -> None:
        """A table."""
        self._console.print(rich_table(shown))


class Plain:
    """Lines as they are, neither folded nor coloured: without rich."""

    width = UNFOLDED

    def __init__(self, out: io.StringIO) -> None:
        self._out = out

    def print(self, line: str, style: str = "") -> None:
        """A line; without colour a style has no effect."""
        self._out.write(line + "\n")

    def table(self, shown: Columns) -> None:
        """A table."""
        self._out.writelines(line + "\n" for line in text_lines(shown))


def _found(console: Terminal | Plain, answer: Answer) -> None:
    talkative = not answer.request["quiet"]
    if answer.why and talkative:
        _lines(console, "Why", answer.why)
    if answer.front is not None:
        _front(console, answer)
    if answer.results is not None:
        _list(console, answer)
    if talkative:
        _legend(console, answer)
    if answer.nearby and talkative:
        from rfsearch.answer.screen.tables import nearby_table

        console.print("\nNearby", style="bold")
        console.table(nearby_table(answer.nearby))
    if talkative and (steps := _next_steps(answer)):
        _lines(console, "Next", steps)


def _front(console: Terminal | Plain, answer: Answer) -> None:
    rows, costs = answer.front, answer.request["front"]
    assert rows is not None
    number = "this one" if len(rows) == 1 else f"these {len(rows):,}"
    if "front" in answer.cut:
        console.print(f"\nFront, cut short: {number} on {_costs(costs)}", style="bold")
        console.print(front_proven(answer))
    else:
        console.print(f"\nFront: nothing beats {number} on {_costs(costs)}", style="bold")
    _table(console, answer, rows, MOST_FRONT_ROWS, costs, ())
    if len(rows) > MOST_FRONT_ROWS:
        console.print(f"… and {len(rows) - MOST_FRONT_ROWS:,} more: --format json has them all")


def _list(console: Terminal | Plain, answer: Answer) -> None:
    rows, request = answer.results, answer.request
    assert rows is not None
    what = {
        "family": "families, each by its best; twins: how many stacks it has",
        "costs": "stacks, one for each combination of the ranked costs",
        "none": "stacks",
    }[request["distinct"]]
    from rfsearch.answer.screen.tables import FRONT, identity

    front = _identities(answer.front)
    marked = any(identity(row) in front for row in rows)
    console.print(
        f"\nThe best {answer.listed:,}{' found' if 'results' in answer.cut else ''} by "
        f"{_costs(request['rank_by'], ', then ')}: {what}"
        f"{f'; {FRONT} on the front' if marked else ''}",
        style="bold",
    )
    if "results" in answer.cut:
        console.print(list_proven(answer))
    first = ("rank", "twins") if request["distinct"] == "family" else ("rank",)
    _table(console, answer, rows, len(rows), request["rank_by"], first, front)
    line = listed_line(answer)
    if line:
        console.print(line)


def _table(
    console: Terminal | Plain, answer: Answer, rows: Rows, most: int, ranked: tuple[str, ...],
    first: tuple[str, ...], front: frozenset[tuple[object, ...]] = frozenset(),
) -> None:  # fmt: skip
    """Rows with all that is asked about, whatever the width; those on the `front` are marked."""
    from rfsearch.answer.screen.tables import columns_of, result_table

    columns = columns_of(rows, first, ranked, answer.query.budgets, console.width)
    given = (answer.query.costs, front)
    console.table(result_table(rows[:most], columns, console.width, *given))


def _identities(front: Rows | None) -> frozenset[tuple[object, ...]]:
    from rfsearch.answer.screen.tables import identity

    return frozenset() if front is None else frozenset(map(identity, front))


def _legend(console: Terminal | Plain, answer: Answer) -> None:
    """What the columns of the last table are, and which are left out."""
    for rows, ranked in (
        (answer.results, answer.request["rank_by"]), (answer.front, answer.request["front"])
    ):  # fmt: skip
        if rows is not None and len(rows):
            from rfsearch.answer.screen.tables import columns_of, legend

            columns = columns_of(
                rows, ("rank", "twins"), ranked, answer.query.budgets, console.width
            )
            console.print("\n" + legend(rows, columns), style="dim")
            return


def _lines(console: Terminal | Plain, heading: str, lines: list[str]) -> None:
    console.print(f"\n{heading}", style="bold")
    for line in lines:
        console.print(f"  {line}")


def _next_steps(answer: Answer) -> list[str]:
    """What a person may want now, with the flags for it; nothing where no stack is shown."""
    best = next((f for f in (answer.front, answer.results) if f is not None and len(f)), None)
    if best is None:
        return []
    shown = show_command(answer.query, answer.space.input_channels, best[0])
    steps = [f"layer by layer: {shown}"]
    request = answer.request
    if not answer.query.budgets:
        steps.append(
            "within a budget: --max-macs 300M, --max-peak-memory 2MiB, --output-size 1..14"
        )
    if request["distinct"] == "family":
        steps.append("every stack of a family: --distinct none")
    if request["like"] is not None:
        steps.append("other layers to draw from: --kernel 1,3,5 --stride 1,2 --op conv,maxpool")
    steps.append("other costs: --front params,macs --rank-by max:erf_variance,macs")
    steps.append("exact figures in a file: --format json -o found.json, or csv, ndjson, parquet")
    return steps


def _costs(costs: tuple[str, ...], joint: str = " and ") -> str:
    words = []
    for cost in costs:
        name = cost.removeprefix("max:").replace("_", " ").replace("macs", "MACs")
        words.append(f"greatest {name}" if cost.startswith("max:") else name)
    return joint.join(words)
