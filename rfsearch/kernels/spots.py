"""Kernels that find spots: a state without its receptive field (RF), and the steps between them.

A spot is (place of the control, sizes, jump, whether a lower bound on peak memory is met). Sizes
are one number an axis, axes that no item tells apart counting as one. A step adds a constant to
every RF of its spot, so that the RFs of a spot are a row of bits and a step shifts it.

`discover` follows a control without loops, place by place. `discover_by_depth` follows one with
loops depth by depth, with the RFs at hand, so that a spot is made only where some RF gets there
from which the target can still be met.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.bits import ZERO, shift_on, span_of, survives
from rfsearch.kernels.jit import int64

DONE, MORE_SPOTS, MORE_STEPS = 0, 1, 2  # finished, or which arrays are too short
NONE = -1
PLACE, SIZES, JUMP, MET = 0, 1, 4, 5  # columns of a spot: sizes of up to three axes
SPOTS, STEPS, AT, FAR = 0, 1, 2, 3  # of Pool.used: see there
TOO_FAR = -3  # in place of a jump: so great that figures would not fit
HASH = np.uint64(0x9E3779B97F4A7C15)


class Grammar(NamedTuple):
    """What may follow what, and what it does; X axes told apart, A arcs, G geometries, J jumps.

    first [C+1], to, geometry [A]  arcs of a place in order; a geometry below 0 is none
    next_size [X, G, N+1]          0 where it is invalid
    growth [X, G, M]               M is 1 or N+1, see kernels.geometry
    stride [G]                     number of its stride
    next_jump [J, strides]         where that leads; J where no growing window may follow, below 0
                                   where no stack goes on so long, or TOO_FAR
    jump [J+1, X]                  in input positions
    radix, weight [X]              an axis may have RFs below its radix, and RF r stands at bit
                                   weight * r; a weight of 0: the axis has none of its own
    live_first [A+1], live [R, nodes], node_first [G], node_size [X, K, N+1], times [X]
                                   for budgets on peak memory: channels alive on each node, and
                                   the nodes' sizes; an axis counts `times`
    least_peak, most_peak          in values; below 0: none
    """

    first: np.ndarray
    to: np.ndarray
    geometry: np.ndarray
    next_size: np.ndarray
    growth: np.ndarray
    stride: np.ndarray
    next_jump: np.ndarray
    jump: np.ndarray
    radix: np.ndarray
    weight: np.ndarray
    live_first: np.ndarray
    live: np.ndarray
    node_first: np.ndarray
    node_size: np.ndarray
    times: np.ndarray
    least_peak: int
    most_peak: int


class Pool(NamedTuple):
    """Spots [P] and steps [E] as growable arrays.

    spot [P, 6]: place, sizes, number of the jump, met; key [P]; chain [P], head [C]: spots of a
    place; begin, end [P]: its steps, begin below 0 where it was not expanded; target, link [E];
    shift [E], in bits; mask [E]: the row of masks that bits must be in after it (only by depth);
    to_key [E]: of a target that is not yet made; same [E]: how many steps before it one with the
    same target, shift and mask stands, 0 where none was seen; table: hash of keys; used [4]: how
    many spots and steps, the place or depth to go on from, and whether some jump was TOO_FAR.
    """

    spot: np.ndarray
    key: np.ndarray
    chain: np.ndarray
    head: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    target: np.ndarray
    link: np.ndarray
    shift: np.ndarray
    mask: np.ndarray
    to_key: np.ndarray
    same: np.ndarray
    table: np.ndarray
    used: np.ndarray


@jit.pasted
def _key(grammar: Grammar, place: int, sizes: np.ndarray, jump: int, met: int) -> int:
    key = place
    for x in range(grammar.next_size.shape[0]):
        key = key * grammar.next_size.shape[2] + sizes[x]
    return (key * len(grammar.jump) + jump) * 2 + met


@jit.bare
def _place_of(pool: Pool, key: int) -> int:
    """Where a key stands, or would stand, in the hash table."""
    mask = np.uint64(len(pool.table) - 1)
    at = (np.uint64(key) * HASH) >> np.uint64(20)
    at &= mask
    while pool.table[at] != NONE and pool.key[pool.table[at]] != key:
        at = (at + np.uint64(1)) & mask
    return int64(at)


@jit.bare
def add_spot(grammar: Grammar, pool: Pool, key: int) -> int:
    """The number of the spot with this key, made where it is new; NONE where there is no room."""
    at = _place_of(pool, key)
    if pool.table[at] != NONE:
        return int64(pool.table[at])
    number = pool.used[SPOTS]
    if number >= len(pool.key):
        return int64(NONE)
    pool.used[SPOTS] += 1
    pool.table[at] = number
    pool.key[number] = key
    spot = pool.spot[number]
    spot[MET] = key & 1
    rest = key >> 1
    spot[JUMP] = rest % len(grammar.jump)
    rest //= len(grammar.jump)
    for x in range(grammar.next_size.shape[0] - 1, -1, -1):
        spot[SIZES + x] = rest % grammar.next_size.shape[2]
        rest //= grammar.next_size.shape[2]
    spot[PLACE] = rest
    pool.chain[number] = pool.head[rest]
    pool.head[rest] = number
    pool.begin[number] = NONE
    return int64(number)


@jit.bare_njit
def enter_again(grammar: Grammar, pool: Pool) -> None:
    """Fill the hash table of a pool that has grown."""
    for number in range(pool.used[SPOTS]):
        pool.table[_place_of(pool, pool.key[number])] = number


@jit.bare_njit
def add_first(
    grammar: Grammar, pool: Pool, place: int, sizes: np.ndarray, jump: int, met: int
) -> int:
    """The number of the spot that a walk begins with."""
    return add_spot(grammar, pool, _key(grammar, place, sizes, jump, met))


@jit.bare
def _peak(grammar: Grammar, spot: np.ndarray, arc: int, g: int) -> int:
    """Values alive at the greatest step of an arc."""
    most = int64(0)
    for row in range(grammar.live_first[arc], grammar.live_first[arc + 1]):
        alive = int64(0)
        for node in range(grammar.live.shape[1]):
            channels = grammar.live[row, node]
            if channels:
                volume = int64(1)
                for x in range(grammar.node_size.shape[0]):
                    size = grammar.node_size[x, grammar.node_first[g] + node, spot[SIZES + x]]
                    for _ in range(grammar.times[x]):
                        volume *= size
                alive += channels * volume
        most = max(most, alive)
    return most


@jit.pasted
def _follow(
    grammar: Grammar, spot: np.ndarray, arc: int, sizes: np.ndarray
) -> tuple[int, int, int]:
    """(shift, number of the jump, met) after an arc; a shift below 0 where it may not stand.

    `sizes` [X] is filled with the sizes after it.
    """
    g = grammar.geometry[arc]
    shift, met, jump = int64(0), spot[MET], int64(0)
    if g < 0:
        return int64(NONE), jump, met
    varies = grammar.growth.shape[2] > 1
    for x in range(grammar.next_size.shape[0]):
        n = spot[SIZES + x]
        sizes[x] = grammar.next_size[x, g, n]
        if sizes[x] <= 0:
            return int64(NONE), jump, met
    jump = grammar.next_jump[spot[JUMP], grammar.stride[g]]
    if jump < 0:
        return int64(NONE), jump, met
    for x in range(grammar.next_size.shape[0]):
        if grammar.radix[x] > 0:
            more = grammar.growth[x, g, spot[SIZES + x] if varies else 0]
            # Divided, not multiplied: a jump may be great where nothing grows any more.
            if more > 0 and grammar.jump[spot[JUMP], x] > (grammar.radix[x] - 1) // more:
                return int64(NONE), int64(0), met
            shift += more * grammar.jump[spot[JUMP], x] * grammar.weight[x]
    if grammar.least_peak >= 0 or grammar.most_peak >= 0:
        peak = _peak(grammar, spot, arc, g)
        if grammar.most_peak >= 0 and peak > grammar.most_peak:
            return int64(NONE), int64(0), met
        if grammar.least_peak >= 0 and peak >= grammar.least_peak:
            met = int64(1)
    return shift, jump, met


@jit.bare_njit
def discover(grammar: Grammar, pool: Pool, sizes: np.ndarray) -> int:
    """Every spot and step of a control without loops; its places ascend along arcs.

    The first spots stand in the pool. sizes [X] is scratch. Returns DONE or what to grow.
    """
    for place in range(pool.used[AT], len(grammar.first) - 1):
        pool.used[AT] = place
        number = int64(pool.head[place])
        while number != NONE:
            if pool.begin[number] == NONE:
                begin = pool.used[STEPS]
                if begin + grammar.first[place + 1] - grammar.first[place] > len(pool.target):
                    return MORE_STEPS
                at = begin
                spot = pool.spot[number]
                for arc in range(grammar.first[place], grammar.first[place + 1]):
                    shift, jump, met = _follow(grammar, spot, arc, sizes)
                    if shift < 0:
                        if jump == TOO_FAR:
                            pool.used[FAR] = 1
                        continue
                    to = add_spot(grammar, pool, _key(grammar, grammar.to[arc], sizes, jump, met))
                    if to < 0:
                        return MORE_SPOTS
                    pool.target[at], pool.link[at], pool.shift[at] = to, arc, shift
                    at += 1
                pool.begin[number], pool.end[number] = begin, at
                pool.used[STEPS] = at
            number = int64(pool.chain[number])
    return DONE


@jit.pasted
def _expand(grammar: Grammar, pool: Pool, number: int, sizes: np.ndarray) -> bool:
    """Enter a spot's steps, targets not yet made; returns whether there was room.

    A step whose jump may grow too great for some RFs has two entries: RFs that it leaves room go
    to the spot of that jump, the others to that of all jumps too great to matter. Masks: J rows of
    the jumps, J of what is beyond each, one of all that is beyond.
    """
    spot = pool.spot[number]
    place, jumps = spot[PLACE], len(grammar.jump) - 1
    at = pool.used[STEPS]
    if at + 2 * (grammar.first[place + 1] - grammar.first[place]) > len(pool.target):
        return False
    pool.begin[number] = at
    for arc in range(grammar.first[place], grammar.first[place + 1]):
        shift, jump, met = _follow(grammar, spot, arc, sizes)
        if shift < 0 or (spot[JUMP] == jumps and shift > 0):
            continue
        to = grammar.to[arc]
        for beyond in range(2):
            if not beyond and jump == jumps:
                continue
            pool.target[at], pool.link[at], pool.shift[at] = NONE, arc, shift
            pool.mask[at] = jump + (jumps if beyond else 0)
            pool.to_key[at] = _key(grammar, to, sizes, jumps if beyond else jump, met)
            # Paddings that a stride rounds alike stand beside each other.
            pool.same[at] = 0
            for back in range(1, 3):
                if at - back >= pool.begin[number] and (
                    pool.to_key[at] == pool.to_key[at - back]
                    and pool.mask[at] == pool.mask[at - back]
                    and shift == pool.shift[at - back]
                ):
                    pool.same[at] = back
            at += 1
    pool.end[number] = at
    pool.used[STEPS] = at
    return True


@jit.bare_njit
def discover_by_depth(
    grammar: Grammar, pool: Pool, bits: np.ndarray, live: np.ndarray, masks: np.ndarray,
    cut: np.ndarray, sizes: np.ndarray,
) -> int:  # fmt: skip
    """Every spot of a control with loops, and which RFs stand there after so many steps.

    bits [P, D+1, W], live [P, D+1]: whether some bit is set; those of the first spot are. masks
    [2J+1, W], see _expand; cut [D+1, J+1]: after so many steps, at such a jump, lower RFs can no
    more grow to the target. Returns DONE or what to grow.
    """
    depths = bits.shape[1] - 1
    for depth in range(pool.used[AT], depths):
        pool.used[AT] = depth
        for number in range(pool.used[SPOTS]):
            if not live[number, depth]:
                continue
            if pool.begin[number] == NONE and not _expand(grammar, pool, number, sizes):
                return MORE_STEPS
            here = bits[number, depth]
            low, high = span_of(here)
            for step in range(pool.begin[number], pool.end[number]):
                if pool.same[step]:
                    continue
                mask = masks[pool.mask[step]]
                if pool.target[step] == NONE:
                    if not survives(here, low, high, pool.shift[step], mask):
                        continue
                    to = add_spot(grammar, pool, pool.to_key[step])
                    if to < 0:
                        return MORE_SPOTS
                    pool.target[step] = to
                to = pool.target[step]
                if shift_on(here, low, high, pool.shift[step], mask, bits[to, depth + 1]):
                    live[to, depth + 1] = True
        for number in range(pool.used[SPOTS]):
            if live[number, depth + 1]:
                live[number, depth + 1] = _clear_below(
                    bits[number, depth + 1], cut[depth + 1, pool.spot[number, JUMP]]
                )
    for step in range(pool.used[STEPS]):
        if pool.same[step]:
            pool.target[step] = pool.target[step - int64(pool.same[step])]
    return DONE


@jit.pasted
def _clear_below(row: np.ndarray, low: int) -> bool:
    """Clear the bits below `low`; returns whether one is left."""
    some = ZERO
    for word in range(len(row)):
        if (word << 6) + 63 < low:
            row[word] = ZERO
        elif (word << 6) < low:
            row[word] &= ~ZERO << np.uint64(low & 63)
        some |= row[word]
    return some != ZERO
