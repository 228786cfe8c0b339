"""What a Keras file defines for itself where a layer of the notation needs it, by name.

`{d}` stands for the number of axes, `{activation}` for the name of the activation function.
"""

_WEIGHTED = """    def __init__(
        self,
        filters,
        kernel_size,
        strides,
        dilation_rate,
        groups=1,
        use_bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.groups = filters, kernel_size, groups
        self.strides, self.dilation_rate = strides, dilation_rate
        self.use_bias = use_bias

    def build(self, shape):
        kernel = {kernel}
        self.kernel = self.add_weight(shape=kernel, initializer="glorot_uniform")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")
"""


def _weighted(kernel: str) -> str:
    """The beginning of a layer with a kernel of this shape and a bias."""
    return _WEIGHTED.replace("{kernel}", kernel) + "\n"


SUPPORT = {
    "StridedDilatedConv": '''class StridedDilatedConv(layers.Layer):
    """A convolution with stride and dilation both above 1, which keras.layers leaves out."""

'''
    + _weighted("(*self.kernel_size, shape[-1] // self.groups, self.filters)")
    + """    def call(self, x):
        # TensorFlow has no such convolution either: there every step, then some of them.
        apart = keras.backend.backend() == "tensorflow"
        x = keras.ops.conv(
            x,
            self.kernel,
            strides=1 if apart else self.strides,
            padding="valid",
            dilation_rate=self.dilation_rate,
        )
        if apart:
            x = x[(slice(None), *(slice(None, None, step) for step in self.strides))]
        return x if self.bias is None else x + self.bias
""",
    "GeneralConvTranspose": '''class GeneralConvTranspose(layers.Layer):
    """A transposed convolution with groups, or with stride and dilation both above 1."""

'''
    + _weighted("(*self.kernel_size, self.filters // self.groups, shape[-1])")
    + """    def call(self, x):
        parts = [
            keras.ops.conv_transpose(
                part,
                kernel,
                strides=self.strides,
                padding="valid",
                dilation_rate=self.dilation_rate,
            )
            for part, kernel in zip(
                keras.ops.split(x, self.groups, axis=-1),
                keras.ops.split(self.kernel, self.groups, axis=-1),
            )
        ]
        x = keras.ops.concatenate(parts, axis=-1)
        return x if self.bias is None else x + self.bias
""",
    "LinearUpSampling": '''class LinearUpSampling(layers.Layer):
    """Linear interpolation along each axis, between the centres of the pixels."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x):
        for axis, factor in enumerate(self.size, start=1):
            n = x.shape[axis]
            places = [
                min(max((i + 0.5) / factor - 0.5, 0), n - 1) for i in range(n * factor)
            ]
            before = [int(place) for place in places]
            after = [min(place + 1, n - 1) for place in before]
            weights = [place - whole for place, whole in zip(places, before)]
            weights = keras.ops.reshape(
                keras.ops.convert_to_tensor(weights, x.dtype),
                [-1 if one == axis else 1 for one in range(len(x.shape))],
            )
            first, second = (keras.ops.take(x, at, axis=axis) for at in (before, after))
            x = first + weights * (second - first)
        return x
''',
    "PartialAveragePooling": '''class PartialAveragePooling(layers.Layer):
    """The average of what each window has; the last one hangs over the end."""

    def __init__(self, pool_size, overhang, strides, **kwargs):
        super().__init__(**kwargs)
        self.pool_size, self.overhang, self.strides = pool_size, overhang, strides

    def call(self, x):
        beyond = [(0, 0), *((0, count) for count in self.overhang), (0, 0)]
        ones = keras.ops.ones((1, *x.shape[1:-1], 1), x.dtype)
        means, shares = (
            keras.ops.average_pool(
                keras.ops.pad(part, beyond), self.pool_size, self.strides
            )
            for part in (x, ones)
        )
        return means / shares
''',
    "Scale": '''class Scale(layers.Layer):
    """A learned factor for each channel."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale
''',
    "squeeze_excite": '''def squeeze_excite(x, squeezed, name, use_bias=True):
    """Each channel times a factor that depends on the averages of all channels."""
    y = layers.GlobalAveragePooling{d}D(keepdims=True, name=f"{name}_average")(x)
    y = layers.Conv{d}D(
        squeezed, 1, activation={activation}, use_bias=use_bias, name=f"{name}_squeeze"
    )(y)
    y = layers.Conv{d}D(
        x.shape[-1], 1, activation="sigmoid", use_bias=use_bias, name=f"{name}_expand"
    )(y)
    return layers.Multiply(name=f"{name}_scale")([x, y])
''',
}
