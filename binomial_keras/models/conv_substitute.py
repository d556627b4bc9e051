"""The network on which the flexible-layer paper makes its black-box examples."""

from collections.abc import Sequence

import keras

from .flexible_blocks import CIFAR10, Blocks, check_classes, normalization, scaled


def conv_substitute(
    input_shape: Sequence[int] = (32, 32, 3),
    classes: int = 10,
    seed: int | None = None,
    *,
    width: float = 1.0,
    mean: float | Sequence[float] = CIFAR10[0],
    std: float | Sequence[float] = CIFAR10[1],
    l2: float = 0.0,
) -> keras.Model:
    """The "Conv2d model", source of the paper's black-box PGD, with softmax output.

    Twice [Conv 3x3 -> ReLU -> Conv 3x3 -> ReLU -> MaxPooling 2], with 64 and 128 maps and same
    padding, then Dense 256 -> ReLU -> Dense 10, softmax. How it is trained is not printed.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1].
        classes: integer >= 2.
        seed: integer or `None`; seeds the initial weights.
        width: number > 0, factor of the maps and of the hidden units.
        mean, std: normalisation per channel; by default that of CIFAR-10's training images.
        l2: penalty factor of every weight.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; its last layer is `"probabilities"`.
    """
    check_classes(classes)
    blocks = Blocks(seed, l2)
    normalize = normalization(input_shape, mean, std)
    image = keras.Input(input_shape, name="image")
    x = normalize(image)
    for stage, maps in enumerate((64, 128), 1):
        for number in (1, 2):
            name = f"conv{stage}_{number}"
            x = blocks.conv(x, scaled(maps, width), activation="relu", name=name)
        x = keras.layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = keras.layers.Flatten(name="flat")(x)
    x = blocks.dense(x, scaled(256, width), activation="relu", name="dense")
    output = blocks.dense(x, classes, activation="softmax", name="probabilities")
    return keras.Model(image, output, name="conv_substitute")
