"""Branch and bound: a box for each choice of L, and the halves that may hold a better one."""

from __future__ import annotations

import numpy as np
from deepmad_bound import WARM, bound
from deepmad_network import DEEPEST, LOG_O, LOG_U, OPTION_K, judge
from deepmad_relaxation import FIELDS, grid

from rfsearch.kernels import jit

ROOTS = 2 * DEEPEST**5

# Where the first bound starts; any start will do, one near the best saves rounds.
START = np.array(
    [np.log(value) for value in (230, 310, 330, 325, 260, 300, 120, 800, 800, 1920)]
    + [1600.0, 15000.0, 10.0, 10.0, 10.0, 400.0]
)

# A leaf whose effectiveness is above the budget by no more than floats can tell.
_DOUBT = 1e-9


@jit.inner
def roots(low, high, cutoff):
    """Of the boxes numbered low..high-1 (all L, equal o3 and o4 or not), those above `cutoff`.

    Returns boxes [N, FIELDS], starts [N, WARM] and bounds [N].
    """
    room, count = 1024, 0
    boxes, starts, bounds = (
        np.empty((room, FIELDS), np.int16),
        np.empty((room, WARM)),
        np.empty(room),
    )
    box, warm, gains, errors = np.empty(FIELDS, np.int64), START.copy(), np.empty(10), np.empty(10)
    for number in range(low, high):
        rest = number
        box[5] = rest & 1
        rest >>= 1
        for i in range(5):
            box[i] = 1 + rest % DEEPEST
            rest //= DEEPEST
        box[6:16] = 0
        box[16:21] = len(LOG_U) - 1
        box[21:26] = len(LOG_O) - 1
        if box[5]:
            box[23] = 0
        warm[:] = START
        value = bound(box, warm, cutoff, gains, errors)
        if value > cutoff:
            if count == room:
                boxes = np.concatenate((boxes, np.empty_like(boxes)))
                starts = np.concatenate((starts, np.empty_like(starts)))
                bounds = np.concatenate((bounds, np.empty_like(bounds)))
                room *= 2
            boxes[count] = box
            starts[count] = warm
            bounds[count] = value
            count += 1
    return boxes[:count], starts[:count], bounds[:count]


@jit.inner
def _floor(k, z, low, high):
    """The greatest index in low..high-1 whose value is at most z, or low."""
    while low < high - 1:
        middle = (low + high) // 2
        if grid(k, middle) <= z:
            low = middle
        else:
            high = middle
    return low


@jit.inner
def _split(box, z, gains, errors):
    """(variable, index): where halving should lower the bound most; -1: single choice."""
    best, variable, index = -1.0, -1, 0
    for k in range(10):
        low, high = box[6 + k], box[16 + k]
        if low == high:
            continue
        at = _floor(k, z[k], low, high)
        down, up = z[k] - grid(k, at), grid(k, at + 1) - z[k]
        nearest = at if down < up else at + 1
        loss = gains[k] * max(min(down, up), 0.0) + errors[k]
        if k < 5 and OPTION_K[nearest] == 3:
            loss += 0.03 * gains[k]
        loss += 1e-3 * gains[k] * (grid(k, high) - grid(k, low))
        if loss > best:
            best, variable, index = loss, k, at
    return variable, index


@jit.inner
def nearest(box, warm):
    """The choice [15] of the box nearest to the z that `bound` left."""
    v = np.empty(15, np.int64)
    v[:5] = box[:5]
    for k in range(10):
        low, high = box[6 + k], box[16 + k]
        at = low
        if high > low:
            at = _floor(k, warm[k], low, high)
            if grid(k, at + 1) - warm[k] < warm[k] - grid(k, at):
                at += 1
        v[5 + k] = at
    if box[5]:
        v[12] = v[13]
    return v


@jit.inner
def halves(boxes, starts, best):
    """The halves of each box [N, FIELDS] that a bound does not rule out against a score `best`.

    Returns boxes, starts and bounds as `roots` does; the best choice [15] among single ones, its
    score (`best`: none is better); and the score of the best single choice whose effectiveness
    floats cannot tell from the budget (-1: none).
    """
    count, found, doubtful = 0, np.zeros(15, np.int64), -1.0
    room = 2 * len(boxes)
    new, warms, bounds = np.empty((room, FIELDS), np.int16), np.empty((room, WARM)), np.empty(room)
    box, warm, gains, errors = (
        np.empty(FIELDS, np.int64),
        np.empty(WARM),
        np.empty(10),
        np.empty(10),
    )
    for n in range(len(boxes)):
        box[:] = boxes[n]
        warm[:] = starts[n]
        value = bound(box, warm, best, gains, errors)
        if value <= best:
            continue
        variable, index = _split(box, warm, gains, errors)
        for half in range(2):
            box[:] = boxes[n]
            if half:
                box[6 + variable] = index + 1
            else:
                box[16 + variable] = index
            single = True
            for k in range(10):
                single = single and box[6 + k] == box[16 + k]
            new[count] = box
            warms[count] = warm
            if single:
                v = nearest(box, warm)
                score, macs, params, logs = judge(v)
                if macs == 0 and params == 0 and logs <= _DOUBT and score > best:
                    if logs == 0:
                        best = score
                        found[:] = v
                    else:
                        doubtful = max(doubtful, score)
                continue
            bounds[count] = min(value, bound(box, warms[count], best, gains, errors))
            if bounds[count] > best:
                count += 1
    return new[:count], warms[:count], bounds[:count], found, best, doubtful
