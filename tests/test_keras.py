"""Keras models give the network that their notation gives; Keras's own figures agree."""

from math import prod

import numpy as np
import pytest
from described import needs

import rfsearch
from rfsearch.cli import main

pytestmark = needs("keras", "jax")

NAMES = ["mobilenet_v1_025", "resnet50_tf", "unet_padded", "tcn", "ds_cnn", "convnext_tiny"]
MODELS = ["strided", "branches", "up", "sound", "volume", "channels_first", "own_layers", "nested"]
EVERY = [*MODELS, "classifier", "sequence", "attention", "words"]


def keras_model(name):
    from keras_models import EVERY as models

    return models[name]()


def figures(net):
    """Every figure of every row, names and how far windows reach past the end apart."""
    fields = [one for one in net.rows[0].__slots__ if one not in ("layer", "op", "padding_after")]
    return [[getattr(row, field) for field in fields] for row in net]


@pytest.fixture(autouse=True, scope="module")
def plain_weights():
    """JAX compiles a generator of initial weights for each shape, and no figure depends on them."""
    from rfsearch.export.live import require_keras

    require_keras()
    import keras

    drawn = keras.initializers.GlorotUniform
    drawn.__call__ = lambda self, shape, dtype=None: np.zeros(shape, dtype or np.float32)
    yield
    if "__call__" in vars(drawn):  # verifying ends with the class's own
        del drawn.__call__


@pytest.mark.parametrize("name", NAMES)
def test_a_named_network_as_a_keras_model_gives_the_table_of_its_notation(name):
    from rfsearch.export.live import keras_model as exported
    from rfsearch.export.write import Style, planned

    net = rfsearch.parse(name)
    model = exported(planned(net.notation, net.input, net.input_channels, Style()))
    read = rfsearch.from_keras(model)
    assert figures(read) == figures(net)
    assert read.totals == net.totals
    assert (read.rf, read.rf_min, read.jump) == (net.rf, net.rf_min, net.jump)
    assert read.notation is not None, read.unsaid
    again = rfsearch.parse(read.notation, net.input, net.input_channels)
    assert figures(again) == figures(net)


def moving(net):
    """The values that a finding says are not learned."""
    for line in net.findings:
        if line.startswith("not in the params"):
            return int(line.split("learned: ")[1].split()[0].replace(",", ""))
    return 0


@pytest.mark.parametrize("name", EVERY)
def test_params_are_what_keras_counts_but_for_moving_statistics(name):
    model = keras_model(name)
    net = rfsearch.from_keras(model)
    assert net.totals["params"] == sum(prod(one.shape) for one in model.trainable_weights)
    assert net.totals["params"] + moving(net) == model.count_params()
    assert not any("no output needs" in line for line in net.findings)
    model.trainable = False
    assert rfsearch.from_keras(model).totals["params"] == net.totals["params"]


def gradient_boxes(model, indices, images_last):
    """For each output index the [first, last] input position an axis with a gradient."""
    import jax

    for weight in model.weights:
        drawn = np.random.default_rng(0).uniform(0.1, 1, weight.shape)
        weight.assign(np.ones(weight.shape) if "moving" in weight.path else drawn)
    values = [one.value for one in model.trainable_variables]
    others = [one.value for one in model.non_trainable_variables]

    def output(image):
        made = model.stateless_call(values, others, image, training=False)[0]
        return made if images_last else jax.numpy.moveaxis(made, 1, -1)

    image = np.full((1, *model.inputs[0].shape[1:]), 0.5, np.float32)
    made, backwards = jax.vjp(output, image)
    for index in indices:
        wanted = np.zeros(made.shape, np.float32)
        wanted[(0, *index)] = 1
        gradient = np.asarray(backwards(wanted)[0])[0]
        seen = np.abs(gradient if images_last else np.moveaxis(gradient, 0, -1)).sum(axis=-1) > 0
        yield tuple((int(at.min()), int(at.max())) for at in np.nonzero(seen))


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_of_an_output_is_not_zero_on_exactly_the_box_that_reaches_it(name):
    model = keras_model(name)
    net = rfsearch.from_keras(model)
    shares = (0.0, 0.4, 1.0)
    indices = [tuple(int(share * (n - 1)) for n in net.features.sizes) for share in shares]
    boxes = gradient_boxes(model, indices, name != "channels_first")
    for index, box in zip(indices, boxes, strict=True):
        assert net.box(index) == box, index


def test_macs_are_weights_times_positions():
    net = rfsearch.from_keras(keras_model("strided"))
    conv, norm_free = 12 * 15 * 3 * 5 * 3 * 4, 12 * 15 * 3 * 3 * 8
    rows = {row.layer: row for row in net}
    assert [row.macs for row in net][:2] == [conv, norm_free]
    depth, point = (row for name, row in rows.items() if name.startswith("separable"))
    positions = prod(point.output_size)
    assert (depth.macs, point.macs) == (positions * 4 * 8, positions * 8 * 6)
    transposed = rfsearch.from_keras(keras_model("up"))
    assert next(row.macs for row in transposed if row.op == "T") == 6 * 8 * 9 * 4 * 4


def test_layers_made_of_others_are_read_inside_and_named_by_their_path():
    net = rfsearch.from_keras(keras_model("nested"))
    names = [row.layer for row in net]
    assert any(name.startswith("inner/twice") and "/conv2d" in name for name in names), names
    assert net.rf == 3 + 2 * 2 + 4 * 2


def test_what_is_not_known_sees_everything_and_keeps_its_params():
    import keras
    from keras_models import Untraceable

    model = keras.Sequential(
        [keras.Input((9, 9, 3)), keras.layers.Conv2D(4, 3), Untraceable(name="odd")]
    )
    net = rfsearch.from_keras(model)
    assert net.sees_all and net.totals["params"] == model.count_params() == 116
    line = next(one for one in net.findings if one.startswith("taken to see everything"))
    assert "odd (Untraceable): a layer that is not known" in line


def test_a_layer_of_one_s_own_with_a_keras_name_is_not_taken_for_it():
    import keras

    class Dropout(keras.layers.Layer):
        def call(self, x):
            return keras.ops.average_pool(x, 3, 1, "same") if False else x[:, ::-1]

    model = keras.Sequential([keras.Input((9, 8, 3)), Dropout(), keras.layers.Conv2D(4, 3)])
    net = rfsearch.from_keras(model)
    assert net.box((0, 0)) == ((6, 8), (0, 2))


def test_an_input_of_another_size_and_an_end_before_the_output():
    import keras

    model = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Conv2D(8, 3, strides=2, name="first"),
            keras.layers.Conv2D(8, 3, name="second"),
        ]
    )
    assert rfsearch.from_keras(model, (31, 45)).output_size == (13, 20)
    assert rfsearch.from_keras(model, 31, until="first").rf == 3
    assert len(model.get_layer("first")._inbound_nodes) == 1  # nothing of the reading is kept
    with pytest.raises(rfsearch.UsageError, match="input: a size, like 224, is needed"):
        rfsearch.from_keras(model)
    with pytest.raises(rfsearch.UsageError, match="until: 'third' is not the name of a layer"):
        rfsearch.from_keras(model, 31, until="third")
    with pytest.raises(rfsearch.UsageError, match=r"model: int is not a keras\.Model"):
        rfsearch.from_keras(3)
    dense = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    with pytest.raises(rfsearch.UsageError, match="Keras cannot run it on 9×9"):
        rfsearch.from_keras(dense, 9)


def test_inputs_of_one_size_are_one_and_others_have_no_positions():
    import keras
    from keras import layers

    left, right = keras.Input((20, 24, 3), name="left"), keras.Input((20, 24, 1), name="right")
    label = keras.Input((5,), name="label")
    conv = layers.Conv2D(4, 3)
    x = layers.concatenate([conv(left), conv(layers.concatenate([right] * 3))])
    x = layers.multiply([x, layers.Reshape((1, 1, 8))(layers.Dense(8)(label))])
    model = keras.Model({"left": left, "right": right, "label": label}, layers.Conv2D(2, 3)(x))
    net = rfsearch.from_keras(model)
    assert (net.input, net.input_channels, net.rf) == ((20, 24), 4, 5)
    assert net.totals["params"] == model.count_params()
    assert net.box((0, 0)) == ((0, 4), (0, 4))


def test_a_model_that_is_a_class_is_read_once_it_was_called():
    import keras

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = keras.layers.Conv2D(4, 3), keras.layers.Conv2D(4, 5)

        def call(self, x):
            return self.two(self.one(x))

    model = Net()
    with pytest.raises(rfsearch.UsageError, match="call it once on an example"):
        rfsearch.from_keras(model)
    model(np.zeros((1, 20, 20, 3), np.float32))
    assert rfsearch.from_keras(model).notation == "4C3-4C5"


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_files_are_shown_exported_and_asked_about_like_names(suffix, tmp_path, capsys):
    path = tmp_path / f"model.{suffix}"
    model = keras_model("classifier")
    model.save(path)
    assert rfsearch.load(path).totals["params"] == model.count_params()
    assert main(["show", str(path), "--input", "29", "--until", model.layers[1].name]) == 0
    assert "input 29, 3 channels → output 14, RF 3" in capsys.readouterr().out
    assert main(["show", str(path), "--layout", "channels-last"]) == 2
    assert "layout: a Keras model says its own" in capsys.readouterr().err
    assert main(["verify", str(path), "--with", "keras"]) == 0


def test_a_file_that_keras_cannot_load_is_one_line(tmp_path, capsys):
    path = tmp_path / "bad.keras"
    path.write_bytes(b"not a model")
    assert main(["show", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Keras cannot load it" in said
    assert main(["show", str(tmp_path / "absent.keras")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_the_page_about_keras_is_true():
    import doctest
    from pathlib import Path

    page = Path(__file__).parents[1] / "docs" / "keras.md"
    assert doctest.testfile(str(page), module_relative=False).failed == 0
