"""Builds what it is told with the package of this checkout, or of an earlier one.

Run as `python build_worker.py` with a checkout on PYTHONPATH. A line on its input is `build` or
`control`, and a config file, or `like` and the name of a network; its answer is a line of JSON:
processor seconds, and how much was made. A fresh command knows nothing of an earlier one: nothing
is kept from one line to the next.
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

    EARLIER = False
except ImportError:
    from rfsearch import config
    from rfsearch.request import Request

    EARLIER = True

# What the earlier spaces held: theirs had no rule about holes.
FLAGS = {} if EARLIER else {"allow_holes": True}

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


def request_of(path):
    """The options of a config file."""
    return Request.of(FLAGS, path, config.options(Path(path).read_bytes(), path))


def build(request):
    """The automaton, from the options on."""
    made = request.space().search(**request.question()) if EARLIER else Found._of(request)
    return [made.states, made.transitions]


def control(request):
    """What may follow what, from the options on."""
    space = request.space()
    made = space.control(False) if EARLIER else space._control()
    return [len(made.width), sum(map(len, made.arcs))]


def like(name):
    """The networks within three changes of one: the control and its plan."""
    if EARLIER:
        from rfsearch.stages.like import LikeSpace

        space = LikeSpace(name, 3)
        made = space.plan("exact")
        return [len(space.control(False).places), sum(map(len, made.links))]
    from rfsearch.automaton.edits.plan import plan_for
    from rfsearch.space.edits.space import Neighbourhood

    space = Neighbourhood(name, 3)
    made = plan_for(space, "exact")
    return [len(space._control(False).places), len(made.to)]


def main():
    """Answer every line."""
    asked = {"build": build, "control": control, "like": like}
    for line in sys.stdin:
        word, what = line.split()
        what = what if word == "like" else request_of(what)
        forget()
        gc.collect()
        gc.disable()
        started = time.process_time()
        made = asked[word](what)
        seconds = time.process_time() - started
        gc.enable()
        print(json.dumps({"seconds": seconds, "made": made}), flush=True)


if __name__ == "__main__":
    main()
