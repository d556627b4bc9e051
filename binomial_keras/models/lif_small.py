"""A small spiking network."""

from collections.abc import Sequence
from typing import Any

import keras

from .flexible_blocks import check_classes, scaled
from .spiking_blocks import MNIST, SpikingBlocks, per_step


def lif_small(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    T: int = 4,
    decay: str = "random",
    seed: int | None = None,
    *,
    maps: Sequence[int] = (16, 32),
    units: int = 128,
    width: float = 1.0,
    encoding: str = "direct",
    readout: str = "rate",
    mean: float | Sequence[float] = MNIST[0],
    std: float | Sequence[float] = MNIST[1],
    l2: float = 0.0,
    **options: Any,
) -> keras.Model:
    """A small network of leaky integrate-and-fire neurons, with softmax output.

    Normalisation -> [Conv 3x3 -> batch normalisation -> LIF -> average-pool 2] for each entry of
    `maps` -> Dense `units` -> LIF -> mean over time -> Dense, softmax. No paper's network: the
    small one of this library's experiments on random time constants, whose neurons (see `LIF`)
    are a reconstruction of RandHet's.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1].
        classes: integer >= 2.
        T: integer >= 1, number of time steps.
        decay: `"random"`, `"frozen"`, `"fixed"` or `"learned"`, as in `layers.LIF`.
        seed: integer or `None`; seeds the initial weights and the decays.
        maps: maps of the convolutions.
        units: hidden units.
        width: number > 0, factor of maps and units.
        encoding: `"direct"`, the normalised pixel is the current of every step, or `"poisson"`,
            spikes with the pixel as their probability, not normalised.
        readout: `"rate"`, the softmax of the logits' mean over time, or `"membrane"`, of the last
            potential of leaky integrators.
        mean, std: normalisation per channel; by default that of MNIST's training images.
        l2: penalty factor of every weight.
        **options: further arguments of every `layers.LIF`, such as `decay_range`, `surrogate`,
            `shared_over_batch`.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; its neurons are named `"lif1"`, ...,
        `"lif_dense"`, its last layer `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.lif_small(decay="frozen", seed=1)
    """
    check_classes(classes)
    blocks = SpikingBlocks(seed, l2, T, {"decay": decay, **options})
    image = keras.Input(input_shape, name="image")
    x = blocks.encoded(image, encoding, mean, std)
    for number, count in enumerate(maps, 1):
        x = blocks.spiking_conv(x, scaled(count, width), name=f"{number}")
        x = per_step(keras.layers.AveragePooling2D(2, name=f"pool{number}"))(x)
    x = per_step(keras.layers.Flatten(name="flat"))(x)
    x = blocks.spiking_dense(x, scaled(units, width), "")
    return keras.Model(image, blocks.read_out(x, classes, readout), name="lif_small")
