"""From a receptive field to the convolutional networks that have it.

Public names are loaded when first used, so that importing the package costs nothing and
describing a network needs neither numba nor polars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rfsearch.api import Found, Space, StagedSpace, like, load_space
    from rfsearch.claims.verify import verify
    from rfsearch.enumeration.scan import scan
    from rfsearch.enumeration.sink import sink_parquet
    from rfsearch.enumeration.sweep import sweep
    from rfsearch.errors import LimitError, MissingExtraError, RfsearchError, UsageError
    from rfsearch.export.live import to_onnx, to_torch
    from rfsearch.network import Network, from_keras, from_torch, load, parse
    from rfsearch.network.bulk.candidates import Candidates, candidates
    from rfsearch.network.bulk.evaluate import evaluate
    from rfsearch.network.pandas_frame import to_pandas
    from rfsearch.saved.files import read_automaton, write_automaton

__version__ = "0.2.0"

_ROOMS = {
    "Candidates": "rfsearch.network.bulk.candidates",
    "Found": "rfsearch.api",
    "LimitError": "rfsearch.errors",
    "MissingExtraError": "rfsearch.errors",
    "Network": "rfsearch.network",
    "RfsearchError": "rfsearch.errors",
    "Space": "rfsearch.api",
    "StagedSpace": "rfsearch.api",
    "UsageError": "rfsearch.errors",
    "candidates": "rfsearch.network.bulk.candidates",
    "evaluate": "rfsearch.network.bulk.evaluate",
    "from_keras": "rfsearch.network",
    "from_torch": "rfsearch.network",
    "like": "rfsearch.api",
    "load": "rfsearch.network",
    "load_space": "rfsearch.api",
    "parse": "rfsearch.network",
    "read_automaton": "rfsearch.saved.files",
    "scan": "rfsearch.enumeration.scan",
    "sink_parquet": "rfsearch.enumeration.sink",
    "sweep": "rfsearch.enumeration.sweep",
    "to_onnx": "rfsearch.export.live",
    "to_pandas": "rfsearch.network.pandas_frame",
    "to_torch": "rfsearch.export.live",
    "verify": "rfsearch.claims.verify",
    "write_automaton": "rfsearch.saved.files",
}

__all__ = [
    "Candidates",
    "Found",
    "LimitError",
    "MissingExtraError",
    "Network",
    "RfsearchError",
    "Space",
    "StagedSpace",
    "UsageError",
    "candidates",
    "evaluate",
    "from_keras",
    "from_torch",
    "like",
    "load",
    "load_space",
    "parse",
    "read_automaton",
    "scan",
    "sink_parquet",
    "sweep",
    "to_onnx",
    "to_pandas",
    "to_torch",
    "verify",
    "write_automaton",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'rfsearch' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
