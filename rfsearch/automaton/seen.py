"""Seen: spots told apart by which positions of their receptive field (RF) reach the output.

Along one axis the middle output of a stack sees the sums of g_i * {0..n_i} over its windows, n_i =
k_i - 1 and g_i = d_i j_i (the dilation times the jump before the window): a sumset, in which order
does not matter. Let the windows stand by rising g. All positions are seen exactly if

    g_i <= 1 + (the sum of g_l n_l over the windows l before it)        for every i

(Brown, "Note on complete sequences of integers", 1961): the sums of smaller windows then are a run
0..C-1, C the right side, and g_i * {0..n_i} lays such runs side by side; where g_i > C, position C
is no sum, since no window of g > C takes part in it.

So what may follow a prefix depends, beside its spot, on C and on the windows whose g is above C:
those *wait*, and join the run once C has reached them. Spots are copied once for each C and each
set of waiting windows; where only stacks that see all count, the spans that wait at each g will
do. A block is one window that reads any set of positions; it waits as long as C is below its
widest step, and with such blocks the sums are written out where a stack ends. The RF, C and the
spans of what waits, is known of every copy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from rfsearch.automaton.placement import Placement
from rfsearch.automaton.plan import BODY, HEAD
from rfsearch.automaton.spots import Spots, without_dead_ends
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.cost import COVERAGE_SCALE
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.layers.seen import Positions, is_safe, positions_seen, widest_gap
from rfsearch.request.query import Query
from rfsearch.request.running import Progress, silent

BYTES_A_COPY = 120
ODD = 0x9E3779B97F4A7C15  # its powers modulo 2^64 spread the numbers of a row
MOST_BITS = 1 << 33  # positions that are written out, of all ends together


@dataclass(frozen=True)
class Windows:
    """What steps read, in positions of the input; X classes of axes, M windows that may wait.

    of_step [E]     the row of `rows` that a step is, -1 where its item grows on no axis
    rows [R, X]     (widest step, span, its number among those that wait, below 0: none)
    gap, span, factor, axis [M]   of those that may wait, by rising gap: widest step, span,
                    number of positions read, class of axes
    positions [M]   what is read
    even            whether all of them are runs of equal steps
    """

    of_step: np.ndarray
    rows: np.ndarray
    gap: np.ndarray
    span: np.ndarray
    factor: np.ndarray
    axis: np.ndarray
    positions: tuple[Positions, ...]
    even: bool


def may_have_holes(spots: Spots, query: Query) -> bool:
    """Whether some stack might have a hole in its RF, as its items are."""
    return any(
        not is_safe(positions, stride) for _, stride, positions in _read(_placed(spots), query)[1]
    )


def _placed(spots: Spots) -> Placement:
    if not isinstance(spots.steps, Placement):
        raise UsageError("coverage: not a cost of a neighbourhood; `show` has it of every network")
    return spots.steps


def _read(steps: Placement, query: Query) -> tuple[np.ndarray, list[tuple[int, int, Positions]]]:
    """(number [E, X] of what a step reads, below 0: nothing; (class, stride, positions) each)."""
    rounding, table = ROUNDINGS[query.rounding], steps.table
    found = np.full((len(steps.link), len(table.axes)), -1, np.int64)
    kinds = np.array([link.kind for link in steps.links])
    body = np.flatnonzero(kinds[steps.link] == BODY)
    known: dict[tuple[int, int, Positions], int] = {}
    for x, group in enumerate(table.axes):
        pairs = np.stack([steps.geometry[steps.link[body]], steps.size[body, x]], axis=1)
        placed, which = np.unique(pairs, axis=0, return_inverse=True)
        numbers = np.empty(len(placed), np.int64)
        for row, (geometry, size) in enumerate(placed.tolist()):
            nodes, end = table.geometries[geometry]
            positions = positions_seen(nodes, end, group[0], steps.axes, size, rounding)
            key = (x, int(table.stride[geometry, x]), positions)
            numbers[row] = known.setdefault(key, len(known))
        found[body, x] = numbers[which.reshape(-1)]
    return found, list(known)


def _windows(steps: Placement, query: Query, all_seen: bool) -> Windows:
    """`all_seen`: windows are taken as reading every position that they span."""
    number, read = _read(steps, query)
    classes = steps.table.axes
    scaled: dict[tuple[int, Positions], int] = {}
    single = np.full(number.shape, -1, np.int64)
    for x, group in enumerate(classes):
        body = np.flatnonzero(number[:, x] >= 0)
        pairs = np.stack([number[body, x], steps.jump[body, group[0]]], axis=1)
        each, which = np.unique(pairs, axis=0, return_inverse=True)
        of_pair = np.full(len(each), -1, np.int64)
        for row, (kind, jump) in enumerate(each.tolist()):
            positions = read[kind][2]
            if len(positions) > 1:
                key = (x, tuple(one * jump for one in positions))
                of_pair[row] = scaled.setdefault(key, len(scaled))
        single[body, x] = of_pair[which.reshape(-1)]
    list_of = sorted(scaled, key=lambda one: (widest_gap(one[1]), one))
    gaps = [0 if all_seen else widest_gap(positions) for _, positions in list_of]
    waiting = [i for i, gap in enumerate(gaps) if gap > 1]
    entry = np.array(
        [
            (gaps[i], one[1][-1], waiting.index(i) if gaps[i] > 1 else -1)
            for i, one in enumerate(list_of)
        ],
        np.int64,
    ).reshape(-1, 3)
    place = np.empty(len(list_of), np.int64)
    for i, one in enumerate(list_of):
        place[scaled[one]] = i
    joint, of_step = np.unique(single, axis=0, return_inverse=True)
    rows = np.zeros((len(joint), len(classes), 3), np.int64)
    rows[:, :, 2] = -1
    some = np.asarray(joint >= 0)
    rows[some] = entry[place[joint[some]]]
    grows = np.asarray(some.any(axis=1))
    return Windows(
        np.where(grows[of_step.reshape(-1)], of_step.reshape(-1), -1),
        rows,
        np.array([gaps[i] for i in waiting], np.int64),
        np.array([list_of[i][1][-1] for i in waiting], np.int64),
        np.array([len(list_of[i][1]) for i in waiting], np.int64),
        np.array([list_of[i][0] for i in waiting], np.int64),
        tuple(list_of[i][1] for i in waiting),
        all(gaps[i] * (len(list_of[i][1]) - 1) == list_of[i][1][-1] for i in waiting),
    )  # fmt: skip


class _Classes:
    """What is seen so far, each once: runs [K, X] and what waits in each place [K, S].

    Each window that may wait has a place of its own, and how often it waits is counted. `joined`:
    only what sees all counts, and all windows are runs of equal steps. Then those of one widest
    step share a place, their spans are added up, and so are those that are sure to join with
    narrower ones: a gap g' with g <= g' <= g + (the spans that wait at g) waits at g.
    """

    def __init__(self, windows: Windows, axes: int, joined: bool) -> None:
        self.windows, self.joined = windows, joined
        own = np.arange(len(windows.gap))
        self.gap, self.axis, self._place = windows.gap, windows.axis, own
        self._amount, self._span = np.ones(len(own), np.int64), windows.span
        if joined:
            places, self._place = np.unique(
                np.stack([windows.axis, windows.gap]), axis=1, return_inverse=True
            )
            self._place = self._place.reshape(-1)
            self.axis, self.gap = places
            self._amount, self._span = windows.span, np.ones(len(self.gap), np.int64)
        self.run = np.ones((1, axes), np.int64)
        self.waits = np.zeros((1, len(self.gap)), np.int64 if joined else np.uint8)
        self._mixed_by = 0
        self.number = {int(self._mixed(self.run, self.waits)[0]): 0}
        self.enough = 1 << 60

    def __len__(self) -> int:
        return len(self.run)

    @property
    def rf(self) -> np.ndarray:
        """[K, X] receptive fields."""
        return self.rf_of(self.run, self.waits)

    def rf_of(self, run: np.ndarray, waits: np.ndarray) -> np.ndarray:
        """[n, X] receptive fields of runs and what waits beside them."""
        rf = run.copy()
        for x in range(rf.shape[1]):
            here = self.axis == x
            rf[:, x] += waits[:, here].astype(np.int64) @ self._span[here]
        return rf

    @property
    def dense(self) -> np.ndarray:
        """[K] whether nothing waits."""
        return np.asarray(~self.waits.any(axis=1))

    def after(self, before: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Runs [n, X] and what waits [n, S] after the windows `row` [n] of `rows`, below 0: none.

        They are added to the classes `before`, and not numbered yet.
        """
        windows = self.windows
        # Column by column in memory, as they are gone through here and by who asks.
        run, waits = (np.asfortranarray(one[before]) for one in (self.run, self.waits))
        some = np.flatnonzero(row >= 0)
        for x in range(run.shape[1]):
            gap, span, number = windows.rows[row[some], x].T
            joins = gap <= run[some, x]
            run[some[joins], x] += span[joins]
            late = np.flatnonzero(~joins)
            at = (some[late], self._place[number[late]])
            np.add.at(waits, at, self._amount[number[late]].astype(waits.dtype))
        for one in np.flatnonzero(waits.any(axis=0)).tolist():
            x = int(self.axis[one])
            joins = (waits[:, one] > 0) & (self.gap[one] <= run[:, x])
            run[joins, x] += waits[joins, one].astype(np.int64) * self._span[one]
            waits[joins, one] = 0
        if self.joined:
            self._gather(waits)
        return np.minimum(run, self.enough), waits

    def _gather(self, waits: np.ndarray) -> None:
        """Move what is sure to join with narrower windows to their place."""
        some = np.flatnonzero(waits.any(axis=0))
        for at, one in enumerate(some.tolist()):
            rows = np.flatnonzero(waits[:, one])
            sure = self.gap[one] + waits[rows, one]
            for wider in some[at + 1 :].tolist():
                if self.axis[wider] != self.axis[one]:
                    break
                more = np.where(sure >= self.gap[wider], waits[rows, wider], 0)
                moved = np.flatnonzero(more)
                if len(moved):
                    sure += more
                    waits[rows[moved], one] += more[moved]
                    waits[rows[moved], wider] = 0

    def numbered(self, run: np.ndarray, waits: np.ndarray) -> np.ndarray:
        """[n] the classes with these runs and what waits; those that are new are added."""
        if len(run) == 0:
            return np.zeros(0, np.int64)
        while (numbers := self._numbered(run, waits)) is None:
            self._mixed_by += 1
            self.number = {int(one): i for i, one in enumerate(self._mixed(self.run, self.waits))}
        return numbers

    def _numbered(self, run: np.ndarray, waits: np.ndarray) -> np.ndarray | None:
        """The same by the hashes of rows; None where two rows share one, before any is added."""
        mixed, first, which = np.unique(
            self._mixed(run, waits), return_index=True, return_inverse=True
        )
        known = self.number
        numbers = np.array([known.get(one, -1) for one in mixed.tolist()], np.int64)
        new = np.flatnonzero(numbers < 0)
        numbers[new] = np.arange(len(self.run), len(self.run) + len(new))
        runs = np.concatenate([self.run, run[first[new]]])
        waiting = np.concatenate([self.waits, waits[first[new]]])
        found = numbers[which]
        if (runs[found] != run).any() or (waiting[found] != waits).any():
            return None
        self.run, self.waits = runs, waiting
        known.update(zip(mixed[new].tolist(), numbers[new].tolist(), strict=True))
        return found

    def _mixed(self, run: np.ndarray, waits: np.ndarray) -> np.ndarray:
        """[n] hashes of rows: sums of multiples that wrap, their high bits stirred into the low."""
        columns = run.shape[1] + waits.shape[1]
        odd = np.cumprod(np.full(columns, ODD + 2 * self._mixed_by, np.uint64))
        found = run.astype(np.uint64) @ odd[: run.shape[1]]
        for one in np.flatnonzero(waits.any(axis=0)).tolist():
            found += waits[:, one].astype(np.uint64) * odd[run.shape[1] + one]
        return np.asarray((found ^ found >> np.uint64(29)).view(np.int64))


class TooManyStates(Exception):
    """More states than the caller wants."""

    def __init__(self, states: int) -> None:
        super().__init__()
        self.states = states


def told_apart(
    spots: Spots,
    query: Query,
    memory_limit: int,
    share: tuple[int, int] | None,
    costed: bool,
    tracked: bool,
    progress: Progress = silent,
    most: int | None = None,
) -> Spots:
    """Copies of spots, one for each of what may be seen so far; `rf` [P, axes] where `tracked`.

    share: of the positions, in units of cost.COVERAGE_SCALE, at least and at most so many must
    reach the middle output of a match, on the axis where least do; None: that is not asked, and
    only RFs are told apart. costed: the step to an end has the cost `coverage`.
    Raises LimitError, UsageError, and TooManyStates beyond `most` copies.
    """
    made = _Telling(spots, query, memory_limit, share, costed, tracked, most)
    made.run(progress)
    return made.spots()


class _Telling:
    """One pass over the places of a plan, all copies of a place's spots at once."""

    def __init__(
        self, spots: Spots, query: Query, memory_limit: int, share: tuple[int, int] | None,
        costed: bool, tracked: bool, most_states: int | None,
    ) -> None:  # fmt: skip
        self.most_states = most_states
        self.old, self.query, self.memory_limit, self.costed = spots, query, memory_limit, costed
        steps = _placed(spots)
        self.share = share
        self.only_dense = share is not None and share[0] >= COVERAGE_SCALE
        self.windows = _windows(steps, query, all_seen=share is None and not costed)
        self.axes = axes = steps.table.axes
        joined = self.only_dense and self.windows.even
        self.classes = _Classes(self.windows, len(axes), joined)
        self.tracked = tracked
        if self.only_dense and not tracked:  # a run that every window joins need not be longer
            self.classes.enough = int(self.windows.gap.max(initial=1))
        ranges = query.target_rf or ((1, None),) * steps.axes
        each = [[ranges[axis] for axis in group] for group in axes]
        self.low = np.array([max(low for low, _ in some) for some in each])
        self.high = np.array(
            [min((high for _, high in some if high is not None), default=1 << 60) for some in each]
        )
        self.jump = np.array(
            [[jump[group[0]] for group in axes] for jump in (*spots.jumps, (1,) * steps.axes)]
        )[spots.jump]
        self.most, self.factor = self._most_more(len(axes))
        self.source: list[np.ndarray] = []
        self.target: list[np.ndarray] = []
        self.step: list[np.ndarray] = []
        self.spot: list[np.ndarray] = []
        self.seen: list[np.ndarray] = []
        self.count = self.links = 0

    def _places(self) -> list[tuple[int, int]]:
        """Runs of spots of one place; steps lead from one run to later ones."""
        ends = np.flatnonzero(np.diff(self.old.place, prepend=-1, append=-1) != 0)
        return [(low, high) for low, high in pairwise(ends.tolist())]

    def _most_more(self, axes: int) -> tuple[np.ndarray, np.ndarray]:
        """[P, X] how much completions add to an RF at most, and to the log of a run's length.

        A window of n + 1 positions makes a run of C positions one of C (n + 1) at most.
        """
        windows, old = self.windows, self.old
        span = np.append(windows.rows[:, :, 1], np.zeros((1, axes), np.int64), axis=0)
        number = np.append(windows.rows[:, :, 2], np.full((1, axes), -1), axis=0)
        times = np.where(number < 0, span + 1, np.append(windows.factor, 0)[number])
        most = np.zeros((len(old.place), axes), np.int64)
        factor = np.zeros((len(old.place), axes))
        for low, high in reversed(self._places()):
            begin, end = np.searchsorted(old.source, [low, high])
            source, target = old.source[begin:end], old.target[begin:end]
            row = windows.of_step[begin:end]
            np.maximum.at(most, source, most[target] + span[row])
            np.maximum.at(factor, source, factor[target] + np.log(times[row]))
        return most, factor

    def run(self, progress: Progress) -> None:
        """Follow every stack from the start on."""
        places = self._places()
        of_spot = np.repeat(np.arange(len(places)), [high - low for low, high in places])
        arriving: list[list[tuple[np.ndarray, ...]]] = [[] for _ in places]
        one = np.zeros(1, np.int64)
        arriving[0].append((one, one, np.full(1, -1), one))
        for number in range(len(places)):
            if not arriving[number]:
                continue
            progress("states", 0.4 + 0.6 * number / len(places), self.count)
            spot, seen, source, step = map(np.concatenate, zip(*arriving[number], strict=True))
            arriving[number] = []
            # One number a pair of a spot and a class: sorted much faster than pairs.
            pairs, which = np.unique(spot * len(self.classes) + seen, return_inverse=True)
            self._link(source, self.count + which, step)
            states = np.arange(self.count, self.count + len(pairs))
            spot, seen = np.divmod(pairs, len(self.classes))
            self._enter(spot, seen)
            moved = self._followed(spot, seen, states)
            order = np.argsort(of_spot[moved[0]], kind="stable")
            moved = tuple(values[order] for values in moved)
            bounds = np.searchsorted(of_spot[moved[0]], np.arange(len(places) + 1))
            for later in np.flatnonzero(np.diff(bounds)).tolist():
                some = slice(int(bounds[later]), int(bounds[later + 1]))
                arriving[later].append(tuple(values[some] for values in moved))

    def _enter(self, spot: np.ndarray, seen: np.ndarray) -> None:
        self.spot.append(spot)
        self.seen.append(seen)
        self.count += len(spot)
        if self.most_states is not None and self.count > self.most_states:
            raise TooManyStates(self.most_states)

    def _link(self, source: np.ndarray, target: np.ndarray, step: np.ndarray) -> None:
        self.source.append(source)
        self.target.append(target)
        self.step.append(step)
        self.links += len(source)
        size = (self.links + self.count) * BYTES_A_COPY + self.classes.waits.size * 24
        if size > self.memory_limit:
            raise LimitError(
                f"{self.count} states told apart by what their receptive fields see need more than "
                f"the limit of {self.memory_limit / 2**30:.3g} GiB (--memory-limit); give fewer "
                "dilations, keep an order (never_falls), or --allow-holes"
            )

    def _followed(
        self, spot: np.ndarray, seen: np.ndarray, states: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """(target, seen, source state, step) of every step that may lead to a match."""
        old, windows = self.old, self.windows
        first = old.first[spot]
        counts = old.first[spot + 1] - first
        which = np.repeat(np.arange(len(spot)), counts)
        step = np.arange(len(which)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        target, row = old.target[step], windows.of_step[step]
        keys = seen[which] * (len(windows.rows) + 1) + row + 1
        each, number = np.unique(keys, return_inverse=True)
        number = number.reshape(-1)
        before, row = np.divmod(each, len(windows.rows) + 1)
        run, waits = self.classes.after(before, row - 1)
        kept = np.flatnonzero(self._kept(target, run, waits, number))
        # Only what is gone on with is numbered: the rest is many times as much.
        alive, number = np.unique(number[kept], return_inverse=True)
        after = self.classes.numbered(run[alive], waits[alive])[number.reshape(-1)]
        return target[kept], after, states[which[kept]], step[kept]

    def _kept(
        self, spot: np.ndarray, run: np.ndarray, waits: np.ndarray, which: np.ndarray
    ) -> np.ndarray:
        """[n] whether a match may follow: necessary conditions, of a spot and the row `which`."""
        rf = self.classes.rf_of(run, waits)[which]
        jump = self.jump[spot]
        still = np.maximum(self.low - rf, 0)
        kept: np.ndarray = (rf + -(-still // jump) * jump <= self.high).all(axis=1)
        kept &= (rf + self.most[spot] >= self.low).all(axis=1)
        if self.only_dense and self.windows.even:
            for x in range(rf.shape[1]):
                kept[kept] = self._may_close(x, spot[kept], jump[kept, x], run, waits, which[kept])
        return kept

    def _may_close(
        self, x: int, spot: np.ndarray, jump: np.ndarray, run: np.ndarray, waits: np.ndarray,
        which: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """[n] whether all that waits on axis x may join, and the RF be as asked for then.

        What waits at gap g joins once the run has g positions, so that other windows fill what is
        lacking: so many positions, and so many times the run. It costs them least where what waits
        joins as soon as it can.
        """
        least = run[:, x].copy()  # positions of the run at the least, once all has joined
        lacking, times = np.zeros(len(run), np.int64), np.zeros(len(run))
        length = least.astype(np.float64)
        late = np.zeros(len(run), bool)
        for one in np.flatnonzero((self.classes.axis == x) & waits.any(axis=0)).tolist():
            gap, span = int(self.classes.gap[one]), waits[:, one]
            waiting = span > 0
            lacking += np.where(waiting, np.maximum(gap - least, 0), 0)
            least = np.where(waiting, np.maximum(least, gap) + span, least)
            short = waiting & (length < gap)
            times[short] += np.log(gap / length[short])
            length = np.where(waiting, np.maximum(length, gap) + span, length)
            late |= waiting
        left = self.factor[spot, x] - times[which]
        kept: np.ndarray = ~late[which] | (
            (jump <= run[which, x]) & (lacking[which] <= self.most[spot, x]) & (left >= -1e-9)
        )
        kept &= least[which] <= self.high[x]
        kept &= np.log(length)[which] + left >= np.log(max(self.low[x], 1)) - 1e-9
        return kept

    def spots(self) -> Spots:
        """The copies that lie on a match, the start among them where there is none."""
        spot, seen = np.concatenate(self.spot), np.concatenate(self.seen)
        source, target, step = (
            np.concatenate(values)[1:] for values in (self.source, self.target, self.step)
        )
        rf = self.classes.rf[seen]
        final = self.old.final[spot] & ((rf >= self.low) & (rf <= self.high)).all(axis=1)
        shares = self._shares(seen, final)
        if self.share is not None:
            final &= (shares[seen] >= self.share[0]) & (shares[seen] <= self.share[1])
        order = np.lexsort((step, source))
        source, target, step = source[order], target[order], step[order]
        extra = {}
        if self.costed:
            ends = np.array([link.kind == HEAD for link in self.old.links])[self.old.link[step]]
            extra["coverage"] = np.where(ends, shares[seen[target]], 0)
        made = self.old.unfolded(spot, step, source, target, extra)
        if self.tracked:
            class_of = np.empty(self.old.axes, np.int64)
            for x, group in enumerate(self.axes):
                class_of[list(group)] = x
            made = replace(made, rf=rf[:, class_of])
        return without_dead_ends(replace(made, final=final), {"coverage"})

    def _shares(self, seen: np.ndarray, final: np.ndarray) -> np.ndarray:
        """[K] the share that is seen, of the classes with which a stack may end; 0 of others."""
        shares = np.zeros(len(self.classes), np.int64)
        ends = np.unique(seen[final])
        dense = self.classes.dense[ends]
        shares[ends[dense]] = COVERAGE_SCALE
        holes = ends[~dense]
        if self.only_dense and self.windows.even:
            return shares
        rf = self.classes.rf
        if int(rf[holes].sum()) > MOST_BITS:
            raise LimitError(
                f"coverage: {len(holes)} fields of up to {int(rf[holes].max())} positions are too "
                "many to write out; narrow target_rf, or give fewer dilations"
            )
        known: dict[tuple[int, bytes], int] = {}
        for one in holes.tolist():
            shares[one] = min(self._share(one, x, rf[one, x], known) for x in range(rf.shape[1]))
        return shares

    def _share(self, one: int, x: int, rf: int, known: dict[tuple[int, bytes], int]) -> int:
        """Of one class on one axis: the sums written out as bits."""
        here = np.flatnonzero(self.classes.axis == x)
        waits = self.classes.waits[one, here]
        key = (int(self.classes.run[one, x]) * 4 + x, waits.tobytes())
        if key not in known:
            bits = (1 << int(self.classes.run[one, x])) - 1
            for number, times in zip(here.tolist(), waits.tolist(), strict=True):
                for _ in range(times):
                    bits = _added(bits, self.windows.positions[number])
            share = Fraction(bits.bit_count(), int(rf))
            known[key] = round(share * COVERAGE_SCALE)  # less than all of it stays less
        return known[key]


def _added(bits: int, positions: Positions) -> int:
    """The sums of a set of numbers, as bits, and of `positions`."""
    found = 0
    for one in positions:
        found |= bits << one
    return found
