"""Is the proven least latency faster than the proven least MACs, at equal entropy?

    python -m benchmarks.evidence.latency

Of the mobile and the microcontroller preset every item is measured, by onnxruntime on one thread
and by Vela for an Ethos-U55. Then, for each of ten least entropies, the network that is proven to
take least by that table stands against the one that is proven to have the fewest MACs. All of them,
and matches drawn at random, run whole. Writes docs/evidence/latency.md; what was measured is kept
in --folder, so that a command that is stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median

import polars as pl

from benchmarks.evidence.command import DOCS, table, write
from benchmarks.evidence.figures import kendall, kendall_interval
from benchmarks.evidence.whole import Compiled, Measured, Runner, Timed
from rfsearch.claims.trust import Trust
from rfsearch.layers.layer import HEAD
from rfsearch.layers.notation import parse_stack
from rfsearch.question.found import Found
from rfsearch.request import config
from rfsearch.request.request import Request

CONFIGS = Path(__file__).parents[2] / "configs"
PRESETS = ("mobilenet", "microcontroller")
SECTIONS = [f"{preset}:{runner}" for runner in ("onnxruntime", "vela") for preset in PRESETS]
# They bound MACs, or count what is no sum; the least of a table is to be free of them.
LEFT_OUT = ("max_macs", "max_arena", "max_flash")
# A part of each space: Vela needs seconds for an item.
PARTS = {
    "mobilenet": {"input": 128},
    "microcontroller": {"input": 96, "k": 3, "t": 3, "c": [16, 24, 40, 64]},
}
RANDOM, SEED = 20, 224
SHOWN = 3  # misses


class Space:
    """A preset, or a part of it, without LEFT_OUT."""

    def __init__(self, preset: str, part: bool) -> None:
        self.path = CONFIGS / f"{preset}.toml"
        self.options = config.options(self.path.read_bytes(), self.path.name)
        for name in LEFT_OUT:
            self.options.pop(name, None)
        kept = PARTS[preset] if part else {}
        self.options.update({name: value for name, value in kept.items() if name == "input"})
        slots = [slot for stage in self.options["stage"] for slot in stage.get("slot", [])]
        for choices in [*self.options["block"].values(), *slots]:
            narrowed = {name: value for name, value in kept.items() if name in choices}
            choices.update({name: v for name, v in narrowed.items() if choices[name] != "keep"})
        self.part = ", ".join(f"{name} {value}" for name, value in kept.items())

    def request(self, **more: object) -> Request:
        """A question of it."""
        return Request.of({}, str(self.path), {**self.options, **more})

    def found(self, **more: object) -> Found:
        """The compiled question."""
        return Found._of(self.request(**more))


def budgets(space: Space, count: int) -> list[float]:
    """Least entropies, evenly between the least and the greatest that there are."""
    found = space.found()
    low, high = (
        found.top(1, by=[by, "macs"], distinct="none")["entropy"][0]
        for by in ("entropy", "max:entropy")
    )
    return [low + (high - low) * (2 * number + 1) / (2 * count) for number in range(count)]


def declared(file: Path, unit: str) -> dict[str, object]:
    """The cost `time` of a table; a network has the overhead of a run once."""
    rows = pl.read_parquet(file)
    once = rows["overhead"][0] if "overhead" in rows.columns else 0
    return {"cost": {"time": {"table": str(file), "unit": unit, "per_network": once}}}


def chosen(space: Space, file: Path, unit: str, levels: Sequence[float]) -> Iterator[list[dict]]:
    """(least MACs, least by the table) at each level, proven, as rows."""
    cost = declared(file, unit)
    for level in levels:
        found = space.found(**cost, min_entropy=repr(level))
        yield [
            found.top(1, by=by, distinct="none").to_dicts()[0]
            for by in (["macs", "time"], ["time", "macs"])
        ]


def section(preset: str, runner: Runner, asked: argparse.Namespace) -> list[str]:
    """The report on one preset and one way to measure; measures what has not been measured."""
    space = Space(preset, asked.part or runner.slow)
    file = runner.items(space.found(), preset)
    pairs = list(chosen(space, file, runner.unit, budgets(space, asked.budgets)))
    cost = declared(file, runner.unit)
    drawn = space.found(**cost).sample(RANDOM, seed=SEED).to_dicts()
    rows = [*(row for pair in pairs for row in pair), *drawn]
    measured = runner.whole(space.request(), rows, preset)
    lines = [f"## {preset}, {runner.name}", ""]
    if space.part:
        lines += [f"Of the preset only {space.part}.", ""]
    lines += [*table(HEADER, _pairs(pairs, measured, runner.unit)), ""]
    return lines + conclusion(pairs, drawn, measured, runner.between)


HEADER = (
    "entropy at least", "fewest MACs", "its time", "MACs of the other", "least by the table",
    "its time", "ratio",
)  # fmt: skip


def _pairs(
    pairs: Sequence[Sequence[dict]], measured: Sequence[Measured], unit: str
) -> Iterator[list[str]]:
    for number, (by_macs, by_time) in enumerate(pairs):
        one, other = measured[2 * number], measured[2 * number + 1]
        yield [
            f"{min(by_macs['entropy'], by_time['entropy']):.1f}",
            f"{by_macs['macs'] / 1e6:.2f} M", f"{one.shown} {unit}",
            f"{by_time['macs'] / 1e6:.2f} M", f"{by_time['time']:,.0f} {unit}",
            f"{other.shown} {unit}", f"{other.value / one.value:.3f}",
        ]  # fmt: skip


def conclusion(
    pairs: Sequence[Sequence[dict]],
    drawn: Sequence[dict],
    measured: Sequence[Measured],
    between: tuple[str, str],
) -> list[str]:
    """What the figures say, whichever way; `between`: why a whole takes more, or less."""
    by_macs, by_time = measured[0 : 2 * len(pairs) : 2], measured[1 : 2 * len(pairs) : 2]
    ratios = [other.value / one.value for one, other in zip(by_macs, by_time, strict=True)]
    both = list(zip(by_macs, by_time, strict=True))
    faster = sum(other.value + other.spread < one.value - one.spread for one, other in both)
    slower = sum(other.value - other.spread > one.value + one.spread for one, other in both)
    same = sum(a["stack"] == b["stack"] for a, b in pairs)
    lines = [
        f"The least by the table takes {median(ratios):.3f} of the time of the fewest MACs in the "
        f"middle ({min(ratios):.3f} to {max(ratios):.3f}): beyond the spread faster {faster} and "
        f"slower {slower} times of {len(pairs)}; {same} times both are one network.",
        "",
    ]
    whole = [one.value for one in measured]
    rows = [*(row for pair in pairs for row in pair), *drawn]
    trust = Trust(tuple(row["time"] for row in rows), tuple(whole))
    scale = median(m / p for p, m in zip(trust.predicted, whole, strict=True))
    items = [len([one for one in parse_stack(row["stack"]) if one != HEAD]) for row in rows]
    over = zip(trust.predicted, whole, items, strict=True)
    each = median((p - m) / max(number - 1, 1) for p, m, number in over)
    less = [p - each * (number - 1) for p, number in zip(trust.predicted, items, strict=True)]
    said = []
    for what, some, times in (
        ("all", rows, whole),
        ("drawn at random", drawn, whole[2 * len(pairs) :]),
    ):
        for name, x in (("the table", "time"), ("MACs", "macs")):
            figures = [row[x] for row in some]
            low, high = kendall_interval(figures, times)
            tau = f"{kendall(figures, times):+.3f}", f"{low:+.2f} to {high:+.2f}"
            said.append([what, str(len(some)), name, *tau])
    lines += table(("networks", "number", "ranked by", "Kendall's tau", "95% of resamples"), said)
    lines += [
        "",
        f"Sums of items are off by {trust.error:.1%} of the whole, by "
        f"{_error([scale * p for p in trust.predicted], whole):.1%} once multiplied "
        f"by {scale:.3f}, by {trust.error_with_offset:.1%} with {trust.offset:+.4g} a network, by "
        f"{_error(less, whole):.1%} with {-each:+.4g} an item: {between[each > 0]}.",
        *_misses(pairs, both, scale),
        "",
    ]
    return lines


def _error(predicted: Sequence[float], measured: Sequence[float]) -> float:
    """Mean absolute error, as a ratio of the measured."""
    return mean(abs(p - m) / m for p, m in zip(predicted, measured, strict=True))


def _misses(
    pairs: Sequence[Sequence[dict]], both: Sequence[Sequence[Measured]], scale: float
) -> list[str]:
    """Where the table was wrong about which of two is faster, and by how much it was."""
    lines = []
    for (one, other), (first, second) in zip(pairs, both, strict=True):
        if second.value <= first.value or one["stack"] == other["stack"]:
            continue
        promised, kept = other["time"] / one["time"], second.value / first.value
        off = [m.value / (scale * row["time"]) - 1 for row, m in ((one, first), (other, second))]
        line = (
            f"- promised {promised:.3f}, measured {kept:.3f}: the scaled sums are off by "
            f"{off[0]:+.1%} for `{one['stack']}` and by {off[1]:+.1%} for `{other['stack']}`"
        )
        lines.append((kept, line))
    worst = [line for _, line in sorted(lines, reverse=True)[:SHOWN]]
    head = f"Where the table was wrong about which is faster, {len(lines)} times; the worst:"
    return ["", head, "", *worst] if lines else []


def report(asked: argparse.Namespace) -> list[str]:
    """The report's lines."""
    runners = {"onnxruntime": Timed(asked.folder, asked.rounds), "vela": Compiled(asked.folder)}
    wanted = [one.split(":") for one in asked.sections]
    sections = [line for preset, name in wanted for line in section(preset, runners[name], asked)]
    return [
        "# Is the least latency faster than the least MACs?",
        "",
        f"Written by `{asked.command}`; not edited by hand.",
        "",
        "Of each space every item is measured by itself. At each least entropy two networks are "
        "proven over the whole space: the one with the fewest MACs, and the one that the table of "
        f"items says takes least. They and {RANDOM} matches drawn uniformly are run whole. Budgets "
        f"on MACs, arena and flash are left out. A time is the median of {asked.rounds} rounds in "
        "which every network runs once, in another order each, ± half of what lies between the "
        "quartiles; ratios below 1 are for the table.",
        "",
        *(f"- {runners[name].said}" for name in dict.fromkeys(name for _, name in wanted)),
        "",
        *sections,
    ]


def given() -> argparse.Namespace:
    """The flags."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=DOCS / "latency.md")
    parser.add_argument("--folder", type=Path, default=Path("latency"), help="measurements")
    parser.add_argument("--budgets", type=int, default=10, help="least entropies of a space")
    parser.add_argument("--rounds", type=int, default=15, help="of whole networks")
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; default all")
    parser.add_argument("--part", action="store_true", help="a part of each space for all")
    asked = parser.parse_args()
    for one in asked.sections:
        if one not in SECTIONS:
            parser.error(f"{one} is not one of {', '.join(SECTIONS)}")
    names = {"budgets": 10, "rounds": 15}
    flags = [
        f"--{name} {getattr(asked, name)}" for name in names if getattr(asked, name) != names[name]
    ]
    flags += ["--part"] if asked.part else []
    asked.command = " ".join(["python -m benchmarks.evidence.latency", *asked.sections, *flags])
    asked.sections = asked.sections or SECTIONS
    return asked


if __name__ == "__main__":
    asked = given()
    write(report(asked), asked.output)
