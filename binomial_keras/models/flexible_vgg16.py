"""VGG16 with flexible layers."""

import numbers
from collections.abc import Sequence
from typing import Any

import keras

from ..layers.arguments import invalid
from .flexible_blocks import CIFAR10, Blocks, check_classes, normalization, scaled

FLEXIBLE_LAYERS = ("one", "all", "last")
# Maps of every convolution, block by block; dropout at the end of each block.
_MAPS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_DROPOUT = (0.3, 0.4, 0.4, 0.4, 0.5)
_HIDDEN = 100


def flexible_vgg16(
    input_shape: Sequence[int] = (32, 32, 3),
    classes: int = 10,
    threshold: str | None = "learned",
    max_when: str = "above",
    seed: int | None = None,
    *,
    flexible_layers: str = "one",
    width: float = 1.0,
    mean: float | Sequence[float] = CIFAR10[0],
    std: float | Sequence[float] = CIFAR10[1],
    l2: float = 0.003,
    dropout: float = 1.0,
    **options: Any,
) -> keras.Model:
    """The paper's VGG16 (Fig. 2A and Supporting information), with softmax output.

    Five blocks of 3x3 convolutions with 64, 128, 256, 512 and 512 maps, each followed by batch
    normalisation and ReLU; max-pooling 2 and spatial dropout (0.3, 0.4, 0.4, 0.4, 0.5) at the
    end of a block; then Dense 100 -> dropout 0.5 -> batch normalisation -> ReLU -> dropout 0.5 ->
    Dense 10, softmax. `flexible_layers` says which convolutions are flexible layers:

    * `"one"`, the "Single Layer" network as it is listed: the second convolution of block 1,
      without padding. Block 1 has no pooling: sides 32, 30, 15, 7, 3, 1.
    * `"all"`, a reconstruction of "All Layers": the same network with every convolution that
      keeps its number of maps flexible (nine: one each in blocks 1 and 2, two each in 3 and 4,
      three in 5). The pooled branch of the other four would not have the channels.
    * `"last"`, the reading of a public file of the authors: the last convolution of blocks 1 to
      4, hardly any padding, pooling in blocks 3 to 5 alone. Sides 32, 28, 24, 10, 2, 1.

    The paper's baseline is `threshold=None`. All flexible layers are of one kind. The public code
    of this network pools above the threshold, which is the default here; the paper's Eq. 1 is
    `max_when="below"`.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1].
        classes: integer >= 2.
        threshold, max_when: as in `layers.FlexibleLayer`.
        seed: integer or `None`; seeds the initial weights, the dropout and the masks.
        flexible_layers: `"one"`, `"all"` or `"last"`.
        width: number > 0, factor of the maps of every convolution: 1 is the paper's network,
            0.25 trains on a CPU. The hidden layer keeps its 100 units.
        mean, std: normalisation per channel; by default that of CIFAR-10's training images (the
            paper does not print its own).
        l2: penalty factor of every weight but the thresholds: half of the paper's weight decay
            of 0.006.
        dropout: number in [0, 1], factor of all dropout rates: 1 are the paper's. Short trainings
            of narrow networks learn little with them.
        **options: further arguments of every `layers.FlexibleLayer`, such as `threshold_value`,
            `learn_threshold`, `mask_per_image`, `scale`.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]. Convolution n of block b is named
        `"conv{b}_{n}"` or `"flexible{b}_{n}"`, the last layer `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.flexible_vgg16(threshold="random", width=0.25)
    """
    check_classes(classes)
    if flexible_layers not in FLEXIBLE_LAYERS:
        raise ValueError(
            "Invalid value received for argument `flexible_layers`. Expected one of "
            f"{FLEXIBLE_LAYERS}. Received: flexible_layers={flexible_layers!r}"
        )
    if isinstance(dropout, bool) or not isinstance(dropout, numbers.Real) or not 0 <= dropout <= 1:
        raise invalid("dropout", "a number in [0, 1]", dropout)
    blocks = Blocks(seed, l2)
    options = {"threshold": threshold, "max_when": max_when, **options}
    normalize = normalization(input_shape, mean, std)
    image = keras.Input(input_shape, name="image")
    x = normalize(image)
    for block, maps in enumerate(_MAPS, 1):
        for number, count in enumerate(maps, 1):
            count = scaled(count, width)
            padding = _padding(flexible_layers, block, number)
            if _is_flexible(flexible_layers, block, number):
                name = f"flexible{block}_{number}"
                x = blocks.flexible(x, count, 3, padding, name=name, **options)
            else:
                x = blocks.conv(x, count, 3, padding, name=f"conv{block}_{number}")
            x = blocks.normalized(x, f"{block}_{number}")
        if block >= (3 if flexible_layers == "last" else 2):
            x = keras.layers.MaxPooling2D(2, name=f"pool{block}")(x)
        x = blocks.dropout(x, dropout * _DROPOUT[block - 1], name=f"dropout{block}")
    output = _head(blocks, keras.layers.Flatten(name="flat")(x), classes, dropout)
    return keras.Model(image, output, name=f"flexible_vgg16_{flexible_layers}")


def _head(blocks, x, classes, dropout):
    x = blocks.dense(x, _HIDDEN, name="dense")
    x = blocks.dropout(x, 0.5 * dropout, spatial=False, name="dropout6")
    x = blocks.normalized(x, "dense")
    x = blocks.dropout(x, 0.5 * dropout, spatial=False, name="dropout7")
    return blocks.dense(x, classes, activation="softmax", name="probabilities")


def _is_flexible(flexible_layers, block, number):
    if flexible_layers == "one":
        return (block, number) == (1, 2)
    if flexible_layers == "last":
        return block <= 4 and number == len(_MAPS[block - 1])
    return number > 1 or block == 5


def _padding(flexible_layers, block, number):
    if flexible_layers == "last":
        # 30, 28 | 26, 24 | 22, 20, 20 | 8, 6, 4 | 2, 2, 2
        return "same" if block == 5 or (block, number) == (3, 3) else "valid"
    return "valid" if (block, number) == (1, 2) else "same"
