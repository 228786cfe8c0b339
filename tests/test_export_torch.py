"""The torch file: needs torch alone, trains, exports, and is in torch what its notation says."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from described import EVERYTHING, needs, sampled
from measure import session
from same_weights import drawn, image, in_torch

import rfsearch
from rfsearch.claims import check
from rfsearch.claims.claim import of_network
from rfsearch.cli import main
from rfsearch.export.torch_source import torch_source
from rfsearch.export.write import Style, planned
from rfsearch.network.input_size import input_sizes

torch_only = needs("torch")
RESIDUAL = "8C3P1N-R(8C3P1N-8C3P1N)-R(16C3S2P1N-16C3P1N)-R(16C3P1N-16C3P1N)-MP3S2Ps-GAP-5FC"


def _source(stack, size):
    return torch_source(planned(stack, input_sizes(size), 3, Style()))


def test_blocks_of_one_form_are_one_class_with_parameters():
    source = _source(RESIDUAL, 32)
    assert source.count("class Residual") == 2
    assert "self.residual1 = Residual1(8)" in source
    assert "self.residual3 = Residual1(16)" in source
    assert "self.residual2 = Residual2()" in source  # alone of its form: no parameters


@torch_only
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_every_construct_runs_in_torch_as_it_is_described(stack, size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of same padding with even kernels
        assert check(of_network(rfsearch.parse(stack, size)), "torch").differences == ()


@torch_only
@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_torch_and_onnx_compute_the_same_from_the_same_weights(stack, size):
    network = rfsearch.parse(stack, size)
    model, weights = drawn(network, "gelu")
    wanted = session(model).run(None, {"input": image(network)})
    for one, other in zip(in_torch(network, "gelu", weights, image(network)), wanted, strict=True):
        np.testing.assert_allclose(one.reshape(other.shape), other, rtol=1e-3, atol=1e-3)


@torch_only
@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
def test_sampled_stacks_are_in_torch_what_the_search_says():
    for query, claim in sampled(1):
        assert check(claim, "torch", run=False).differences == (), (query, claim.stack)


@torch_only
@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_from_torch_reads_the_same_notation_back(stack, size):
    network = rfsearch.parse(stack, size)
    module = rfsearch.to_torch(network).eval()
    assert rfsearch.from_torch(module, input=network.input).notation == network.notation


@torch_only
@pytest.mark.parametrize("stack", ["8C3P1-MP3S2-16C3S2P1-16C3", RESIDUAL])
def test_one_step_of_training_lowers_the_loss(stack):
    import torch

    torch.manual_seed(0)
    module = rfsearch.to_torch(rfsearch.parse(stack, 32))
    images = torch.randn(8, 3, 32, 32)
    wanted = torch.randn(module(images).shape)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.01)
    losses = []
    for _ in range(2):
        loss = torch.nn.functional.mse_loss(module(images), wanted)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[1] < losses[0]


@torch_only
def test_the_file_alone_imports_and_exports_in_a_fresh_python(tmp_path):
    """No rfsearch in sight: the folder of the file is all that is on the path."""
    path = tmp_path / "network.py"
    assert main(["export", RESIDUAL, "--to", "torch", "-o", str(path), "--input", "32"]) == 0
    script = (
        "import sys, torch, network\n"
        "made = torch.export.export(network.Network().eval(), (torch.zeros(1, 3, 32, 32),))\n"
        "assert made.module()(torch.zeros(1, 3, 32, 32)).shape == (1, 5)\n"
        "assert not [name for name in sys.modules if name.startswith('rfsearch.')]\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)


@torch_only
def test_gradients_through_a_max_pool_see_one_pixel_of_nine():
    """Why the copy on which fields are measured has averages in place of maxima."""
    import torch

    image = torch.zeros(1, 1, 9, 9, requires_grad=True)
    torch.nn.MaxPool2d(3)(image)[0, 0, 1, 1].backward()
    assert image.grad.count_nonzero() == 1
    assert check(of_network(rfsearch.parse("MP3S3", 9)), "torch").measured["rf"] == 3
