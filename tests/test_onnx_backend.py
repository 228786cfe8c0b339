"""A share of the onnx package's own tests of its operators; `python tests/onnx_backend.py` has all.

One case of every kind of operator that the reader follows, chosen by name, so that a run of some
seconds covers them all.
"""

from __future__ import annotations

import numpy as np
import onnx_backend
import pytest

from rfsearch.network.onnx.operators import OPERATORS

# Cases in which the reader says less, and is right to.
SEES_MORE = {
    "Clip": "one that puts out the same whatever it is given",
    "Mod": "remainders that stay",
    "Trilu": "positions that are set to zero are still counted as seen",
}
# Of these the package has no case whose first input is the image.
ABSENT = {"Dropout", "Upsample", "Scatter"}


@pytest.fixture(scope="module")
def cases():
    """The shortest case of every operator that the reader knows."""
    found = {}
    for case in onnx_backend.cases():
        name, op = case[:2]
        if op in OPERATORS and name.endswith("_expanded") is False:
            found.setdefault(op, []).append(case)
    return {op: sorted(of_op, key=lambda one: len(one[0]))[:2] for op, of_op in found.items()}


def test_every_operator_that_is_followed_has_the_shape_and_sees_what_the_evaluator_shows(
    cases, tmp_path
):
    assert len(cases) > 90
    wrong, right = [], 0
    with np.errstate(all="ignore"):
        for op, of_op in cases.items():
            for name, _, model, inputs in of_op:
                one = onnx_backend.outcome(name, op, model, inputs, tmp_path)
                right += one.word == onnx_backend.RIGHT
                if one.word == onnx_backend.WRONG:
                    wrong.append(f"{name}: {one.why}")
    assert wrong == []
    assert right > 120
