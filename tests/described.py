"""Stacks of every construct of the notation, with an input each; and those that were sampled."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
from conftest import often
from verify_many import PRESETS, ceil, default, floor, names, preset, query

# (stack, input): even kernels, same with stride and dilation, ceil, asymmetric, causal, 1-D, 3-D,
# rectangular, blocks of every join, gates, asides, norms, transposed, resizes, heads.
EVERYTHING = [
    ("8C3P1-8C2S2-MP2S2-8C5S3P2", 61),
    ("8C2Ps-8C3S2Ps-8C4S3Ps", 50),
    ("8C3PsD2-8C3S2PsD2-8C3S2P2D2", 60),
    ("8C3-MP3S2U-AP2S2P1U-8C3P1", 40),
    ("8C3-MP2S2P1U-MP3S3U", 29),
    ("MP3S2P1-8C3-MP3S1Ps-MP2S2Ps", 41),
    ("MP2P2-8C3-AP2P2S2", 20),
    ("8C3P1:0-8C4P0:2-MP3P0:1S2", 33),
    ("8C3P2:0-8C3P4:0D2-8C2S2P1:0", (64,)),
    ("8C3P1-MP2S2-8C3Ps-8C2S2", (16, 20, 24)),
    ("8C3x7S1x2P1x3-MP2x3S2-DW3x1P1x0", (32, 64)),
    ("8C3P1N-R(8C3P1N-8C3P1N)-R(16C3S2P1N-16C3P1N)-I(32C1N-DW3P1N-16C1N)", 40),
    ("8C3L-LN-R(DW7P3L-32C1-8C1-SCALE)-BN-16C2S2", 40),
    ("8C3P1-(8C1|8C3P1-4C3P1|MP3P1)-(8C1+8C3P1)-(8C1*8C3P1)-(ID|4C1)", 30),
    ("8C3P1-R((4C1|4C3P1)-A(6C1)-8C1)-A(6C1)-SUM-5C1", 30),
    ("8C3P1-A(4C1)-A(6C3P1)-CAT-5C1", 30),
    ("8C3P1-A(4C1)-(BN-8C1|8C1)-CAT-5C1-BN-SCALE", 30),
    ("8C3P1-A(4C1-BN)-BN-SCALE-CAT-R(BN-DW3P1-BN)", 30),
    ("8C3P1-SE4-DW3S2P1-16C1G4-16DW3", 31),
    ("8C3S2P1-8T4S2P1-8T3P0:1-8T3S2P1:0", 31),
    ("4C3S2-UP2-4C3-UPL2-4C3", 31),
    ("PAD1-8C3-CROP2-SUB2-8C3P1:0", 31),
    ("8C3S2-8C3S2N-GAP-LN-10FC-5FC", 40),
    ("8C3S2-8C3S2-20FCN-10FC", 40),
    ("8C3-GAP-4C1-SE2", 20),
    ("AP3S3U-8C3-AP3S2P0:1U-AP5S3P4U", 64),
    ("8C3S2D2-8C2S3P2:1D3G2L-DW3S2D2P1", (90,)),
    ("8C3S2-8T3S2D2P1-8T3S2G2-8T5P4:1", (20,)),
    ("4C3P1-UPL2x3x1-MP3S2Ps-UPL2", (8, 9, 10)),
    ("8C3-A(8C7P3)-8C3-R(8C3P1-A(4C1)-8C3P1)-A(9FC)-8C1", 30),
    ("8C3-A(8C7P3)-(8C1|A(8C3P1)-4C3P1)-SUM-R(8C1-SCALE)", 30),
    ("8C3-A(8C3-GAP-5FC)-MP2S2-A(GAP-5FC)-SUM", 30),
    ("CROP3-8C3P2-PAD1:0-8T4P3:0-(8C1*GAP-8C1)", 24),
    ("8C3S2-10FC-R(10FC-10FC)-(3FC|4C1|ID)-SE2", (20,)),
    ("4C3-R(4C3S2P1-4C3P1-R(4C1-4C1))-R(8C3P1-4C3P1-R(8C1-4C1))", 20),
]


def sampled(count):
    """(name of the query, claim) of stacks sampled from every query of the benchmark; by day from
    shallower stacks and without budgets, which have no part in what is claimed of a stack.
    """
    for asked in often(_quick_queries, lambda: map(query, names()))():
        for claim in asked.claims(count, seed=0):
            yield asked.name, claim


def _quick_queries():
    yield from (default(), floor(4), ceil(4))
    for path in sorted(PRESETS.glob("*.toml")):
        yield preset(path, budgets=False)


def needs(*packages):
    """A mark that skips where a package is missing, and says which."""
    from importlib.util import find_spec

    missing = [package for package in packages if find_spec(package) is None]
    reason = f"needs {', '.join(missing)}: pip install 'rfsearch[torch,keras,tflm,vela,tflite]'"
    return pytest.mark.skipif(bool(missing), reason=reason)
