"""Kernel of the narrowest window: boxes of bounded ratios that hold a vector of every list.

The corner of a choice, one vector a list, is its least value of every coordinate. Boxes of corners
are cut in halves, depth first: a choice whose corner is in the box lies in the box's window, from
its low end to as far as the ratio allows from its high end, so that a box is closed where the
window lacks some list. Products of two 63-bit numbers are compared in two words.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.graph import DONE, FULL, PAUSED
from rfsearch.kernels.jit import int64

FOUND = 4
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
SLACK = 1e-9  # relative: within it floating point does not decide


class Stack(NamedTuple):
    """Vectors (N, of C coordinates, in R lists) and the boxes that wait, the next one last."""

    vector: np.ndarray  # int64 [N, C]
    owner: np.ndarray  # int32 [N] the list of each
    low: np.ndarray  # int64 [B, C] corners of a box
    high: np.ndarray  # int64 [B, C]
    first: np.ndarray  # int64 [B + 1] the members of each box
    member: np.ndarray  # int32 [M] growable: vectors that may lie in a box's window
    used: np.ndarray  # int64 [1] boxes that wait


@jit.inner
def _product(a: int, b: int) -> tuple[np.uint64, np.uint64]:
    """(high, low) words of a * b, both below 2^63."""
    a_low, a_high = np.uint64(a) & LOW, np.uint64(a) >> HALF
    b_low, b_high = np.uint64(b) & LOW, np.uint64(b) >> HALF
    low = a_low * b_low
    middle = a_high * b_low + (low >> HALF)
    other = a_low * b_high + (middle & LOW)
    return a_high * b_high + (middle >> HALF) + (other >> HALF), (other << HALF) | (low & LOW)


@jit.inner
def _is_near(least: int, value: int, over: int, under: int, far: float) -> bool:
    """Whether least * under >= value * over; `far` is least * under / over, rounded."""
    if value <= far * (1 - SLACK):
        return True
    if value > far * (1 + SLACK):
        return False
    a_high, a_low = _product(least, under)
    b_high, b_low = _product(value, over)
    return bool(a_high > b_high or (a_high == b_high and a_low >= b_low))


@jit.inner
def _kept(
    stack: Stack, begin: int, end: int, low: np.ndarray, high: np.ndarray, over: np.ndarray,
    under: np.ndarray, far: np.ndarray, seen: np.ndarray, stamp: int,
) -> tuple[int, int]:  # fmt: skip
    """Keep the members begin..end-1 in the window of low and high; (new end, lists present)."""
    coordinates = len(low)
    for c in range(coordinates):
        far[c] = high[c] * (under[c] / over[c])
    present = 0
    kept = begin
    for i in range(begin, end):
        at = stack.member[i]
        near = True
        for c in range(coordinates):
            value = stack.vector[at, c]
            if value < low[c] or not _is_near(high[c], value, over[c], under[c], far[c]):
                near = False
                break
        if near:
            stack.member[kept] = at
            kept += 1
            owner = stack.owner[at]
            if seen[owner] != stamp:
                seen[owner] = stamp
                present += 1
    return kept, present


@jit.inner
def _shrink(
    stack: Stack, begin: int, end: int, low: np.ndarray, high: np.ndarray, greatest: np.ndarray
) -> bool:
    """Bring a box to corners that its members allow; whether it became smaller."""
    coordinates, lists = len(low), greatest.shape[0]
    smaller = False
    for c in range(coordinates):
        for r in range(lists):
            greatest[r, c] = -1
        least = high[c] + 1
        for i in range(begin, end):
            at = stack.member[i]
            value = stack.vector[at, c]
            least = min(least, value)
            greatest[stack.owner[at], c] = max(greatest[stack.owner[at], c], value)
        most = high[c]
        for r in range(lists):
            most = min(most, greatest[r, c])
        smaller = smaller or least > low[c] or most < high[c]
        low[c] = max(low[c], least)
        high[c] = most
    return smaller


@jit.inner
def _holds_all(
    stack: Stack, begin: int, end: int, low: np.ndarray, over: np.ndarray, under: np.ndarray,
    far: np.ndarray, seen: np.ndarray, stamp: int, lists: int,
) -> tuple[bool, bool]:  # fmt: skip
    """(whether the window at the corner `low` has every list, whether it has every member)."""
    coordinates = len(low)
    for c in range(coordinates):
        far[c] = low[c] * (under[c] / over[c])
    present = 0
    every = True
    for i in range(begin, end):
        at = stack.member[i]
        near = True
        for c in range(coordinates):
            value = stack.vector[at, c]
            near = near and _is_near(low[c], value, over[c], under[c], far[c])
        every = every and near
        if near and seen[stack.owner[at]] != stamp:
            seen[stack.owner[at]] = stamp
            present += 1
    return present == lists, every


@jit.inner
def _widest(low: np.ndarray, high: np.ndarray, over: np.ndarray, under: np.ndarray) -> int:
    """The coordinate along which a box is widest for its window; -1 where it is one corner."""
    widest = -1
    most = 0.0
    for c in range(len(low)):
        if low[c] < high[c]:
            wide = np.log((high[c] + 1) / (low[c] + 1))
            ratio = np.log(under[c] / over[c])
            wide = wide / ratio if ratio > 1e-12 else wide * 1e12
            if widest < 0 or wide > most:
                widest = c
                most = wide
    return widest


@jit.njit
def narrow(
    stack: Stack, lists: int, over: np.ndarray, under: np.ndarray, every: bool, most: int
) -> tuple[int, int]:
    """Go on until a window with all lists is FOUND, none is left (DONE), FULL, or PAUSED.

    Returns the number of members looked at, and which of these.

    A window at the corner m holds the vectors v with m <= v and m * under >= v * over, coordinate
    by coordinate. One is found at the low corner of the last box, which stays, with its members;
    with `every` only where the window has all members of its box, so that after taking each such
    box away the windows found hold every choice. PAUSED after `most` members.
    """
    coordinates = stack.vector.shape[1]
    far = np.empty(coordinates, np.float64)
    greatest = np.empty((lists, coordinates), np.int64)
    seen = np.zeros(lists, np.int64)
    stamp = 0
    looked = 0
    while stack.used[0] > 0:
        if looked > most:
            return looked, PAUSED
        top = stack.used[0] - 1
        low = stack.low[top]
        high = stack.high[top]
        begin = stack.first[top]
        end = stack.first[top + 1]
        closed = False
        again = True
        while again and not closed:
            before = end - begin
            looked += before
            stamp += 1
            end, present = _kept(stack, begin, end, low, high, over, under, far, seen, stamp)
            closed = present < lists
            if not closed:
                smaller = _shrink(stack, begin, end, low, high, greatest)
                one = True
                for c in range(coordinates):
                    closed = closed or low[c] > high[c]
                    one = one and low[c] == high[c]
                # Where few go, cutting does as well; but one corner is not cut.
                again = smaller and (one or 4 * (end - begin) < 3 * before)
        stack.first[top + 1] = end
        if closed:
            stack.used[0] -= 1
            continue
        stamp += 1
        all_lists, all_members = _holds_all(
            stack, begin, end, low, over, under, far, seen, stamp, lists
        )
        if all_lists and (all_members or not every):
            return looked, FOUND
        widest = _widest(low, high, over, under)
        if widest < 0:  # one corner, and its window lacks a list
            stack.used[0] -= 1
            continue
        if top + 2 >= len(stack.low) or end + (end - begin) > len(stack.member):
            return looked, FULL
        middle = low[widest] + int64(
            min(
                np.float64(high[widest] - low[widest] - 1),
                np.sqrt((low[widest] + 1.0) * (high[widest] + 1.0)) - (low[widest] + 1.0),
            )
        )
        middle = min(max(middle, low[widest]), high[widest] - 1)
        for c in range(coordinates):
            stack.low[top + 1, c] = low[c]
            stack.high[top + 1, c] = high[c]
        stack.high[top + 1, widest] = middle
        stack.low[top, widest] = middle + 1
        for i in range(begin, end):
            stack.member[end + i - begin] = stack.member[i]
        stack.first[top + 2] = end + end - begin
        stack.used[0] += 1
    return looked, DONE
