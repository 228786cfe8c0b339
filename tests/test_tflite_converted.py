"""Files that TensorFlow's converter makes of exported networks, int8 and float, read back."""

import pytest
from described import needs

import rfsearch
from rfsearch.export.live import plan_of

pytestmark = needs("tensorflow", "tflite_micro", "tflite")

# Norms are folded into biases, so that stacks have none; every kind of layer besides.
STACKS = [
    ("8C3P1-8C2S2-MP2S2-8C5S3P2", 61),
    ("8C2Ps-8C3S2Ps-8C4S3Ps", 50),
    ("8C3PsD2-8C3P2D2", 30),
    ("8C3x7S1x2P1x3-MP2x3S2-DW3x1P1x0", (32, 64)),
    ("8C3P1-R(8C3P1-8C3P1)-R(16C3S2P1-16C3P1)-I(32C1-DW3P1-16C1)", 40),
    ("8C3P1-(8C1|8C3P1-4C3P1|MP3P1)-(8C1+8C3P1)-(8C1*8C3P1)-(ID|4C1)", 30),
    ("8C3P1-SE4-DW3S2P1-16C1", 31),
    ("4C3S2-UP2-4C3-UPL2-4C3", 31),
    ("8C3S2P1-8T4S2P1-8T2S2", 31),
    ("8C3S2-8C3S2-20FC-10FC", 40),
    ("8C3S2-8C3S2-GAP-10FC-5FC", 40),
    ("8C3P2:0-8C3P4:0D2-8C2S2P1:0", (64,)),
]


def converted(network, quantized):
    """The file, with random weights."""
    from rfsearch.device.tflm import convert

    plan = plan_of(network)
    if quantized:
        return convert.convert(plan)
    convert.require()
    import numpy as np
    import tensorflow as tf

    from rfsearch.device.quiet import caught
    from rfsearch.export.keras_source import keras_source
    from rfsearch.export.live import run_source

    noise = np.random.default_rng(0)
    with caught():
        tf.keras.backend.clear_session()
        model = run_source(keras_source(plan))["Network"]()
        model.set_weights([noise.standard_normal(one.shape) for one in model.weights])
        return tf.lite.TFLiteConverter.from_keras_model(model).convert()


@pytest.mark.parametrize("quantized", [True, False], ids=["int8", "float"])
@pytest.mark.parametrize(("stack", "size"), STACKS)
def test_a_converted_file_has_the_figures_of_its_notation(stack, size, quantized, tmp_path):
    network = rfsearch.parse(stack, size)
    path = tmp_path / "model.tflite"
    path.write_bytes(converted(network, quantized))
    read = rfsearch.load(path)
    assert read.totals["params"] == network.totals["params"]
    assert read.totals["macs"] == network.totals["macs"]
    for name in ("rf", "rf_min", "jump", "centre", "output_size"):
        assert getattr(read, name) == getattr(network, name), name
    assert not any("taken to see everything" in line for line in read.findings)
    if read.notation is not None:
        again = rfsearch.parse(read.notation, network.input, network.input_channels)
        assert again.totals == read.totals
