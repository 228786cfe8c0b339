"""Converts networks to int8, runs each in tflite-micro: `python benchmarks/tflm_many.py`.

A query is `random`, networks of every construct whose figures are known, drawn with a fixed seed;
a config file, of which the front is taken first and then sampled stacks; or a text file with a line
`STACK INPUT CHANNELS` for each network. Arena and file must be what is claimed to the byte, and the
network must run in an arena of just that size. It is counted how many keep to the budgets of a
config file, or to --max-arena and --max-flash. With -o the table that it prints is recorded; rows
of other queries stay in the record. With --journal each network is written down as it was run, and
after a kill the same command goes on. Exit code 1 where anything differs. Needs the extra tflm.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from rfsearch import RfsearchError, UsageError, parse
from rfsearch.claims import check
from rfsearch.claims.claim import Claim, of_network, of_rows
from rfsearch.device.tflm import arena
from rfsearch.enumeration.question import found_of
from rfsearch.quantity import whole
from rfsearch.request import config
from rfsearch.request.request import Request

SEED = 224
FRONT = 20
FRONT_SECONDS = 1800
SAMPLED = 100


def random_networks() -> Iterator[Claim]:
    """Networks without end: chains of what the lowering knows, on sizes odd and even."""
    draw = random.Random(SEED)
    while True:
        items = [_item(draw) for _ in range(draw.randint(1, 8))]
        head = draw.choice(("GAP-10FC", "GAP-4FC", "GAP", "12FC-3FC", "7C1", "GAP-9FC-5FCB0"))
        sizes = (draw.randint(16, 64), draw.randint(16, 64))
        channels = draw.choice((1, 2, 3, 8))
        try:
            # A convolution first: a maximum of the image itself cannot be padded by numbers.
            network = parse("-".join([f"{_width(draw)}C3PsN", *items, head]), sizes, channels)
        except RfsearchError:
            continue  # the image is too small for it
        try:
            arena(network)
        except UsageError:
            continue  # not among what is known
        yield of_network(network)


def _width(draw: random.Random) -> int:
    return draw.choice((4, 7, 8, 12, 16, 24))


def _item(draw: random.Random) -> str:
    """One layer or block."""
    k, s, norm = draw.choice((1, 3, 5)), draw.choice((1, 1, 2)), draw.choice(("", "N"))
    pad = draw.choice(("Ps", f"P{k // 2}", ""))
    a, b = _width(draw), _width(draw)
    return draw.choice(
        (
            f"{a}C{k}S{s}{pad}{norm}",
            f"{a}C{k}x3S{s}x1Ps{norm}",
            f"DW3S{s}{pad if k == 3 else 'Ps'}{norm}",
            f"DW5S{s}PsN-{a}C1N",
            draw.choice(("MP2S2", "MP3S2P1", "MP3S2Ps", "AP2S2", "AP3S2P1", "AP3S1P1", "MP2S2U")),
            "SE2",
            f"R({a}C3P1{norm}-{b}C3P1{norm})",
            f"R({a}C1N-{a}C3S{s}P1N-{b}C1N)",
            f"I({a}C1N-DW{draw.choice((3, 5, 7))}S{s}PsN-{b}C1N)",
            f"I({a}C1N-DW3S{s}P1N-SE4-{b}C1N)",
            f"({a}C1{norm}|{b}C3Ps-DW3Ps|MP3S1Ps)",
            f"({a}C1+{a}C3Ps{norm})",
        )
    )


def asked_of(path: Path) -> Request:
    """The request of a config file."""
    return Request.of({}, str(path), config.options(path.read_bytes(), path.name))


def of_config(path: Path) -> Iterator[Claim]:
    """The front of a config's own question, then sampled stacks, each with the row's claims."""
    request = asked_of(path)
    found = found_of(request)
    # What is known of it by then, where it is not proven whole.
    front = found.front(list(request["front"] or request["rank_by"]), time_limit=FRONT_SECONDS)
    # The front spread evenly, from the cheapest to the most expressive.
    some = front[:: max(len(front) // FRONT, 1)].head(FRONT)
    for rows in (some, found.sample(SAMPLED, seed=SEED)):
        yield from of_rows(
            rows.to_dicts(), request["input"], request["axes"], request["input_channels"], str(path)
        )


def of_list(path: Path) -> Iterator[Claim]:
    """One network a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        stack, sizes, channels = line.split()
        yield of_network(parse(stack, tuple(map(int, sizes.split("x"))), int(channels)))


def claims(name: str) -> Iterator[Claim]:
    """The networks of a query, in order."""
    if name == "random":
        return random_networks()
    return of_config(Path(name)) if name.endswith(".toml") else of_list(Path(name))


@dataclass
class Line:
    """The row of the table for one query."""

    query: str
    max_arena: int | None
    max_flash: int | None
    networks: int = 0
    same: int = 0
    within: int = 0
    arena: int = 0
    flash: int = 0

    seconds: float = 0

    def count(self, arena: int, flash: int, differences: Sequence[str], seconds: float) -> None:
        """Take one network in."""
        self.seconds += seconds
        self.networks += 1
        self.same += not differences
        self.within += (self.max_arena is None or arena <= self.max_arena) and (
            self.max_flash is None or flash <= self.max_flash
        )
        self.arena, self.flash = max(self.arena, arena), max(self.flash, flash)

    def row(self) -> str:
        """As a row of the table."""
        budgets = " and ".join(
            f"{name} ≤ {most:,}"
            for name, most in (("arena", self.max_arena), ("file", self.max_flash))
            if most is not None
        )
        within = f"{self.within} ({budgets})" if budgets else "none asked"
        cells = (
            self.query, self.networks, self.same, self.networks - self.same, within,
            f"{self.arena:,}", f"{self.flash:,}", f"{self.seconds:.0f}",
        )  # fmt: skip
        return f"| {' | '.join(map(str, cells))} |"


class Journal:
    """What was measured of each network so far; a file where there is one, a line each."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.known = path, {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, ran = json.loads(line)
                self.known[tuple(key)] = ran

    def run(self, claim: Claim) -> dict[str, Any]:
        """Of one network: bytes, differences, seconds; run unless that is known."""
        key = (claim.stack, *claim.network.input)
        if key in self.known:
            return self.known[key]
        began = perf_counter()
        verdict = check(claim, "tflm")
        ran = {
            "arena": verdict.measured["arena"],
            "flash": verdict.measured["flash"],
            "differences": verdict.differences,
            "seconds": round(perf_counter() - began, 1),
        }
        self.known[key] = ran
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps([key, ran])}\n")
        return ran


def main() -> int:
    """Convert and run as many of each query as the flags say; write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("queries", nargs="*", default=["random"], metavar="QUERY")
    parser.add_argument("--count", type=int, default=50, help="networks of each; default 50")
    parser.add_argument("--max-arena", metavar="BYTES", help="count those within, like 320KiB")
    parser.add_argument("--max-flash", metavar="BYTES", help="count those within, like 1MiB")
    parser.add_argument("-o", "--output", type=Path, help="the record")
    parser.add_argument("--journal", type=Path, help="what was run, a line of JSON each; to go on")
    asked = parser.parse_args()
    journal = Journal(asked.journal)
    record = recorded(asked.output)
    print(TABLE, end="")
    different = False
    for name in asked.queries:
        budgets = [_bytes(asked.max_arena), _bytes(asked.max_flash)]
        if name.endswith(".toml"):
            own = asked_of(Path(name))
            budgets = [own["max_arena"] or budgets[0], own["max_flash"] or budgets[1]]
        line = Line(Path(name).name, *budgets)
        for claim in islice(claims(name), asked.count):
            ran = journal.run(claim)
            line.count(**ran)
            for said in ran["differences"]:
                sizes = "×".join(map(str, claim.network.input))
                print(f"{claim.stack} on {sizes}: {said}", file=sys.stderr, flush=True)
        different |= line.same < line.networks
        record[line.query] = line.row()
        print(record[line.query], flush=True)
        if asked.output:
            rows = "".join(f"{row}\n" for row in record.values())
            made = {name: version(name) for name in ("tensorflow-cpu", "keras", "tflite-micro")}
            versions = ", ".join(f"{name} {number}" for name, number in made.items())
            text = HEADING.format(seed=SEED, versions=versions, front=FRONT) + TABLE + rows
            asked.output.write_text(text, encoding="utf-8")
    return 1 if different else 0


def _bytes(value: str | None) -> int | None:
    return None if value is None else whole(value, "bytes", 1, in_bytes=True)


def recorded(path: Path | None) -> dict[str, str]:
    """The rows of an earlier record by query."""
    if path is None or not path.exists():
        return {}
    rows = path.read_text(encoding="utf-8").partition(TABLE)[2].splitlines()
    return {row.strip("| ").split(" | ")[0].strip(): row for row in rows}


HEADING = """# Networks converted to int8 and run in TensorFlow Lite Micro

Written by `python benchmarks/tflm_many.py QUERY… -o benchmarks/tflm.md` (seed {seed}) with
{versions}.

Of every network the bytes of the file and both parts of the arena, the MACs and the output's shape
are compared with what `rfsearch.device.tflm` claims, and it runs in an arena of exactly the bytes
claimed. Of a config file the first {front} are those of its front, spread evenly, the others are
sampled; `within` counts those that keep to the file's own budgets, as measured.

"""

TABLE = """\
| query | networks | as claimed | different | within | largest arena | largest file | seconds |
|---|---:|---:|---:|---|---:|---:|---:|
"""

if __name__ == "__main__":
    sys.exit(main())
