"""Measuring a table of items: all of it, against the runs that it is made of."""

import time
from pathlib import Path

import pytest

from rfsearch.device.measure import with_onnxruntime
from rfsearch.device.measure.items import Wanted
from rfsearch.device.measure.rounds import Measured, measure
from rfsearch.question.found import Found
from rfsearch.request import config
from rfsearch.request.request import Request

CONFIGS = Path(__file__).parent.parent / "configs"
ROUNDS = 9


class Counted:
    """onnxruntime, with the time of its runs added up."""

    def __init__(self):
        self.seconds = 0.0

    def prepared(self, plan, threads):
        run = with_onnxruntime.prepared(plan, threads)

        return self._counted(run)

    def nothing(self, threads):
        return self._counted(with_onnxruntime.nothing(threads))

    def _counted(self, run):
        def counted():
            began = time.process_time()
            run()
            self.seconds += time.process_time() - began

        return counted


class Nowhere:
    def add(self, entry):
        pass


@pytest.mark.parametrize("name", ["mobilenet", "microcontroller"])
def test_measuring_takes_little_more_than_the_runs(name, note):
    """Items built, warmed, measured in nine rounds: at most 1.3 of the time within their runs."""
    pytest.importorskip("onnxruntime", reason="what runs the items")
    path = CONFIGS / f"{name}.toml"
    found = Found._of(Request.of({}, str(path), config.options(path.read_bytes(), path.name)))
    places = found.automaton.items.places
    items = [Measured(Wanted(place)) for place in places[:: max(len(places) // 100, 1)]]
    runtime = Counted()
    began = time.process_time()
    measure(items, runtime, Nowhere(), rounds=ROUNDS, threads=1, progress=lambda *told: None)
    whole = time.process_time() - began
    assert all(len(item.nanoseconds) == ROUNDS for item in items)
    note("items", len(items))
    note("seconds of runs", runtime.seconds)
    note("seconds", whole)
    note("of the runs", whole / runtime.seconds, "≤ 1.3")
