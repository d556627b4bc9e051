"""LeNet-5 with any activation."""

from collections.abc import Callable, Sequence

import keras

from .activation_blocks import ActivationBlocks, check_side
from .flexible_blocks import check_classes


def lenet5(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    activation: str | Callable[[], keras.layers.Layer] = "relu",
    seed: int | None = None,
    *,
    batch_normalization: bool = False,
    l2: float = 0.0,
) -> keras.Model:
    """LeNet-5 with max-pooling, softmax output and an activation of your choice.

    Conv 6 maps, 5x5, same padding -> activation -> max-pool 2 -> conv 16, 5x5 -> activation ->
    max-pool 2 -> Dense 120 -> activation -> Dense 84 -> activation -> Dense, softmax. LeCun et
    al.'s network had a trained sub-sampling and radial basis functions at the end; this is the
    form that is used today.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1]; at least 16x16.
        classes: integer >= 2.
        activation: name, as in `layers.activation`, or a function without arguments that returns a
            new layer (`keras.layers.PReLU`, say).
        seed: integer or `None`; seeds the initial weights.
        batch_normalization: whether it stands directly before every activation.
        l2: penalty factor of the kernels; nothing else is penalised.

    Returns:
        A functional `keras.Model`; its last layer is named `"probabilities"`.

    Example:

    >>> binomial_keras.models.lenet5(activation=keras.layers.PReLU).count_params()
    68214

    References:
        LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 86 (1998).
    """
    check_side(input_shape, 16)
    check_classes(classes)
    blocks = ActivationBlocks(activation, seed, l2, batch_normalization)
    image = keras.Input(input_shape, name="image")
    x = image
    for number, (maps, padding) in enumerate(((6, "same"), (16, "valid")), 1):
        x = blocks.block(x, maps, 5, f"{number}", padding=padding)
        x = keras.layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = keras.layers.Flatten(name="flat")(x)
    for number, units in enumerate((120, 84), 3):
        x = blocks.activated(blocks.dense(x, units, f"dense{number}"), f"activation{number}")
    output = keras.layers.Dense(
        classes, activation="softmax", **blocks.weights(), name="probabilities"
    )(x)
    return keras.Model(image, output, name="lenet5")
