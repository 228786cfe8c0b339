"""The distinct values of an array."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rfsearch.kernels.distinct import distinct

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.lists(INT64 | st.integers(0, 3)))
def test_each_value_stands_once_in_order(values):
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))


def test_an_array_of_several_axes_is_taken_as_one_row():
    assert distinct(np.array([[3, 1], [1, 2]])).tolist() == [1, 2, 3]
