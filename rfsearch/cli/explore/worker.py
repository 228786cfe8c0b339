"""A process that answers questions one after another and stays warm: kernels are loaded once.

Each line of its input is a JSON object: {"id", "argv"} asks, with "sample" for rows drawn from all
matches instead; {"stop": id} ends that question at its next report of progress. Each line of its
output has the "id" and one of the parts of an answer as it becomes known, {"part", "document"}; a
question ends with the part "all", with {"error"}, or with {"stopped"}. What does not report for
long can only be ended with its process.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TextIO

from rfsearch.cli.progress import ProgressLine

# A small question of every kind, so that the first real one finds its kernels loaded.
_WARM = ["--target-rf=7", "--input=16", "--depth=1..3"]

Say = Callable[[dict[str, Any]], None]
# A question's number and arguments, whether a sample is wanted, and what it reports to.
Order = tuple[int, list[str], bool, ProgressLine]


def serve(orders: TextIO, answers: TextIO) -> None:
    """Answer every question of `orders` until it ends."""
    questions: SimpleQueue[Order | None] = SimpleQueue()
    threading.Thread(target=_read, args=(orders, questions), daemon=True).start()
    ask(_WARM, ProgressLine(), lambda answer: None)
    while (question := questions.get()) is not None:
        number, argv, sample, progress = question

        def say(answer: dict[str, Any], number: int = number) -> None:
            print(json.dumps({"id": number, **answer}), file=answers, flush=True)

        ask(argv, progress, say, sample)


def _read(orders: TextIO, questions: SimpleQueue[Order | None]) -> None:
    """Queue what is asked; stop what is to be stopped, begun or not."""
    newest: tuple[int, ProgressLine] = (0, ProgressLine())
    for line in orders:
        order = json.loads(line)
        if "stop" in order:
            if order["stop"] == newest[0]:
                newest[1].stop()
            continue
        newest = (order["id"], ProgressLine())
        questions.put((order["id"], order["argv"], order["sample"], newest[1]))
    questions.put(None)


def ask(argv: list[str], progress: ProgressLine, say: Say, sample: bool = False) -> None:
    """Say the answer of the search `rfsearch ARGV…` part by part, or its error in one line.

    Of a `sample` the one part is {"part": "all", "sample": rows}.
    """
    from rfsearch.cli import line_of
    from rfsearch.errors import RfsearchError

    try:
        (_sample if sample else _ask)(argv, progress, say)
    except RfsearchError as error:
        say({"error": line_of(error), "code": error.exit_code})
    except KeyboardInterrupt:
        say({"stopped": True})


def _ask(argv: list[str], progress: ProgressLine, say: Say) -> None:
    from rfsearch.answer import where
    from rfsearch.answer.answer import Answer, as_document, fill
    from rfsearch.answer.output.plain import plain
    from rfsearch.cli.asking import request_of
    from rfsearch.cli.parser import search_parser
    from rfsearch.cli.search import exit_code
    from rfsearch.question.timed import deadline_after

    request = request_of(search_parser("").parse_args(argv))
    space = request.space()
    answer = Answer(request, space, request.query(space))
    if request["where"]:
        where.check(request["where"], request["cost"] or ())
    limit = request["time_limit"]

    def tell(part: str) -> None:
        say({"part": part, "document": plain(as_document(answer, part))})

    fill(answer, progress, None if limit is None else deadline_after(limit), tell)
    last = {"part": "all", "document": plain(as_document(answer))}
    say({**last, "code": exit_code(answer)})


def _sample(argv: list[str], progress: ProgressLine, say: Say) -> None:
    from rfsearch.answer.output.plain import plain
    from rfsearch.cli.asking import request_of
    from rfsearch.cli.parser import search_parser
    from rfsearch.cli.report import sampled

    request = request_of(search_parser("").parse_args(argv))
    say({"part": "all", "sample": plain(sampled(request, request.space()))})


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
