"""ResNet-20 with any activation."""

from collections.abc import Callable, Sequence

import keras

from .activation_blocks import ActivationBlocks, check_side
from .flexible_blocks import CIFAR10, check_classes, normalization, scaled

_MAPS = (16, 32, 64)


def resnet20(
    input_shape: Sequence[int] = (32, 32, 3),
    classes: int = 10,
    activation: str | Callable[[], keras.layers.Layer] = "relu",
    seed: int | None = None,
    *,
    width: float = 1.0,
    mean: float | Sequence[float] = CIFAR10[0],
    std: float | Sequence[float] = CIFAR10[1],
    l2: float = 0.5e-4,
) -> keras.Model:
    """ResNet-20 for small images, softmax output, with an activation of your choice.

    Normalisation -> Conv 3x3, 16 maps -> BN -> activation -> three stages of three residual blocks
    with 16, 32 and 64 maps -> global average -> Dense, softmax. A block is Conv 3x3 -> BN ->
    activation -> Conv 3x3 -> BN, plus the block's input, -> activation. The first block of stages
    2 and 3 has stride 2; there the input is subsampled and zeros are its missing maps (option A),
    so no shortcut has weights. With ReLU 269,722 trained parameters, the published 0.27 million.

    With maxout every convolution computes all pieces and the shortcut is added to each of them,
    which equals adding it to their maximum.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1], at least 8x8.
        classes: integer >= 2.
        activation: name, or function that returns a new layer, as in `layers.activation`.
        seed: integer or `None`; seeds the initial weights.
        width: number > 0, factor of the maps; 1 is the published network.
        mean, std: normalisation per channel; by default that of CIFAR-10's training images.
        l2: penalty factor of the kernels, half of the published weight decay of 1e-4. Nothing
            else is penalised.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; its last layer is `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.resnet20(activation="splash", width=0.5)

    References:
        He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016, 4.2.
    """
    check_classes(classes)
    check_side(input_shape, 8)
    blocks = ActivationBlocks(activation, seed, l2)
    normalize = normalization(input_shape, mean, std)
    image = keras.Input(input_shape, name="image")
    x = blocks.block(normalize(image), scaled(_MAPS[0], width), 3, "0")
    for stage, maps in enumerate(_MAPS, 1):
        for number in (1, 2, 3):
            strides = 2 if stage > 1 and number == 1 else 1
            x = _residual(blocks, x, scaled(maps, width), strides, f"{stage}_{number}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    output = keras.layers.Dense(
        classes, activation="softmax", **blocks.weights(), name="probabilities"
    )(x)
    return keras.Model(image, output, name="resnet20")


def _residual(blocks, x, maps, strides, name):
    y = blocks.block(x, maps, 3, f"{name}a", strides=strides)
    y = blocks.conv(y, maps, 3, f"conv{name}b")
    x = _shortcut(x, maps, strides, name)
    if blocks.pieces > 1:
        x = keras.layers.Concatenate(name=f"pieces{name}")([x] * blocks.pieces)
    return blocks.activated(keras.layers.Add(name=f"add{name}")([x, y]), f"activation{name}b")


def _shortcut(x, maps, strides, name):
    if strides > 1:
        x = keras.layers.AveragePooling2D(1, strides, name=f"subsampled{name}")(x)
    missing = maps - x.shape[-1]
    if missing:
        # Taken for channels first, the layer's two spatial axes are width and channels.
        x = keras.layers.ZeroPadding2D(
            ((0, 0), (0, missing)), data_format="channels_first", name=f"padded{name}"
        )(x)
    return x
