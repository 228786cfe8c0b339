"""Ladders checked from outside: what torch counts and what its gradient reaches, rung by rung."""

from fractions import Fraction

import pytest
from described import needs

import rfsearch

pytestmark = [needs("torch"), pytest.mark.compiled]
TOLERANCE = Fraction(3, 100)
INPUT = 96


@pytest.fixture(scope="module")
def ladder():
    """Eight rungs with the same depth, and params and MACs within 3%; no pools, see below."""
    space = rfsearch.Space(kernel=(1, 3, 5), stride=(1, 2), channels=(8, 16, 24), depth=(1, 7))
    hold = {"params": TOLERANCE, "macs": TOLERANCE, "depth": 0}
    return space.ladder(INPUT, "15..71:8", hold=hold, rounding="floor")


def modules(ladder):
    """(row, torch module) of every rung."""
    for row in ladder.rungs.iter_rows(named=True):
        yield row, rfsearch.to_torch(rfsearch.parse(row["stack"], INPUT))


def test_torch_s_counters_give_the_params_and_macs_of_every_rung(ladder):
    """Within 3% by torch's own numbers; its flop counter counts two for a multiply-accumulate."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    params, macs = [], []
    for row, module in modules(ladder):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.zeros(1, 3, INPUT, INPUT))
        params.append(sum(one.numel() for one in module.parameters()))
        macs.append(counter.get_total_flops() // 2)
        assert (params[-1], macs[-1]) == (row["params"], row["macs"])
    assert len(params) == 8
    for counted in (params, macs):
        assert Fraction(max(counted), min(counted)) - 1 <= TOLERANCE


def test_the_gradient_of_one_output_reaches_exactly_the_rf_of_every_rung(ladder):
    """On an input that no border disturbs, without max pools, which pass one gradient only."""
    import torch

    for (row, module), rf in zip(modules(ladder), range(15, 72, 8), strict=True):
        module = module.double()
        for weight in module.parameters():
            torch.nn.init.constant_(weight, 1 / weight[0].numel() if weight.ndim > 1 else 0)
        size = 3 * rf
        image = torch.ones(1, 3, size, size, dtype=torch.float64, requires_grad=True)
        output = module(image)
        middle = output.shape[-1] // 2
        output[0, 0, middle, middle].backward()
        reached = image.grad[0].abs().sum(dim=0) > 0
        for axis in (0, 1):
            places = reached.any(dim=axis).nonzero()
            assert int(places.max() - places.min()) + 1 == row["rf"] == rf


def test_fvcore_counts_the_same_macs(ladder):
    """Another counter again; what it calls a flop is a multiply-accumulate."""
    fvcore = pytest.importorskip("fvcore.nn", reason="fvcore is not installed")
    import torch

    for row, module in modules(ladder):
        counts = fvcore.FlopCountAnalysis(module, torch.zeros(1, 3, INPUT, INPUT))
        counts.unsupported_ops_warnings(False)
        assert counts.by_operator()["conv"] == row["macs"]
