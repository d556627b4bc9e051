"""Network in Network, with any activation."""

from collections.abc import Callable, Sequence

import keras

from .activation_blocks import ActivationBlocks, check_side
from .flexible_blocks import CIFAR10, check_classes, normalization, scaled

# Three stages: kernel size of the first convolution, and the maps of all; the others are 1x1.
_STAGES = ((5, (192, 160, 96)), (5, (192, 192, 192)), (3, (192, 192)))


def network_in_network(
    input_shape: Sequence[int] = (32, 32, 3),
    classes: int = 10,
    activation: str | Callable[[], keras.layers.Layer] = "relu",
    seed: int | None = None,
    *,
    width: float = 1.0,
    batch_normalization: bool = True,
    mean: float | Sequence[float] = CIFAR10[0],
    std: float | Sequence[float] = CIFAR10[1],
    l2: float = 0.00005,
) -> keras.Model:
    """Network in Network for CIFAR, softmax output, with an activation of your choice.

    Normalisation -> Conv 5x5, 192 maps, and 1x1 with 160 and 96 -> max-pooling 3, stride 2 ->
    dropout 0.5 -> Conv 5x5, 192 maps, and 1x1 with 192 and 192 -> average-pooling 3, stride 2 ->
    dropout 0.5 -> Conv 3x3, 192 maps, 1x1 with 192, 1x1 with one map per class -> global average ->
    softmax; same padding. All but the last are followed by batch normalisation, which the
    published network does not have, and the activation; the last has neither, so that class scores
    are unbounded whatever the activation. Without normalisation and with ReLU 966,986
    parameters, the published 0.97 million.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1], at least 8x8.
        classes: integer >= 2.
        activation: name, or function that returns a new layer, as in `layers.activation`.
        seed: integer or `None`; seeds the initial weights and the dropout.
        width: number > 0, factor of the maps; 1 is the published network.
        batch_normalization: whether it stands directly before every activation.
        mean, std: normalisation per channel; by default that of CIFAR-10's training images.
        l2: penalty factor of the kernels.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; its last layer is `"probabilities"`.

    Example:

    >>> model = binomial_keras.models.network_in_network(activation="splash", width=0.25)

    References:
        Lin, Chen, Yan, "Network in network", ICLR 2014.
    """
    check_classes(classes)
    check_side(input_shape, 8)
    blocks = ActivationBlocks(activation, seed, l2, batch_normalization)
    normalize = normalization(input_shape, mean, std)
    image = keras.Input(input_shape, name="image")
    x = normalize(image)
    pools = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
    for stage, (first, maps) in enumerate(_STAGES, 1):
        for number, count in enumerate(maps, 1):
            size = first if number == 1 else 1
            x = blocks.block(x, scaled(count, width), size, f"{stage}_{number}")
        if stage <= len(pools):
            x = pools[stage - 1](3, 2, padding="same", name=f"pool{stage}")(x)
            x = blocks.dropout(x, 0.5, f"dropout{stage}")
    x = keras.layers.Conv2D(classes, 1, **blocks.weights(), name="scores")(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(
        image, keras.layers.Activation("softmax", name="probabilities")(x),
        name="network_in_network",
    )
