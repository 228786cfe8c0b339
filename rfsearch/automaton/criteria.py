"""Criteria: what a question ranks by and what it may not pass, as numbers to be made small.

Every criterion is a cost, negated where it is maximised or bounded from below, so that the kernels
know one direction only. Budgets on depth and peak memory are in the automaton already; the others
are limits on criteria here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.errors import UsageError
from rfsearch.kernels.step import ADD, GREATEST, LEAST
from rfsearch.layers.cost import COST_NAMES, MAX, RANKED, Cost

UNLIMITED = 1 << 62


@dataclass(frozen=True, eq=False)
class Criteria:
    """K criteria, the first `ranked` of them the ranking; arrays for the kernels.

    cost [steps, K], join [K] (ADD, GREATEST or LEAST), begin [K] the values before any step, limit
    [K] (UNLIMITED where there is none).
    """

    names: tuple[str, ...]
    ranked: int
    cost: np.ndarray
    join: np.ndarray
    begin: np.ndarray
    limit: np.ndarray

    @property
    def lead(self) -> int:
        """How many leading ranked criteria add: among these the least vector is exact ahead."""
        for k in range(self.ranked):
            if self.join[k] != ADD:
                return k
        return self.ranked

    @property
    def limited(self) -> bool:
        """Whether a budget on an adding cost is among them."""
        return bool((self.limit < UNLIMITED).any())


def parse_ranking(
    by: Sequence[str], place: str = "by", costs: Mapping[str, Cost] = RANKED
) -> list[tuple[str, int]]:
    """(cost, sign) of each entry, sign -1 where maximised (`max:params`). Raises UsageError.

    `costs`: every cost that there is, the declared ones of a query among them.
    """
    if isinstance(by, str):
        by = by.split(",")
    ranking: list[tuple[str, int]] = []
    for entry in by:
        text = str(entry).strip()
        direction, _, name = text.rpartition(":")
        if name not in costs or direction not in ("", "min", "max"):
            raise UsageError(
                f"{place}: {entry!r} is not a cost, or max: and a cost; costs are {COST_NAMES}"
                + "".join(f", {one}" for one in costs if one not in RANKED)
            )
        if name in (known for known, _ in ranking):
            raise UsageError(f"{place}: {name} stands twice")
        ranking.append((name, -1 if direction == "max" else 1))
    if not ranking:
        raise UsageError(f"{place}: the list is empty; give at least one cost")
    return ranking


def criteria_of(automaton: Automaton, ranking: Sequence[tuple[str, int]]) -> Criteria:
    """The ranking, and one criterion more for each budget that no ranked one can carry."""
    limits = dict.fromkeys(ranking, UNLIMITED)
    for name, (low, high) in automaton.query.budgets.items():
        if name in automaton.in_states:
            continue
        if high is not None:
            limits[name, 1] = high
        if low is not None:
            limits[name, -1] = -low
    cost = np.empty((automaton.steps, len(limits)), np.int64)
    for k, (name, sign) in enumerate(limits):
        try:
            cost[:, k] = sign * automaton.cost(name)
        except KeyError:
            whose = (
                "only the networks like one have it"
                if RANKED[name].of_neighbourhoods
                else "not defined where layers may be transposed or resized"
            )
            raise UsageError(f"{name}: {whose}; see docs/stages.md") from None
    known = automaton.query.costs
    _check_total(automaton, list(limits), cost)
    return Criteria(
        names=tuple(name for name, _ in limits),
        ranked=len(ranking),
        cost=cost,
        join=np.array([_join(known[name], sign) for name, sign in limits], np.int64),
        begin=np.array([automaton.begin(name, sign) for name, sign in limits], np.int64),
        limit=np.array(list(limits.values()), np.int64),
    )


def _join(cost: Cost, sign: int) -> int:
    if cost.combine == MAX:
        return GREATEST if sign > 0 else LEAST
    return ADD


def _check_total(automaton: Automaton, limits: list[tuple[str, int]], cost: np.ndarray) -> None:
    """Refuse costs whose sums could pass int64: numba wraps silently."""
    for k, (name, sign) in enumerate(limits):
        most = max(int(cost[:, k].max(initial=0)), -int(cost[:, k].min(initial=0)))
        known = automaton.query.costs[name]
        steps = 1 if known.combine == MAX else automaton.depth[1]
        if most * steps + abs(automaton.begin(name, sign)) > UNLIMITED:
            raise UsageError(
                f"{name}: a stack of {steps} layers could pass 2^62 {known.unit}; reduce "
                "depth, channels, kernel or input"
            )
