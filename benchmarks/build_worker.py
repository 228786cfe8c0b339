"""Builds what it is told with the package of this checkout, or of an earlier one.

Run as `python build_worker.py` with a checkout on PYTHONPATH. A line on its input is `build` or
`control`, and a config file; its answer is a line of JSON: processor seconds, and how
much was made.
A fresh command knows nothing of an earlier one: nothing is kept from one line to the next.
"""

import functools
import gc
import json
import sys
import time
from pathlib import Path

try:
    from rfsearch.question.found import Found
    from rfsearch.request import config
    from rfsearch.request.request import Request

    # What the earlier spaces held: theirs had no rule about holes.
    FLAGS = {"allow_holes": True}
except ImportError:
    from rfsearch import config
    from rfsearch.request import Request

    FLAGS = {}

KEPT_BY_NAME = ("_known", "_kept")  # dictionaries of modules


def forget():
    """Nothing is kept but compiled kernels."""
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper):
            module = getattr(one, "__module__", "")
            if module.startswith("rfsearch.") and "kernel" not in module:
                one.cache_clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("rfsearch."):
            for kept in KEPT_BY_NAME:
                if isinstance(known := getattr(module, kept, None), dict):
                    known.clear()


def build(request):
    """The automaton, from the options on."""
    return Found._of(request) if FLAGS else request.space().search(**request.question())


def control(request):
    """What may follow what, from the options on."""
    space = request.space()
    return space._control() if FLAGS else space.control(False)


def main():
    """Answer every line."""
    asked = {"build": build, "control": control}
    for line in sys.stdin:
        word, path = line.split(maxsplit=1)
        path = Path(path.strip())
        options = config.options(path.read_bytes(), str(path))
        request = Request.of(FLAGS, str(path), options)
        forget()
        gc.collect()
        gc.disable()
        started = time.process_time()
        made = asked[word](request)
        seconds = time.process_time() - started
        gc.enable()
        shown = [made.states, made.transitions] if word == "build" else [len(made.width)]
        print(json.dumps({"seconds": seconds, "made": shown}), flush=True)


if __name__ == "__main__":
    main()
