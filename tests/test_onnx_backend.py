"""A share of the onnx package's own tests of its operators; `python tests/onnx_backend.py` has all.

One case of every operator that the reader follows.
"""

from __future__ import annotations

import numpy as np
import onnx_backend
import pytest
from conftest import often

LARGE = 2_000  # values of an input, each of which is disturbed by itself
LARGEST = often(5_000, onnx_backend.MOST_VALUES)


@pytest.fixture(scope="module")
def cases():
    """Of every operator that the reader follows the case with the shortest name, of a small input
    where there is one; by day without Mish, whose input is the largest.
    """
    found = [case for case in onnx_backend.cases() if values(case) <= LARGEST]
    return {
        case[1]: case
        for case in sorted(found, key=lambda one: (values(one) > LARGE, len(one[0])), reverse=True)
    }


def values(case):
    """How many values the first input of a case has."""
    return np.size(case[3][0]) if case[3] else 0


def test_every_operator_that_is_followed_has_the_shape_and_sees_what_the_evaluator_shows(
    cases, tmp_path
):
    assert len(cases) > 90
    wrong, right = [], 0
    with np.errstate(all="ignore"):
        for case in cases.values():
            one = onnx_backend.outcome(*case, tmp_path)
            right += one.word == onnx_backend.RIGHT
            if one.word == onnx_backend.WRONG:
                wrong.append(f"{one.name}: {one.why}")
    assert wrong == []
    assert right > 80
