"""The Keras file: needs Keras alone, and is on JAX what its notation says."""

import pytest
from described import EVERYTHING, needs, sampled

import rfsearch
from rfsearch.errors import UsageError
from rfsearch.export.keras_source import keras_source
from rfsearch.export.write import Style, planned
from rfsearch.network.input_size import input_sizes
from rfsearch.verify import check
from rfsearch.verify.claim import FIGURES, Claim, of_network

keras_only = needs("keras", "jax")
# What runs once more in Keras: a construct of each kind; the rest is only written.
RUN = EVERYTHING[:9] + EVERYTHING[10:14] + EVERYTHING[16:18]


def _source(stack, size):
    return keras_source(planned(stack, input_sizes(size), 3, Style()))


@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_the_text_compiles_and_imports_nothing_but_keras(stack, size):
    source = _source(stack, size)
    compile(source, "network.py", "exec")
    imports = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert imports == ["import keras", "from keras import layers"]


def test_padding_is_written_as_keras_has_it():
    source = _source("8C3P1-8C3S2P1-8C3S2Ps-MP3S2P1", 32)
    assert 'layers.Conv2D(8, 3, padding="same", name="conv1")' in source
    assert 'layers.ZeroPadding2D(1, name="conv2_pad")' in source
    assert 'layers.Conv2D(8, 3, strides=2, padding="same", name="conv3")' in source
    assert 'padding="causal"' in _source("8C3P4:0D2-8C1", (64,))


def test_a_maximum_is_padded_with_zeros_only_where_nothing_is_negative():
    after_relu = _source("8C3-MP3S2P1-8C3", 32)
    first = _source("MP3S2P1-8C3", 32)
    assert 'constant_values=float("-inf")' in first
    assert 'constant_values=float("-inf")' not in after_relu


def test_what_keras_has_not_is_one_line():
    with pytest.raises(UsageError, match="Keras has no transposed convolution with groups"):
        _source("8C3-8T4S2G2", 32)


@keras_only
@pytest.mark.parametrize(("stack", "size"), RUN)
def test_every_construct_runs_in_keras_as_it_is_described(stack, size):
    assert check(of_network(rfsearch.parse(stack, size)), "keras").differences == ()


@keras_only
def test_sampled_stacks_are_in_keras_what_the_search_says():
    for name, rows, size, channels in sampled(1):
        for row in rows.iter_rows(named=True):
            network = rfsearch.parse(row["stack"], size, channels)
            claim = Claim(row["stack"], network, {one: row[one] for one in FIGURES})
            assert check(claim, "keras", run=False).differences == (), (name, row["stack"])
