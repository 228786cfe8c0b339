"""Torch modules as networks, traced with torch.export; torch only where the user has it."""

from rfsearch.network.torch.read import read_torch

__all__ = ["read_torch"]
