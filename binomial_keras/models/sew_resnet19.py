"""SEW-ResNet19: a residual network of spiking neurons."""

from collections.abc import Sequence
from typing import Any

import keras

from .flexible_blocks import CIFAR10, check_classes, scaled
from .spiking_blocks import SpikingBlocks, per_step

# Maps and stride of the first block of every stage; three blocks each.
_STAGES = ((128, 1), (256, 2), (512, 2))
_BLOCKS = 3


def sew_resnet19(
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
    """Spike-element-wise ResNet19 for small images, with softmax output: a reconstruction.

    Conv 3x3, 64 maps -> batch normalisation -> LIF -> average-pool 3, stride 2 -> three stages of
    three blocks with 128, 256 and 512 maps (strides 1, 2, 2) -> global average -> mean over time
    -> Dense, softmax. A block of maps m is `y = s(x) + x`, with s twice [Conv 3x3 -> batch
    normalisation -> LIF]: spikes are **added** after the neurons, so that y counts 0, 1, 2, ...
    Where the shape changes, `x` goes through [Conv 1x1 -> batch normalisation -> LIF] first.

    The networks of the RandHet paper could not be found. This one is in later public code of its
    first author. What is taken from there and what is not: see `randhet_vgg9`.

    Args:
        input_shape, classes, T, decay, seed, width, encoding, readout, mean, std, l2, **options: as
            in `randhet_vgg9`.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]. The neurons of block n of stage s are
        named `"lif{s}_{n}a"` and `"lif{s}_{n}b"`, the last layer `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.sew_resnet19(width=0.125, seed=1)

    References:
        Fang, Yu, Chen, Huang, Masquelier, Tian, "Deep residual learning in spiking neural
        networks", NeurIPS 2021; public code of arXiv 2512.22522.
    """
    check_classes(classes)
    blocks = SpikingBlocks(seed, l2, T, {"decay": decay, **options})
    image = keras.Input(input_shape, name="image")
    x = blocks.encoded(image, encoding, mean, std)
    x = blocks.spiking_conv(x, scaled(64, width), name="0")
    # A border of zeros that counts in the average, as the public code has it.
    x = per_step(keras.layers.ZeroPadding2D(1, name="border"))(x)
    x = per_step(keras.layers.AveragePooling2D(3, 2, name="pool"))(x)
    for stage, (maps, strides) in enumerate(_STAGES, 1):
        for number in range(1, _BLOCKS + 1):
            first = strides if number == 1 else 1
            x = _block(blocks, x, scaled(maps, width), first, f"{stage}_{number}")
    x = per_step(keras.layers.GlobalAveragePooling2D(name="global"))(x)
    return keras.Model(image, blocks.read_out(x, classes, readout), name="sew_resnet19")


def _block(blocks, x, maps, strides, name):
    inner = blocks.spiking_conv(x, maps, strides=strides, name=f"{name}a")
    inner = blocks.spiking_conv(inner, maps, name=f"{name}b")
    if strides != 1 or x.shape[-1] != maps:
        x = blocks.spiking_conv(x, maps, 1, strides, name=f"{name}_shortcut")
    return keras.layers.Add(name=f"add{name}")([inner, x])
