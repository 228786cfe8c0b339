"""Without Keras its files and models are refused in a line that names the extra."""

import sys

import pytest

import rfsearch


def test_keras_is_an_extra_that_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    for ask in (lambda: rfsearch.load("model.keras"), lambda: rfsearch.from_keras(object())):
        with pytest.raises(rfsearch.MissingExtraError, match=r"pip install 'rfsearch\[keras\]'"):
            ask()
