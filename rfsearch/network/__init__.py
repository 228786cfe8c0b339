"""Described networks: one object from notation, a name, a file, a torch module or a Keras model.

    parse(notation_or_name, input)   load(path)   from_torch(module, input)   from_keras(model)

Each gives a Network. Nothing here imports numpy, numba or polars before `Network.table()`.
"""

from rfsearch.network.network import Network
from rfsearch.network.sources import from_keras, from_torch, load, parse

__all__ = ["Network", "from_keras", "from_torch", "load", "parse"]
