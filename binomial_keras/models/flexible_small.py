"""The small network of the flexible-layer paper."""

from collections.abc import Sequence
from typing import Any

import keras

from .flexible_blocks import FASHION_MNIST, Blocks, check_classes, normalization


def flexible_small(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    threshold: str | None = "learned",
    max_when: str = "below",
    seed: int | None = None,
    *,
    filters: int = 12,
    kernel_size: int = 5,
    units: Sequence[int] = (120, 60),
    mean: float | Sequence[float] = FASHION_MNIST[0],
    std: float | Sequence[float] = FASHION_MNIST[1],
    l2: float = 0.003,
    **options: Any,
) -> keras.Model:
    """The paper's small Fashion-MNIST network (Fig. 2B), with softmax output.

    Normalisation -> flexible layer 1 -> 12 maps, 5x5, no padding (28x28 to 24x24) -> ReLU ->
    6912 values -> Dense 120 -> ReLU -> Dense 60 -> ReLU -> Dense 10, softmax. The supplement
    leaves out the ReLUs, the public code has them. Its Table 2: "baseline" is `threshold=None`,
    "uniform" `threshold="uniform"`, "standard" the default, "reverse" `max_when="above"`.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1].
        classes: integer >= 2.
        threshold, max_when: as in `layers.FlexibleLayer`.
        seed: integer or `None`; seeds the initial weights and the masks.
        filters, kernel_size: of the flexible layer.
        units: sizes of the hidden dense layers.
        mean, std: normalisation per channel; by default that of Fashion-MNIST's training images
            (the paper does not print its own).
        l2: penalty factor of every weight but the threshold: half of the paper's weight decay
            of 0.006.
        **options: further arguments of `layers.FlexibleLayer`, such as `threshold_value`,
            `learn_threshold`, `mask_per_image`, `scale`.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; its layers `"flexible"` and
        `"probabilities"` are the flexible layer and the last one.

    Example:

    >>> model = binomial_keras.models.flexible_small(threshold="uniform", threshold_value=0.6)
    """
    check_classes(classes)
    blocks = Blocks(seed, l2)
    normalize = normalization(input_shape, mean, std)
    image = keras.Input(input_shape, name="image")
    x = blocks.flexible(
        normalize(image),
        filters,
        kernel_size,
        "valid",
        threshold=threshold,
        max_when=max_when,
        name="flexible",
        **options,
    )
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.Flatten(name="flat")(x)
    for number, width in enumerate(units, 1):
        x = blocks.dense(x, width, activation="relu", name=f"dense{number}")
    output = blocks.dense(x, classes, activation="softmax", name="probabilities")
    return keras.Model(image, output, name="flexible_small")
