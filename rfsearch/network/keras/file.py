"""Keras files: .keras, and .h5 of older versions."""

from __future__ import annotations

import os
from typing import Any

from rfsearch.errors import MissingExtraError, UsageError


def require_keras() -> Any:
    """The module keras; its backend is JAX where none is chosen. MissingExtraError."""
    # Keras reads it once, when it is first imported.
    os.environ.setdefault("KERAS_BACKEND", "jax")
    try:
        import keras
    except ImportError:
        raise MissingExtraError(
            "reading Keras models needs keras and jax: pip install 'rfsearch[keras]'"
        ) from None
    return keras


def load_model(path: str | os.PathLike[str]) -> Any:
    """The model of a file. UsageError names the file and what Keras says of it."""
    keras = require_keras()
    name = os.fspath(path)
    if not os.path.isfile(name):
        reason = "is a folder" if os.path.isdir(name) else "no such file"
        raise UsageError(f"{name}: {reason}")
    try:
        return keras.saving.load_model(name, compile=False)
    except Exception as error:  # Keras raises errors of any kind for what it cannot read
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise UsageError(
            f"{name}: Keras cannot load it: {said} (classes of your own: load it yourself, then "
            "rfsearch.from_keras)"
        ) from None
