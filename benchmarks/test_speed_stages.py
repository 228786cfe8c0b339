"""Staged spaces: an exact front of three objectives by labels a second; presets by the clock."""

import time
from pathlib import Path

import pytest
from build_worker import forget

import rfsearch
from rfsearch.automaton.criteria import criteria_of, parse_ranking
from rfsearch.automaton.edits.plan import plan_for
from rfsearch.errors import LimitError
from rfsearch.question.found import Found
from rfsearch.question.pareto import Backward
from rfsearch.question.suffix_sets import LABELS
from rfsearch.request import config
from rfsearch.request.request import Request
from rfsearch.request.running import MEMORY_LIMIT
from rfsearch.space.edits.space import Neighbourhood

CONFIGS = Path(__file__).parent.parent / "configs"
PRESETS = sorted(path.stem for path in CONFIGS.glob("*.toml") if path.stem != "main")

# Five stages of one to three layers, four kernels, six widths that never fall: 1.05 · 10^12.
VGG_LIKE = rfsearch.StagedSpace(
    [
        {
            "repeat": 5,
            "slot": [
                {
                    "kernel": [1, 3, 5, 7],
                    "channels": [32, 64, 128, 256, 384, 512],
                    "repeat": "1..3",
                    "uniform": ["channels"],
                },
                {"op": "maxpool", "kernel": 2, "stride": 2, "padding": "valid"},
            ],
        }
    ],
    never_falls=["channels"],
)
OBJECTIVES = ("macs", "params", "max:entropy")


def front(found):
    """The undominated suffixes of every state: what the front of the start is read from."""
    criteria = criteria_of(found.automaton, parse_ranking(OBJECTIVES, "front"))
    search = Backward(found.automaton, criteria, MEMORY_LIMIT)
    while not search.advance(LABELS):
        pass
    return search.labels


def test_front_of_three_objectives_of_the_vgg_like_space(benchmark, note):
    """The exact front of MACs, params and entropy: 3 million labels a second a core."""
    found = VGG_LIKE.search(224, 212)
    labels = benchmark.pedantic(front, (found,), rounds=10, iterations=1, warmup_rounds=1)
    made, seconds = int(labels.used[2]), benchmark.stats.stats.min
    note("stacks", float(VGG_LIKE.candidates))
    note("matches", float(found.count()))
    note("states", found.states)
    note("labels made", made)
    note("labels kept", int(labels.used[0]))
    note("our seconds", seconds)
    note("million labels a second", made / seconds / 1e6, "≥ 3")
    assert VGG_LIKE.candidates == 1_053_894_094_848
    assert len(found.front(OBJECTIVES)) == 1740


def test_whole_answer_of_the_vgg_like_space(benchmark, note):
    """Space, automaton, count, families, the front of three objectives and the top 20."""

    def ask():
        found = VGG_LIKE.search(224, 212)
        return found.count(), found.families(), found.front(OBJECTIVES), found.top(20)

    count, families, rows, _ = benchmark.pedantic(ask, rounds=5, iterations=1, warmup_rounds=1)
    note("matches", float(count))
    note("families", families)
    note("front", len(rows))
    note("our seconds", benchmark.stats.stats.min)


def whole_answer(name):
    """All that the command answers for a preset, from the file on: a dict of seconds as well."""
    path = CONFIGS / f"{name}.toml"
    started = time.perf_counter()
    request = Request.of({}, str(path), config.options(path.read_bytes(), str(path)))
    seconds = {}

    def timed(what, ask):
        nonlocal started
        answer = ask()
        now = time.perf_counter()
        seconds[what] = now - started
        started = now
        return answer

    found = timed("automaton", lambda: Found._of(request))
    count = timed("count", found.count)
    timed("families", found.families)
    timed("front", lambda: found.front(request["front"]))
    timed("top 20", lambda: found.top(20, by=request["rank_by"], distinct=request["distinct"]))
    return found.space, found, count, seconds


@pytest.mark.parametrize("name", PRESETS)
def test_whole_answer_of_a_preset(benchmark, note, name):
    """Read, compiled, counted, families, front and top 20: under 10 s."""
    space, found, count, seconds = benchmark.pedantic(
        whole_answer, (name,), rounds=3, iterations=1, warmup_rounds=1
    )
    note("stacks", float(space.candidates))
    note("matches", float(count))
    note("states", found.states)
    note("transitions", found.transitions)
    for what, taken in seconds.items():
        note(f"{what} seconds", taken)
    note("our seconds", benchmark.stats.stats.min, "< 10")


@pytest.mark.parametrize("name", ["microcontroller", "resnet"])
def test_control_of_a_preset(benchmark, note, name):
    """What may follow what, from the slots on."""
    path = CONFIGS / f"{name}.toml"
    request = Request.of({}, str(path), config.options(path.read_bytes(), str(path)))

    def build():
        forget()
        return request.space()._control()

    control = benchmark.pedantic(build, rounds=5, iterations=1, warmup_rounds=1)
    note("places", len(control.width))
    note("arcs", sum(map(len, control.arcs)))
    note("our seconds", benchmark.stats.stats.min)


def test_grammar_of_a_neighbourhood(benchmark, note):
    """ResNet-18 within three changes: the control, and the plan of its 73,000 links."""

    def build():
        forget()
        space = Neighbourhood("resnet18", 3)
        return space._control(False), plan_for(space, "exact")

    control, plan = benchmark.pedantic(build, rounds=5, iterations=1, warmup_rounds=1)
    note("networks", float(control.words))
    note("places", len(control.places))
    note("links", len(plan.to))
    note("our seconds", benchmark.stats.stats.min)


def test_a_neighbourhood_too_large_is_refused_soon(benchmark, note):
    """VGG-11 within twenty changes: beyond 2^20 choices at all places together."""

    def refuse():
        with pytest.raises(LimitError, match="more than 1,048,576 choices"):
            Neighbourhood("vgg11", 20)._control(False)

    benchmark.pedantic(refuse, rounds=1, iterations=1)
    note("our seconds", benchmark.stats.stats.min, "few")


def test_two_thousand_widths_are_refused_soon(benchmark, note):
    """One run of layers with 2,000 widths: beyond 2^20 choices at all widths together."""

    def refuse():
        forget()
        with pytest.raises(LimitError, match="more than 1048576 choices"):
            _ = rfsearch.Space(kernel=[1, 3], channels=range(1, 2001), depth=(1, 3)).candidates

    benchmark.pedantic(refuse, rounds=1, iterations=1)
    note("our seconds", benchmark.stats.stats.min, "few")
