"""The fuzzer's child: runs one command after the other, each in a folder, as lines of JSON say.

A line is {"folder": …, "words": […]}; the command's own streams go to the files `.out` and `.err`
of the folder, and its exit code is the answer, a line on the first stdout.
"""

import json
import os
import sys
import traceback
from contextlib import suppress


def run(words):
    """The exit code as the process's own would be; whatever escapes is a traceback on stderr."""
    from rfsearch.cli import main

    try:
        return main(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1


def serve():
    """Answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        asked = json.loads(line)
        os.chdir(asked["folder"])
        for number, name in ((1, ".out"), (2, ".err")):
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
            os.close(file)
        code = run(asked["words"])
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        answers.write(f"{json.dumps(code)}\n")
        answers.flush()


if __name__ == "__main__":
    serve()
