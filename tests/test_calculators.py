"""What benchmarks/calculators.py says a difference is made of."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import calculators  # noqa: E402
import calculators_leaves  # noqa: E402
from calculators_known import Figures  # noqa: E402


def _with_bias(module, example):
    """A calculator that counts a convolution's bias as a MAC an output, and is right else."""
    counted = calculators.counted(module, example)
    biased = [one for one in module.modules() if getattr(one, "bias", None) is not None]
    return Figures(counted.params, counted.macs + 8 * 16 * 16 * len(biased))


def test_a_difference_is_repeated_by_the_kind_of_module_that_it_comes_from(monkeypatch):
    known = {"counter": calculators.counted, "biased": _with_bias}
    monkeypatch.setattr(calculators, "CALCULATORS", known)
    monkeypatch.setattr(calculators_leaves, "CALCULATORS", known)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 1), torch.nn.ReLU(), torch.nn.Conv2d(8, 8, 1, bias=False)
    )
    one = calculators.Architecture("made", "net", lambda: network, (1, 3, 16, 16))
    kinds = {}
    compared = calculators.compare(one, kinds=kinds)
    assert compared.counted == Figures(3 * 8 + 8 + 64, (3 * 8 + 64) * 256)
    assert set(kinds) == {"Conv2d", "ReLU", "Conv2d without bias"}
    assert compared.leaves == {("biased", "Conv2d")}
    page = "\n".join(calculators.report([compared], [], kinds))
    assert "| biased | `Conv2d(3, 8, kernel_size=(1, 1), stride=(1, 1)) of 1×3×16×16`" in page
    assert "| 6,144 | 8,192 | 1 |" in page
