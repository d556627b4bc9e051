"""The third layer of HMAX: likeness to learned patches."""

import keras
from keras import ops

from .arguments import check_count, check_number
from .window_sum import window_sum


@keras.saving.register_keras_serializable(package="binomial_keras")
class PatchDistance(keras.layers.Layer):
    """Gaussian tuning to learned patches: the S2 units of HMAX, one size.

    Forward: `exp(-||window - patch||^2 / (2 sigma^2))` for every position and patch, in [0, 1];
    outside of the map are zeros. The gradient is exact, also to the patches.

    Shapes: `(batch, height, width, channels)` to `(batch, height, width, patches)`. Weight:
    `(size, size, channels, patches)`.

    Args:
        patches: integer >= 1.
        size: integer >= 1, side of the patches.
        sigma: number > 0, width of the tuning, in units of the distance.
        initializer, regularizer: of the patches.

    References:
        Serre, Oliva, Poggio (2007), Eq. 1.
    """

    def __init__(
        self, patches, size, sigma=1.0, initializer="random_uniform", regularizer=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.patches = check_count("patches", patches)
        self.size = check_count("size", size)
        self.sigma = check_number("sigma", sigma, positive=True)
        self.initializer = keras.initializers.get(initializer)
        self.regularizer = keras.regularizers.get(regularizer)

    def build(self, input_shape):
        if len(input_shape) != 4 or input_shape[-1] is None:
            raise ValueError(
                f"Invalid input for layer `{self.name}`. Expected (batch, height, width, "
                f"channels). Received: shape={tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            name="patches",
            shape=(self.size, self.size, input_shape[-1], self.patches),
            initializer=self.initializer,
            regularizer=self.regularizer,
            autocast=False,
        )
        self.built = True

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        patches = self.kernel.value
        product = ops.conv(x, patches, 1, "same", "channels_last")
        # ||w - p||^2 = ||w||^2 - 2 <w, p> + ||p||^2: the first does not depend on the patch.
        energy = window_sum(ops.sum(ops.square(x), axis=-1), self.size)[..., None]
        distance = energy - 2.0 * product + ops.sum(ops.square(patches), axis=(0, 1, 2))
        # Rounding may take it below zero, and the exponential above one.
        response = ops.exp(ops.relu(distance) * (-0.5 / self.sigma**2))
        return ops.cast(response, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:3], self.patches)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "patches": self.patches,
            "size": self.size,
            "sigma": self.sigma,
            "initializer": serialize(self.initializer),
            "regularizer": serialize(self.regularizer),
        }
