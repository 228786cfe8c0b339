"""Kernels of rows: costs, fields and texts of stacks given as steps.

Rows [n, D] are steps, -1 after each end. In the order of stacks a row has most steps in common with
the one before, so that only what follows these is worked out; what each beginning comes to is kept.
"""

import numpy as np

from rfsearch.kernels import jit

# Rows of what `fields` writes.
SIZE, RF, LEAST_RF, JUMP, TWICE_CENTRE, PADDING = 0, 1, 2, 3, 4, 5
FIELDS = 6
START, END, LEAST, TOTAL, LAST = 0, 1, 2, 3, 4  # of a beginning
KEPT = 5
NEWLINE = np.uint8(10)


@jit.bare
def alike(rows: np.ndarray, row: int) -> int:
    """How many steps a row begins with that the one before it begins with, too."""
    same = 0
    while same < rows.shape[1] and rows[row, same] >= 0 and rows[row, same] == rows[row - 1, same]:
        same += 1
    return same


@jit.bare_njit
def add_up(
    rows: np.ndarray, cost: np.ndarray, greatest: np.ndarray, begin: np.ndarray,
    mine: np.ndarray, total: np.ndarray,
) -> None:  # fmt: skip
    """total [K, n] of every row.

    cost [steps, K]; greatest [K]: whether steps join by the greatest, not the sum; begin [K].
    mine [D+1, K] is scratch: of each beginning.
    """
    depths = rows.shape[1]
    for k in range(len(begin)):
        mine[0, k] = begin[k]
    for row in range(len(rows)):
        depth = alike(rows, row) if row > 0 else 0
        while depth < depths and rows[row, depth] >= 0:
            step = rows[row, depth]
            for k in range(len(begin)):
                if greatest[k]:
                    mine[depth + 1, k] = max(mine[depth, k], cost[step, k])
                else:
                    mine[depth + 1, k] = mine[depth, k] + cost[step, k]
            depth += 1
        for k in range(len(begin)):
            total[k, row] = mine[depth, k]


@jit.bare_njit
def fields(
    rows: np.ndarray, stride: np.ndarray, start: np.ndarray, end: np.ndarray, least: np.ndarray,
    size: np.ndarray, most_jump: int, mine: np.ndarray, found: np.ndarray,
) -> bool:  # fmt: skip
    """found [FIELDS, X, n] of every row; returns False where a jump passes `most_jump`.

    stride, start, end, least, size [steps, X]: of each axis told apart, see Spots. mine [D+1, KEPT]
    is scratch: of each beginning.
    """
    depths = rows.shape[1]
    for x in range(stride.shape[1]):
        mine[0, START], mine[0, END], mine[0, LEAST], mine[0, TOTAL] = 0, 0, 0, 1
        for row in range(len(rows)):
            depth = alike(rows, row) if row > 0 else 0
            while depth < depths and rows[row, depth] >= 0:
                step, jump = rows[row, depth], mine[depth, TOTAL]
                if jump > most_jump // stride[step, x]:
                    return False
                mine[depth + 1, START] = mine[depth, START] + start[step, x] * jump
                mine[depth + 1, END] = mine[depth, END] + end[step, x] * jump
                mine[depth + 1, LEAST] = mine[depth, LEAST] + least[step, x] * jump
                mine[depth + 1, TOTAL] = jump * stride[step, x]
                mine[depth + 1, LAST] = size[step, x]
                depth += 1
            found[SIZE, x, row] = mine[depth, LAST]
            found[RF, x, row] = mine[depth, END] - mine[depth, START] + 1
            found[LEAST_RF, x, row] = mine[depth, LEAST] + 1
            found[JUMP, x, row] = mine[depth, TOTAL]
            found[TWICE_CENTRE, x, row] = mine[depth, START] + mine[depth, END]
            found[PADDING, x, row] = -mine[depth, START]
    return True


@jit.bare_njit
def text_size(rows: np.ndarray, word: np.ndarray, first: np.ndarray, joint: int) -> int:
    """Letters that `write_texts` takes at most."""
    total = len(rows)
    for row in range(len(rows)):
        for depth in range(rows.shape[1]):
            if rows[row, depth] < 0:
                break
            number = word[rows[row, depth]]
            total += first[number + 1] - first[number] + joint
    return total


@jit.bare
def _copy(letters: np.ndarray, size: int, to: np.ndarray) -> None:
    """Views that begin at 0 are copied many letters at once; places in an array are not."""
    for letter in range(size):
        to[letter] = letters[letter]


@jit.bare_njit
def write_texts(
    rows: np.ndarray, word: np.ndarray, first: np.ndarray, letters: np.ndarray,
    joint: np.ndarray, length: np.ndarray, text: np.ndarray,
) -> int:  # fmt: skip
    """The words of each row, `joint` between them, and a line's end; returns how many letters.

    word [steps] numbers letters[first[w]:first[w + 1]]; empty ones are left out. length [D+1] is
    scratch: letters of each beginning.
    """
    at, before = 0, 0
    length[0] = 0
    for row in range(len(rows)):
        begin = at
        depth = alike(rows, row) if row > 0 else 0
        _copy(text[before:begin], length[depth], text[begin:])
        at = begin + length[depth]
        while depth < rows.shape[1] and rows[row, depth] >= 0:
            number = word[rows[row, depth]]
            if first[number + 1] > first[number]:
                if at > begin:
                    _copy(joint, len(joint), text[at:])
                    at += len(joint)
                size = first[number + 1] - first[number]
                _copy(letters[first[number] :], size, text[at:])
                at += size
            depth += 1
            length[depth] = at - begin
        text[at] = NEWLINE
        at, before = at + 1, begin
    return at
