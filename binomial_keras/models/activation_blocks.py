"""What the networks with any activation share."""

import numbers

import keras

from ..layers import activation as new_activation


class ActivationBlocks:
    """Makes layers with He et al.'s initial values, a chain of seeds, and one kind of activation.

    A convolution or dense layer is followed by batch normalisation (without it, by nothing) and
    then the activation. L2 is on kernels alone: neither biases nor normalisation nor the weights
    of the activations are pulled to zero.

    Args:
        activation: as in `layers.activation`.
        seed: integer in 0..4294966, or `None`.
        l2: number >= 0; `l2 * sum(w^2)` is added to the loss for every kernel.
        batch_normalization: whether it stands before every activation.
    """

    def __init__(self, activation, seed, l2, batch_normalization=True):
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
        self.activation, self.l2 = activation, l2
        self.batch_normalization = batch_normalization
        self._seeds = None if seed is None else iter(range(seed * 1000, (seed + 1) * 1000))
        # Maxout takes the largest of several pieces, which the layer before it has to compute.
        self.pieces = getattr(new_activation(activation), "pieces", 1)

    def seed(self):
        """The next seed of the chain."""
        return None if self._seeds is None else next(self._seeds)

    def weights(self):
        """Arguments of a layer with a kernel."""
        return {
            "kernel_initializer": keras.initializers.HeNormal(seed=self.seed()),
            "kernel_regularizer": keras.regularizers.L2(self.l2) if self.l2 else None,
        }

    def conv(self, x, maps, size, name, padding="same", strides=1):
        """Convolution -> normalisation, with as many maps as the activation needs pieces."""
        x = keras.layers.Conv2D(
            maps * self.pieces, size, strides=strides, padding=padding,
            use_bias=not self.batch_normalization, **self.weights(), name=name,
        )(x)
        return self.normalized(x, f"norm_{name}")

    def dense(self, x, units, name):
        """Dense -> normalisation."""
        x = keras.layers.Dense(
            units * self.pieces, use_bias=not self.batch_normalization, **self.weights(), name=name
        )(x)
        return self.normalized(x, f"norm_{name}")

    def normalized(self, x, name):
        """Batch normalisation, if there is any."""
        if not self.batch_normalization:
            return x
        return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)

    def activated(self, x, name):
        """A new activation layer."""
        return new_activation(self.activation, rank=len(x.shape), name=name)(x)

    def block(self, x, maps, size, name, **options):
        """Convolution -> normalisation -> activation."""
        x = self.conv(x, maps, size, f"conv{name}", **options)
        return self.activated(x, f"activation{name}")

    def dropout(self, x, rate, name):
        """Dropout of single values."""
        return keras.layers.Dropout(rate, seed=self.seed(), name=name)(x)


def check_side(input_shape, smallest):
    """Raise unless images are `(height, width, channels)` and large enough."""
    if len(tuple(input_shape)) != 3 or min(input_shape[:2]) < smallest:
        raise ValueError(
            "Invalid value received for argument `input_shape`. Expected (height, width, "
            f"channels) of at least {smallest}x{smallest}. Received: input_shape={input_shape}"
        )
