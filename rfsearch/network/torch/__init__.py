"""Torch modules as networks, traced with torch.export; torch only where the user has it."""

from rfsearch.network.torch.read import check_module, read_torch

__all__ = ["check_module", "read_torch"]
