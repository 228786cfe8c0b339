"""Verify: build a stack in a framework, run it, and compare with what is claimed of it.

The receptive field and jump are measured on the one-channel copy (`rfsearch.export.thin`), shape,
parameters and MACs on the whole network, MACs by the framework's own count.
"""

from rfsearch.claims.check import DEVICES, FRAMEWORKS, check
from rfsearch.claims.verdict import Verdict

__all__ = ["DEVICES", "FRAMEWORKS", "Verdict", "check"]
