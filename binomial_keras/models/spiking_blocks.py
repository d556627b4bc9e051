"""What the networks of leaky integrate-and-fire neurons share."""

import keras

from ..layers import (
    LIF,
    BatchNormalization,
    Evidence,
    MembraneReadout,
    PerPass,
    PoissonEncoder,
)
from ..layers.arguments import check_choice
from ..layers.time_axis import check_passes, has_time_axis
from .flexible_blocks import Blocks, normalization

ENCODINGS = ("direct", "poisson")
READOUTS = ("rate", "membrane")
# Mean and standard deviation of MNIST's training pixels in [0, 1].
MNIST = ((0.1307,), (0.3081,))


class SpikingBlocks(Blocks):
    """`Blocks` whose layers work along a time axis, and whose activations are spikes.

    Args:
        seed, l2: as in `Blocks`.
        T: number of time steps.
        neurons: dict of arguments of every `LIF`.
    """

    def __init__(self, seed, l2, T, neurons):
        super().__init__(seed, l2)
        self.T = check_passes(T)
        self.neurons = dict(neurons)

    def encoded(self, image, encoding, mean, std):
        """The currents of the first convolution.

        "direct": normalised pixels without time axis, the same in every step, so that the
        convolution runs once; the first `LIF` adds the axis. "poisson": spikes of the pixels.
        """
        if check_choice("encoding", encoding, ENCODINGS) == "poisson":
            return PoissonEncoder(self.T, seed=self.seed(), name="encoded")(image)
        return normalization(image.shape[1:], mean, std)(image)

    def lif(self, x, name):
        """`LIF` neurons; the current may lack the time axis."""
        T = None if has_time_axis(len(x.shape)) else self.T
        return LIF(T, **{"seed": self.seed(), **self.neurons}, name=name)(x)

    def spiking_conv(self, x, filters, size=3, strides=1, name=""):
        """Convolution without bias, batch normalisation, spikes.

        The statistics are taken over batch, time and positions.
        """
        weights = self._weights(size * size * x.shape[-1])
        conv = keras.layers.Conv2D(
            filters, size, strides, padding="same", use_bias=False, **weights, name=f"conv{name}"
        )
        x = per_step(conv)(x)
        x = BatchNormalization(
            statistics="all",
            momentum=0.9,
            epsilon=1e-5,
            gamma_regularizer=self.penalty(),
            beta_regularizer=self.penalty(),
            name=f"norm{name}",
        )(x)
        return self.lif(x, f"lif{name}")

    def spiking_dense(self, x, units, name):
        """Dense layer and spikes."""
        dense = keras.layers.Dense(units, **self._weights(x.shape[-1]), name=f"dense{name}")
        return self.lif(per_step(dense)(x), f"lif_dense{name}")

    def read_out(self, x, classes, readout):
        """Softmax of the logits' mean over time ("rate"), or of the last membrane potential.

        The mean of the logits is the logits of the mean: the dense layer runs once.
        """
        weights = self._weights(x.shape[-1])
        if check_choice("readout", readout, READOUTS) == "rate":
            x = Evidence(name="rate")(x)
            return keras.layers.Dense(
                classes, activation="softmax", **weights, name="probabilities"
            )(x)
        x = per_step(keras.layers.Dense(classes, **weights, name="logits"))(x)
        x = MembraneReadout("last", name="membrane")(x)
        return keras.layers.Softmax(name="probabilities")(x)


def per_step(layer):
    """A layer applied to every step, under its own name; itself for an input without steps."""
    return PerPass(layer, name=layer.name)
