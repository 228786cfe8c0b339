"""Described networks: one object from notation, a name, an ONNX file or a torch module.

    parse(notation_or_name, input)   load(path)   from_torch(module, input)

Each gives a Network. Nothing here imports numpy, numba or polars before `Network.table()`.
"""

from rfsearch.network.network import Network
from rfsearch.network.sources import from_torch, load, parse

__all__ = ["Network", "from_torch", "load", "parse"]
