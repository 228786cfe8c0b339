"""Items measured into tables, and whole networks: timed in onnxruntime, or compiled by Vela.

Both keep what they know in a folder: a table of items and its journal while it is made, a file of
whole networks. What is there already is not measured again.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from rfsearch.claims.claim import of_rows
from rfsearch.device.measure.items import Wanted
from rfsearch.device.measure.runtime import runtime_named
from rfsearch.device.measure.session import Session
from rfsearch.device.measure.vela_session import VelaSession
from rfsearch.device.measure.whole import whole_rounds
from rfsearch.export.live import plan_of
from rfsearch.export.plan import Plan
from rfsearch.question.found import Found
from rfsearch.request.request import Request

ACCELERATOR = "ethos-u55-128"
Known = dict[str, list[float]]  # the rounds of each network


@dataclass(frozen=True)
class Measured:
    """A whole network: the median of its rounds, and half of what lies between their quartiles."""

    value: float
    spread: float = 0.0

    @classmethod
    def of(cls, rounds: Sequence[float]) -> Measured:
        """From all rounds."""
        if len(rounds) == 1:
            return cls(rounds[0])
        low, _, high = quantiles(rounds, n=4, method="inclusive")
        return cls(median(rounds), (high - low) / 2)

    @property
    def shown(self) -> str:
        """`1,234 ± 5`."""
        return f"{self.value:,.0f}" + (f" ± {self.spread:,.0f}" if self.spread else "")


class Runner(ABC):
    """One way to measure. `slow`: of each space only a part; `between`: why a whole may take more
    than the sum of its items, and why less."""

    name: str
    unit: str
    slow = False
    between: tuple[str, str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    @abstractmethod
    def said(self) -> str:
        """One line of what measures."""

    @abstractmethod
    def session(self, items: Sequence[Wanted], journal: Path) -> Session | VelaSession:
        """What measures items."""

    @abstractmethod
    def networks(
        self, plans: Sequence[Plan], names: Sequence[str], known: Known, keep: Callable[[], None]
    ) -> None:
        """Measure whole networks into `known`, by name; `keep` writes what is known."""

    def items(self, found: Found, preset: str) -> Path:
        """The table of every item of a match; measured where it is not there."""
        file = self.folder / f"{preset}-{self.name}.parquet"
        if not file.exists():
            items = [Wanted(place) for place in found.automaton.items.places]
            journal = file.with_suffix(".journal")
            session = self.session(items, journal)
            session.run(_tell(file.name))
            for item, error in session.failed:
                print(f"{item.place}: {error}", file=sys.stderr, flush=True)
            session.table().write_parquet(file)
            session.journal.close(done=True)
        return file

    def whole(self, request: Request, rows: Sequence[dict], preset: str) -> list[Measured]:
        """Each row's network, run whole, all of them in the same rounds."""
        file = self.folder / f"{preset}-{self.name}-whole.json"
        asked = (request["input"], request["axes"], request["input_channels"], preset)
        claims = [next(of_rows([row], *asked)) for row in rows]
        names = [f"{one.stack} on {one.network.input}" for one in claims]
        plans = {name: plan_of(one.network) for name, one in zip(names, claims, strict=True)}
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}

        def keep() -> None:
            file.write_text(json.dumps(known, indent=0, ensure_ascii=False), "utf-8")

        self.networks(list(plans.values()), list(plans), known, keep)
        keep()
        return [Measured.of(known[name]) for name in names]


class Timed(Runner):
    """onnxruntime, one thread, microseconds."""

    name, unit = "onnxruntime", "us"
    between = (
        "items take less alone, their weights and values still in the caches, than within",
        "what is between items is done for each of them alone, once or never within",
    )

    def __init__(self, folder: Path, rounds: int) -> None:
        super().__init__(folder)
        self.rounds = rounds

    @property
    def said(self) -> str:
        from rfsearch.device.measure.machine import machine

        return f"{runtime_named(self.name).versions()}, one thread, on {machine()}."

    def session(self, items: Sequence[Wanted], journal: Path) -> Session:
        return Session(items, self.name, journal)

    def networks(
        self, plans: Sequence[Plan], names: Sequence[str], known: Known, keep: Callable[[], None]
    ) -> None:
        """All of them anew where one is missing: only what runs in the same rounds compares."""
        if all(len(known.get(name, ())) == self.rounds for name in names):
            return
        runtime, tell = runtime_named(self.name), _tell("whole networks")
        taken = whole_rounds(plans, runtime, rounds=self.rounds, threads=1, progress=tell)
        known.clear()
        known |= {
            name: [one / 1000 for one in rounds] for name, rounds in zip(names, taken, strict=True)
        }


class Compiled(Runner):
    """Vela, cycles: no spread, as it is no measurement."""

    name, unit, slow = "vela", "cycles", True
    between = (
        "memory and computing overlap less within, where tensors are placed for the whole",
        "what an item alone reads and writes in the slower memory stays in the faster one within",
    )

    @property
    def said(self) -> str:
        from importlib.metadata import version

        return (
            f"ethos-u-vela {version('ethos-u-vela')}, {ACCELERATOR}, whole networks compiled whole."
        )

    def session(self, items: Sequence[Wanted], journal: Path) -> VelaSession:
        return VelaSession(items, journal, figure="cycles", accelerator=ACCELERATOR)

    def networks(
        self, plans: Sequence[Plan], names: Sequence[str], known: Known, keep: Callable[[], None]
    ) -> None:
        from rfsearch.device.tflm.convert import convert
        from rfsearch.device.vela import compile_network

        tell = _tell("compiling whole networks")
        for number, (name, plan) in enumerate(zip(names, plans, strict=True), start=1):
            if name not in known:
                known[name] = [float(compile_network(convert(plan), ACCELERATOR).cycles)]
                keep()
            tell("", number / len(names))


def _tell(what: str) -> Callable[[str, float], None]:
    """Progress on stderr, a line for each tenth."""
    last = [0]

    def tell(_: str, done: float) -> None:
        if int(10 * done) > last[0]:
            last[0] = int(10 * done)
            print(f"{what}: {last[0]} of 10 parts", file=sys.stderr, flush=True)

    return tell
