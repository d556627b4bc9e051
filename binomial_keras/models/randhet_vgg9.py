"""VGG9 of spiking neurons with random time constants."""

from collections.abc import Sequence
from typing import Any

import keras

from .flexible_blocks import CIFAR10, check_classes, scaled
from .spiking_blocks import SpikingBlocks, per_step

_MAPS = ((256, 256, 256), (256, 256, 256), (512, 512, 512))
_UNITS = 2048


def randhet_vgg9(
    input_shape: Sequence[int] = (32, 32, 3),
    classes: int = 10,
    T: int = 4,
    decay: str = "random",
    seed: int | None = None,
    *,
    width: float = 1.0,
    encoding: str = "direct",
    readout: str = "rate",
    mean: float | Sequence[float] = CIFAR10[0],
    std: float | Sequence[float] = CIFAR10[1],
    l2: float = 5e-5,
    **options: Any,
) -> keras.Model:
    """VGG9 of leaky integrate-and-fire neurons, with softmax output: a reconstruction.

    Three blocks of three [Conv 3x3 -> batch normalisation -> LIF] with 256, 256 and 512 maps, each
    followed by average-pooling 2; then Dense 2048 -> LIF -> mean over time -> Dense, softmax.

    The networks of the RandHet paper could not be found. This one is in later public code of its
    first author, with T = 4, threshold 0.5, decay 0.5, hard reset and the triangular surrogate of
    sharpness 2, all of them defaults here. Not taken from there: its loss is a mean of
    cross-entropies over the steps, here it is that of the mean logits.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1]; at least 8x8.
        classes: integer >= 2.
        T: integer >= 1, number of time steps.
        decay: `"random"`, `"frozen"`, `"fixed"` or `"learned"`, as in `layers.LIF`.
        seed: integer or `None`; seeds the initial weights and the decays.
        width: number > 0, factor of maps and hidden units: 1 is the printed size, 0.125 trains
            on a CPU.
        encoding, readout: as in `lif_small`.
        mean, std: normalisation per channel; by default that of CIFAR-10's training images.
        l2: penalty factor of every weight: half of the public code's weight decay of 1e-4.
        **options: further arguments of every `layers.LIF`.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]. The neurons after convolution n of block b
        are named `"lif{b}_{n}"`, the last layer `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.randhet_vgg9(width=0.125, seed=1)

    References:
        Wang, Zhao, Du, He, Zhang, Zeng, iScience (2025), doi 10.1016/j.isci.2025.112660; public
        code of arXiv 2512.22522.
    """
    check_classes(classes)
    blocks = SpikingBlocks(seed, l2, T, {"decay": decay, **options})
    image = keras.Input(input_shape, name="image")
    x = blocks.encoded(image, encoding, mean, std)
    for block, maps in enumerate(_MAPS, 1):
        for number, count in enumerate(maps, 1):
            x = blocks.spiking_conv(x, scaled(count, width), name=f"{block}_{number}")
        x = per_step(keras.layers.AveragePooling2D(2, name=f"pool{block}"))(x)
    x = per_step(keras.layers.Flatten(name="flat"))(x)
    x = blocks.spiking_dense(x, scaled(_UNITS, width), "")
    return keras.Model(image, blocks.read_out(x, classes, readout), name="randhet_vgg9")
