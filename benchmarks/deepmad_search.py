"""The best network within the published one's budgets, and the bound on all others, in time."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from deepmad_boxes import ROOTS, halves, nearest, roots
from deepmad_local import anneal, exchange
from deepmad_network import PUBLISHED, Blocks, blocks, choice_of, judge

_MOVES, _HEAT = 6_000_000, 300.0
_SHARD = 10_000  # boxes of one call: a fraction of a second
_ROUND = 2048  # boxes halved before the list of open ones is sorted again
_TRIED = 8  # of them, how many are rounded and improved by exchange


@dataclass(frozen=True)
class Outcome:
    """What stands after so many seconds; bound inf while some choices of L have none yet."""

    network: Blocks
    score: float
    bound: float
    seconds: float
    survivors: int
    halved: int


def search(
    seconds: float, threads: int, anneals: int, say: Callable[[str], None] = lambda text: None
) -> Outcome:
    """Anneal, bound every choice of L, then halve what is left until nothing is or time is up."""
    return _Search(seconds, threads, anneals, say).outcome()


class _Search:
    def __init__(
        self, seconds: float, threads: int, anneals: int, say: Callable[[str], None]
    ) -> None:
        self.started, self.seconds, self.threads = perf_counter(), seconds, threads
        self.anneals, self.say = anneals, say
        self.choice, self.score, self.doubtful = choice_of(PUBLISHED), -1.0, -1.0
        self.survivors, self.halved = 0, 0

    def outcome(self) -> Outcome:
        with ThreadPoolExecutor(self.threads) as pool:
            self._anneal(pool)
            opened = self._roots(pool)
            bound = self._tree(pool, *opened) if opened else math.inf
        bound = max(bound, self.score, self.doubtful)
        network = blocks(self.choice)
        return Outcome(network, self.score, bound, self._elapsed(), self.survivors, self.halved)

    def _elapsed(self) -> float:
        return perf_counter() - self.started

    def _offer(self, choice: np.ndarray, score: float) -> None:
        if score > self.score:
            self.choice, self.score = choice.copy(), float(score)

    def _anneal(self, pool: ThreadPoolExecutor) -> None:
        def once(seed: int) -> tuple[np.ndarray, float]:
            choice, _ = anneal(choice_of(PUBLISHED), _MOVES, _HEAT, seed)
            return exchange(choice, 0)

        for choice, score in pool.map(once, range(self.anneals)):
            self._offer(choice, score)
        self.say(f"{self._elapsed():6.1f} s  annealed: {self.score:.3f}")

    def _roots(self, pool: ThreadPoolExecutor) -> tuple[np.ndarray, ...] | None:
        """Boxes, starts and bounds of every choice of L not ruled out; None: out of time."""
        waiting = {
            pool.submit(roots, low, min(low + _SHARD, ROOTS), self.score)
            for low in range(0, ROOTS, _SHARD)
        }
        parts = []
        while waiting:
            left = max(0.0, self.seconds - self._elapsed())
            done, waiting = wait(waiting, timeout=left, return_when=FIRST_COMPLETED)
            if not done:
                for job in waiting:
                    job.cancel()
                return None
            parts += [job.result() for job in done]
        boxes, starts, bounds = (np.concatenate(some) for some in zip(*parts, strict=True))
        self.survivors = len(bounds)
        self.say(
            f"{self._elapsed():6.1f} s  {ROOTS:,} choices of L bounded, {len(bounds):,} left, "
            f"bound {bounds.max(initial=self.score):.3f}"
        )
        return boxes, starts, bounds

    def _tree(
        self,
        pool: ThreadPoolExecutor,
        boxes: np.ndarray,
        starts: np.ndarray,
        bounds: np.ndarray,
    ) -> float:
        """Halve the boxes of the greatest bounds, over and over; the bound on what is left."""
        said = self._elapsed()
        while True:
            order = np.argsort(-bounds)
            order = order[bounds[order] > self.score]
            if not len(order) or self._elapsed() > self.seconds:
                return float(bounds[order].max(initial=-1.0))
            now, later = order[:_ROUND], order[_ROUND:]
            for at in now[:_TRIED]:
                self._offer(*exchange(nearest(boxes[at].astype(np.int64), starts[at]), 5))
            jobs = [
                pool.submit(halves, boxes[some], starts[some], self.score)
                for some in np.array_split(now, self.threads)
            ]
            made = [job.result() for job in jobs]
            self.halved += len(now)
            for *_, choice, score, doubtful in made:
                self.doubtful = max(self.doubtful, doubtful)
                self._offer(choice, score)
            boxes, starts, bounds = (
                np.concatenate([old[later], *(part[at] for part in made)])
                for at, old in enumerate((boxes, starts, bounds))
            )
            if self._elapsed() > said + 5 or not len(bounds):
                said = self._elapsed()
                self.say(
                    f"{said:6.1f} s  {len(bounds):,} boxes open, found {self.score:.3f}, "
                    f"bound {bounds.max(initial=self.score):.3f}"
                )


def compile_kernels() -> None:
    """Compile every kernel in this thread, so that the pool finds them ready."""
    start = choice_of(PUBLISHED)
    anneal(start, 1, _HEAT, 0)
    exchange(start.copy(), 14)
    boxes, starts, _ = roots(0, 1, -math.inf)
    nearest(boxes[0].astype(np.int64), starts[0])
    halves(boxes, starts, math.inf)
    judge(start)
