"""Keras models of every kind of layer, for tests; average pools, whose gradient sees the window."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("rfsearch_tests")
class Twice(keras.layers.Layer):
    """A layer of one's own, made of others."""

    def build(self, shape):
        self.conv = layers.Conv2D(shape[-1], 3, padding="same", dilation_rate=2)
        self.conv.build(shape)
        self.built = True

    def call(self, x):
        return ops.relu(self.conv(x)) + x


class Untraceable(keras.layers.Layer):
    """A layer that no symbolic tensor passes, but with weights."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],))

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)

    def call(self, x):
        import numpy as np

        return np.asarray(x) * self.scale


def functional(shape, made):
    """A model of what `made` does with an input."""
    start = keras.Input(shape)
    return keras.Model(start, made(start))


def _strided():
    return keras.Sequential(
        [
            keras.Input((23, 30, 3)),
            layers.Conv2D(4, (3, 5), strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False),
            layers.ZeroPadding2D(((1, 2), (0, 1))),
            layers.AveragePooling2D((2, 3), strides=2, padding="same"),
            layers.Cropping2D(((0, 1), (1, 0))),
            layers.SeparableConv2D(6, 2, dilation_rate=2),
        ]
    )


def _branches():
    def made(x):
        x = layers.Conv2D(6, 3, padding="same", groups=3)(x)
        y = layers.Conv2D(6, 3, padding="same", activation="silu")(x)
        z = layers.Conv2D(6, 1)(layers.AveragePooling2D(3, 1, "same")(x))
        x = layers.add([x, y, z])
        return layers.concatenate([x, layers.Conv2D(2, 5, padding="same")(x), x[..., :2]])

    return functional((14, 15, 3), made)


def _up():
    def made(x):
        skip = layers.Conv2D(4, 3, padding="same")(x)
        x = layers.AveragePooling2D(2)(skip)
        x = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)
        x = layers.Concatenate()([x, skip])
        x = layers.Conv2DTranspose(3, 2, strides=3, padding="valid")(x)
        x = layers.UpSampling2D(2)(x)
        x = x[:, ::2, ::2]
        return layers.UpSampling2D(2, interpolation="bilinear")(layers.Conv2D(3, 3)(x))

    return functional((12, 16, 2), made)


def _sound():
    def made(x):
        y = layers.Conv1D(8, 3, padding="causal", dilation_rate=4)(x)
        x = layers.Conv1D(8, 1)(x) + ops.tanh(y) * ops.sigmoid(y)
        x = layers.Conv1DTranspose(4, 4, strides=2, padding="same")(x)
        return layers.AveragePooling1D(3, 2)(x)

    return functional((60, 1), made)


def _volume():
    return keras.Sequential(
        [
            keras.Input((6, 8, 9, 1)),
            layers.Conv3D(3, (1, 3, 3), padding="same"),
            layers.AveragePooling3D((1, 2, 2)),
            layers.Conv3DTranspose(2, (2, 1, 1)),
        ]
    )


def _first():
    return keras.Sequential(
        [
            keras.Input((3, 17, 20)),
            layers.Conv2D(4, 3, strides=2, data_format="channels_first"),
            layers.AveragePooling2D(2, data_format="channels_first"),
            layers.BatchNormalization(axis=1),
        ]
    )


def _own():
    return keras.Sequential([keras.Input((15, 15, 3)), Twice(), layers.Conv2D(4, 3), Twice()])


def _nested():
    inner = keras.Sequential([keras.Input((9, 9, 4)), layers.Conv2D(4, 3), Twice()], name="inner")
    return functional((19, 19, 3), lambda x: inner(layers.Conv2D(4, 3, strides=2)(x)))


# What is sampled by gradients: every output sees a part of the input.
LOCAL = {
    "strided": _strided,
    "branches": _branches,
    "up": _up,
    "sound": _sound,
    "volume": _volume,
    "channels_first": _first,
    "own_layers": _own,
    "nested": _nested,
}


def _classifier():
    def made(x):
        x = layers.Conv2D(8, 3, strides=2)(x)
        gate = layers.GlobalAveragePooling2D()(x)
        gate = layers.Dense(2, activation="relu")(layers.Reshape((1, 1, 8))(gate))
        x = layers.multiply([x, layers.Dense(8, activation="sigmoid")(gate)])
        x = layers.Flatten()(layers.MaxPooling2D(2)(x))
        return layers.Dense(5, activation="softmax")(layers.Dropout(0.5)(x))

    return functional((21, 21, 3), made)


def _sequence():
    def made(x):
        x = layers.TimeDistributed(layers.Conv1D(4, 3))(x)
        x = layers.Permute((2, 1, 3))(x)
        x = layers.Reshape((10, -1))(x)
        x = layers.LayerNormalization()(layers.LSTM(6, return_sequences=True)(x))
        x = layers.Bidirectional(layers.GRU(3))(x)
        return layers.PReLU()(layers.Dense(4)(x))

    return functional((7, 12, 2), made)


def _attention():
    def made(x):
        x = layers.Conv1D(8, 3, padding="same")(x)
        return layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))

    return functional((20, 3), made)


def _words():
    return keras.Sequential(
        [keras.Input((16,), dtype="int32"), layers.Embedding(50, 8), layers.Conv1D(4, 3)]
    )


GLOBAL = {
    "classifier": _classifier,
    "sequence": _sequence,
    "attention": _attention,
    "words": _words,
}
EVERY = {**LOCAL, **GLOBAL}
