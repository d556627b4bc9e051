"""A multilayer perceptron with ReLU, the source of the likelihood-ratio papers' attacks."""

from collections.abc import Sequence

import keras


def relu_mlp(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    hidden: Sequence[int] = (100, 50),
    seed: int | None = None,
    *,
    pool: int = 1,
    l2: float = 0.5e-4,
) -> keras.Model:
    """Dense layers with ReLU and softmax output: the network that attacks are transferred from.

    The later likelihood-ratio paper makes its adversarial images on 784-100-50-10 (the
    defaults), the earlier on 196-300-100-10 (`hidden=(300, 100), pool=2`). Weights and biases
    start uniform in +-1/sqrt(n), n inputs, as PyTorch's linear layers do.

    Args:
        input_shape: shape of one image in [0, 1].
        classes: integer >= 2.
        hidden: tuple of sizes of the hidden layers.
        seed: integer or `None`; seeds the initial weights.
        pool: images are first averaged over squares of this many pixels.
        l2: penalty factor of all weights and biases, half of the weight decay of 1e-4.

    Returns:
        A functional `keras.Model`; its last layer is named `"probabilities"`.

    Example:

    >>> binomial_keras.models.relu_mlp().count_params()
    84060
    """
    if classes < 2 or any(units < 1 for units in hidden) or pool < 1:
        raise ValueError(
            "Invalid value received for argument `hidden`, `classes` or `pool`. Expected sizes "
            f">= 1 and at least 2 classes. Received: hidden={tuple(hidden)}, classes={classes}, "
            f"pool={pool}"
        )
    image = keras.Input(input_shape, name="image")
    x = keras.layers.AveragePooling2D(pool, name="shrunk")(image) if pool > 1 else image
    x = keras.layers.Flatten(name="flat")(x)
    for number, units in enumerate((*hidden, classes)):
        last = number == len(hidden)
        limit = x.shape[-1] ** -0.5

        def uniform(place, limit=limit, number=number):
            own = None if seed is None else 1000 * seed + 2 * number + place
            return keras.initializers.RandomUniform(-limit, limit, seed=own)

        x = keras.layers.Dense(
            units,
            activation="softmax" if last else "relu",
            kernel_initializer=uniform(0),
            bias_initializer=uniform(1),
            kernel_regularizer=keras.regularizers.L2(l2),
            bias_regularizer=keras.regularizers.L2(l2),
            name="probabilities" if last else f"dense{number + 1}",
        )(x)
    return keras.Model(image, x, name="relu_mlp")
