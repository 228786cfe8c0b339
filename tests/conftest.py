"""What all tests share: the mark of tests that need compiled kernels to end in reasonable time."""

import os

import pytest

PLAIN_PYTHON = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "compiled: millions of steps; left out where NUMBA_DISABLE_JIT is set"
    )


def pytest_collection_modifyitems(items):
    if not PLAIN_PYTHON:
        return
    skip = pytest.mark.skip(reason="millions of steps, too slow without compiled kernels")
    for item in items:
        if item.get_closest_marker("compiled"):
            item.add_marker(skip)
