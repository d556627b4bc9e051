"""What the networks of the flexible-layer paper share: PyTorch's defaults and their checks."""

import math
import numbers

import keras

from ..layers import FlexibleLayer

# Per-channel mean and standard deviation of the training pixels in [0, 1]. The paper normalises
# its images and does not print the constants.
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
FASHION_MNIST = ((0.2860,), (0.3530,))
# PyTorch's momentum 0.1 weighs the new value, Keras' 0.9 the old one.
_MOMENTUM, _EPSILON = 0.9, 1e-5


class Blocks:
    """Makes layers with PyTorch's default initial values, one penalty and a chain of seeds.

    Kernels and biases start uniform on `+-1/sqrt(fan_in)`. `l2 * sum(w^2)` is added to the loss
    for every weight but the thresholds: half of PyTorch's `weight_decay`, which is a gradient.

    Args:
        seed: integer in 0..4294966, or `None`.
        l2: number >= 0.
    """

    def __init__(self, seed, l2):
        # Keras' generators take 32 bits, and every layer gets a seed of its own.
        whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
        if seed is not None and not (whole and 0 <= seed < 2**32 // 1000):
            raise ValueError(
                "Invalid value received for argument `seed`. Expected `None` or an integer in "
                f"0..{2**32 // 1000 - 1}. Received: seed={seed!r}"
            )
        if not l2 >= 0:
            raise ValueError(
                "Invalid value received for argument `l2`. Expected a number >= 0. "
                f"Received: l2={l2!r}"
            )
        self._next = None if seed is None else int(seed) * 1000
        self.l2 = l2

    def seed(self):
        """The next seed of the chain."""
        if self._next is not None:
            self._next += 1
        return self._next

    def penalty(self):
        """A regularizer of its own for one weight, or `None`."""
        return keras.regularizers.L2(self.l2) if self.l2 else None

    def _weights(self, fan_in):
        # VarianceScaling's limit is sqrt(3 scale / fan_in).
        kernel = keras.initializers.VarianceScaling(
            1 / 3, mode="fan_in", distribution="uniform", seed=self.seed()
        )
        bound = 1 / math.sqrt(fan_in)
        return {
            "kernel_initializer": kernel,
            "bias_initializer": keras.initializers.RandomUniform(-bound, bound, self.seed()),
            "kernel_regularizer": self.penalty(),
            "bias_regularizer": self.penalty(),
        }

    def conv(self, x, filters, size=3, padding="same", **options):
        """`Conv2D`, stride 1."""
        weights = self._weights(size * size * x.shape[-1])
        return keras.layers.Conv2D(filters, size, padding=padding, **weights, **options)(x)

    def flexible(self, x, filters, size=3, padding="same", **options):
        """`FlexibleLayer`; `options` are its own arguments and go before the defaults."""
        weights = self._weights(size * size * x.shape[-1])
        defaults = {"padding": padding, "seed": self.seed(), **weights}
        return FlexibleLayer(filters, size, **{**defaults, **options})(x)

    def dense(self, x, units, **options):
        """`Dense`."""
        return keras.layers.Dense(units, **self._weights(x.shape[-1]), **options)(x)

    def normalized(self, x, name):
        """Batch normalisation and ReLU."""
        x = keras.layers.BatchNormalization(
            momentum=_MOMENTUM,
            epsilon=_EPSILON,
            gamma_regularizer=self.penalty(),
            beta_regularizer=self.penalty(),
            name=f"norm_{name}",
        )(x)
        return keras.layers.ReLU(name=f"relu_{name}")(x)

    def dropout(self, x, rate, spatial=True, **options):
        """Dropout of whole maps, or of single units."""
        kind = keras.layers.SpatialDropout2D if spatial else keras.layers.Dropout
        return kind(rate, seed=self.seed(), **options)(x)


def normalization(input_shape, mean, std):
    """`(pixels - mean) / std` per channel, as the model's first layer.

    Raises:
        ValueError: `input_shape` is not (height, width, channels), or the constants are not one
            per channel (one number serves all channels), or `std` is not above zero.
    """
    if len(tuple(input_shape)) != 3:
        raise ValueError(
            "Invalid value received for argument `input_shape`. Expected (height, width, "
            f"channels). Received: input_shape={input_shape}"
        )
    channels = input_shape[-1]
    values = {}
    for name, value in (("mean", mean), ("std", std)):
        several = list(value) if isinstance(value, (tuple, list)) else [value] * channels
        if len(several) != channels or (name == "std" and min(several) <= 0):
            raise ValueError(
                f"Invalid value received for argument `{name}`. Expected one number per channel"
                f"{' above 0' if name == 'std' else ''}, channels={channels}. "
                f"Received: {name}={value}"
            )
        values[name] = [float(v) for v in several]
    variance = [v**2 for v in values["std"]]
    return keras.layers.Normalization(mean=values["mean"], variance=variance, name="normalized")


def check_classes(classes):
    """Raise unless there are two classes or more."""
    if classes < 2:
        raise ValueError(
            "Invalid value received for argument `classes`. Expected at least 2. "
            f"Received: classes={classes}"
        )


def scaled(maps, width):
    """`maps` times the factor `width`, at least 1."""
    if isinstance(width, bool) or not isinstance(width, numbers.Real) or not 0 < width <= 64:
        raise ValueError(
            "Invalid value received for argument `width`. Expected a number in (0, 64]. "
            f"Received: width={width!r}"
        )
    return max(1, round(maps * width))
