"""A worker process: the job on the first line of its input, a task on each further one.

It answers each with a line, {"done": …} or {"error": …, "kind": …}, and ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from rfsearch.enumeration.crew import Job
from rfsearch.errors import LimitError, RfsearchError


def serve(given: TextIO, answers: TextIO) -> None:
    """Do the tasks of `given`, a line each, until it ends."""
    job = Job(**json.loads(given.readline()))
    for line in given:
        answers.write(json.dumps(_answer(job, json.loads(line))) + "\n")
        answers.flush()


def _answer(job: Job, task: Any) -> dict[str, Any]:
    try:
        return {"done": job.do(task)}
    except RfsearchError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except MemoryError:
        text = f"task {task}: out of memory; fewer --workers take less"
        return {"error": text, "kind": LimitError.__name__}


if __name__ == "__main__":
    # What anything else prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, answers)
