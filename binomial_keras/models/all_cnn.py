"""The all-convolutional network, with any activation."""

from collections.abc import Callable, Sequence

import keras

from .activation_blocks import ActivationBlocks, check_side
from .flexible_blocks import CIFAR10, check_classes, normalization, scaled

# Maps, kernel size, stride, padding; a stride of 2 stands in for pooling.
_LAYERS = (
    (96, 3, 1, "same"), (96, 3, 1, "same"), (96, 3, 2, "same"),
    (192, 3, 1, "same"), (192, 3, 1, "same"), (192, 3, 2, "same"),
    (192, 3, 1, "valid"), (192, 1, 1, "same"),
)


def all_cnn(
    input_shape: Sequence[int] = (32, 32, 3),
    classes: int = 10,
    activation: str | Callable[[], keras.layers.Layer] = "relu",
    seed: int | None = None,
    *,
    width: float = 1.0,
    batch_normalization: bool = True,
    mean: float | Sequence[float] = CIFAR10[0],
    std: float | Sequence[float] = CIFAR10[1],
    l2: float = 0.0005,
) -> keras.Model:
    """All-CNN-C, softmax output, with an activation of your choice.

    Normalisation -> dropout 0.2 -> three convolutions 3x3 with 96 maps, the third with stride 2 ->
    dropout 0.5 -> three with 192 maps, the third with stride 2 -> dropout 0.5 -> Conv 3x3 without
    padding, 192 maps -> Conv 1x1, 192 maps -> Conv 1x1, one map per class -> global average ->
    softmax. All but the last are followed by batch normalisation, which the published network does
    not have, and the activation; the last has neither, so that class scores are unbounded whatever
    the activation. Without normalisation and with ReLU 1,369,738 parameters, the published 1.4
    million.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1], at least 9x9.
        classes: integer >= 2.
        activation: name, or function that returns a new layer, as in `layers.activation`.
        seed: integer or `None`; seeds the initial weights and the dropout.
        width: number > 0, factor of the maps; 1 is the published network.
        batch_normalization: whether it stands directly before every activation.
        mean, std: normalisation per channel; by default that of CIFAR-10's training images.
        l2: penalty factor of the kernels, half of the published weight decay of 0.001.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; its last layer is `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.all_cnn(activation="splash", width=0.25)

    References:
        Springenberg, Dosovitskiy, Brox, Riedmiller, "Striving for simplicity: the all
        convolutional net", ICLR 2015 workshop.
    """
    check_classes(classes)
    check_side(input_shape, 9)
    blocks = ActivationBlocks(activation, seed, l2, batch_normalization)
    normalize = normalization(input_shape, mean, std)
    image = keras.Input(input_shape, name="image")
    x = blocks.dropout(normalize(image), 0.2, "dropout0")
    for number, (maps, size, strides, padding) in enumerate(_LAYERS, 1):
        x = blocks.block(
            x, scaled(maps, width), size, f"{number}", strides=strides, padding=padding
        )
        if strides > 1:
            x = blocks.dropout(x, 0.5, f"dropout{number}")
    x = keras.layers.Conv2D(classes, 1, **blocks.weights(), name="scores")(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(
        image, keras.layers.Activation("softmax", name="probabilities")(x), name="all_cnn"
    )
