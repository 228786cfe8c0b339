"""The Keras file: needs Keras alone, and is on JAX what its notation says."""

import numpy as np
import pytest
from described import EVERYTHING, needs, sampled
from measure import session
from same_weights import drawn, image, in_keras

import rfsearch
from rfsearch.claims import check
from rfsearch.claims.claim import of_network
from rfsearch.export.keras_source import keras_source
from rfsearch.export.write import Style, planned
from rfsearch.network.input_size import input_sizes

keras_only = needs("keras", "jax")


def _source(stack, size):
    return keras_source(planned(stack, input_sizes(size), 3, Style()))


def test_padding_is_written_as_keras_has_it():
    source = _source("8C3P1-8C3S2P1-8C3S2Ps-MP3S2P1", 32)
    assert 'layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1")' in source
    assert 'layers.ZeroPadding2D(1, name="conv2_pad")' in source
    assert 'strides=2, padding="same", activation="relu", name="conv3"' in source
    assert 'padding="causal"' in _source("8C3P4:0D2-8C1", (64,))


def test_a_maximum_is_padded_with_zeros_only_where_nothing_is_negative():
    after_relu = _source("8C3-MP3S2P1-8C3", 32)
    first = _source("MP3S2P1-8C3", 32)
    assert 'constant_values=float("-inf")' in first
    assert 'constant_values=float("-inf")' not in after_relu


def test_blocks_of_one_form_are_one_function_with_parameters():
    source = _source("8C3P1N-R(8C3P1N-8C3P1N)-R(16C3S2P1N-16C3P1N)-R(16C3P1N-16C3P1N)-SE4", 32)
    assert source.count("def residual_block") == 2
    assert "def residual_block1(x, filters, name):" in source
    assert 'x = residual_block1(x, 8, name="residual1")' in source
    assert 'x = residual_block2(x, name="residual2")' in source  # alone of its form
    assert 'x = residual_block1(x, 16, name="residual3")' in source
    assert 'x = squeeze_excite(x, 4, name="gate1")' in source


def test_a_block_that_puts_something_aside_is_written_where_it_stands():
    source = _source("8C3P1-(8C1|A(4C1)-8C3P1)-SUM", 32)
    assert "def concatenation_block" not in source
    assert "concat1_aside1 = layers.Conv2D" in source


@keras_only
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_every_construct_runs_in_keras_as_it_is_described(stack, size):
    assert check(of_network(rfsearch.parse(stack, size)), "keras").differences == ()


@keras_only
@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_keras_and_onnx_compute_the_same_from_the_same_weights(stack, size):
    network = rfsearch.parse(stack, size)
    model, weights = drawn(network, "gelu")
    wanted = session(model).run(None, {"input": image(network)})
    for one, other in zip(in_keras(network, "gelu", weights, image(network)), wanted, strict=True):
        np.testing.assert_allclose(one.reshape(other.shape), other, rtol=1e-3, atol=1e-3)


@keras_only
def test_sampled_stacks_are_in_keras_what_the_search_says():
    for query, claim in sampled(1):
        assert check(claim, "keras", run=False).differences == (), (query, claim.stack)
