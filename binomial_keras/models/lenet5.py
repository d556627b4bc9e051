"""LeNet-5 with any activation."""

import keras


def lenet5(input_shape=(28, 28, 1), classes=10, activation="relu", seed=None):
    """LeNet-5 with max-pooling, softmax output and an activation of your choice.

    Conv 6 maps, 5x5, same padding -> activation -> max-pool 2 -> conv 16, 5x5 -> activation ->
    max-pool 2 -> Dense 120 -> activation -> Dense 84 -> activation -> Dense, softmax. LeCun et
    al.'s network had a trained sub-sampling and radial basis functions at the end; this is the
    form that is used today.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1]; at least 16x16.
        classes: integer >= 2.
        activation: name of a Keras activation, or a function without arguments that returns a
            new layer (`keras.layers.PReLU`, say); it is called once per activation.
        seed: integer or `None`; seeds the initial weights.

    Returns:
        A functional `keras.Model`; its last layer is named `"probabilities"`.

    Example:

    >>> binomial_keras.models.lenet5(activation=keras.layers.PReLU).count_params()
    68214

    References:
        LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 86 (1998).
    """
    _check(input_shape, classes)
    seeds = iter(range(seed * 1000, (seed + 1) * 1000)) if seed is not None else None

    def weights():
        start = keras.initializers.HeNormal(seed=None if seeds is None else next(seeds))
        return {"kernel_initializer": start}

    def activated(x, name):
        if isinstance(activation, str):
            return keras.layers.Activation(activation, name=name)(x)
        layer = activation()
        layer.name = name
        return layer(x)

    image = keras.Input(input_shape, name="image")
    x = image
    for number, (maps, padding) in enumerate(((6, "same"), (16, "valid")), 1):
        x = keras.layers.Conv2D(maps, 5, padding=padding, **weights(), name=f"conv{number}")(x)
        x = activated(x, f"activation{number}")
        x = keras.layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = keras.layers.Flatten(name="flat")(x)
    for number, units in enumerate((120, 84), 3):
        x = keras.layers.Dense(units, **weights(), name=f"dense{number}")(x)
        x = activated(x, f"activation{number}")
    output = keras.layers.Dense(
        classes, activation="softmax", **weights(), name="probabilities"
    )(x)
    return keras.Model(image, output, name="lenet5")


def _check(input_shape, classes):
    if len(tuple(input_shape)) != 3 or min(input_shape[:2]) < 16:
        raise ValueError(
            "Invalid value received for argument `input_shape`. Expected (height, width, "
            f"channels) of at least 16x16. Received: input_shape={input_shape}"
        )
    if classes < 2:
        raise ValueError(
            "Invalid value received for argument `classes`. Expected at least 2. "
            f"Received: classes={classes}"
        )
