"""Activations by name."""

from collections.abc import Callable
from typing import Any

import keras

from .apl import APL
from .arguments import invalid
from .maxout import Maxout
from .splash import SPLASH


def _prelu(rank=4, **options):
    # He et al.: one slope per channel, from 0.25; Keras' own default is one per position, from 0.
    shared = tuple(range(1, rank - 1)) or None
    return keras.layers.PReLU(
        **{"alpha_initializer": keras.initializers.Constant(0.25), "shared_axes": shared, **options}
    )


def _leaky(**options):
    # The slope of Maas et al. (2013); Keras' own default is 0.3.
    return keras.layers.LeakyReLU(**{"negative_slope": 0.01, **options})


# The nine that SPLASH was compared with, and SPLASH. Keras has some of them as functions.
ACTIVATIONS = {
    "relu": "relu",
    "leaky_relu": _leaky,
    "prelu": _prelu,
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "elu": "elu",
    "maxout": Maxout,
    "swish": "silu",
    "apl": APL,
    "splash": SPLASH,
}


def activation(
    name: str | Callable[[], keras.layers.Layer],
    /,
    rank: int = 4,
    **options: Any,
) -> keras.layers.Layer:
    """A new activation layer.

    `"relu"`, `"leaky_relu"` (slope 0.01), `"prelu"` (a slope per channel, from 0.25), `"tanh"`,
    `"sigmoid"`, `"elu"`, `"maxout"` (two pieces), `"swish"` (`x sigmoid(x)`), `"apl"` (five hinges
    per channel) and `"splash"`: the ten activations of SPLASH's paper, which does not print
    the settings of the nine others. Or the name of any other Keras activation, such as `"gelu"`.

    A `Maxout` layer needs an input with `layer.pieces` times the channels.

    Args:
        name: one of these names; or a function without arguments that returns a new layer, which
            is called.
        rank: number of axes of the layer's input, with the batch: 4 for feature maps, 2 for
            vectors. PReLU shares its slopes over the positions of a map.
        **options: further arguments of the layer, such as `hinges`, `per_channel`, `pieces`,
            `name`.

    Example:

    >>> binomial_keras.layers.activation("splash", per_channel=True, name="act1")
    """
    if callable(name):
        layer = name()
        if not isinstance(layer, keras.layers.Layer):
            raise invalid("activation", "a function that returns a new layer", layer)
        if "name" in options:
            layer.name = options["name"]
        return layer
    made = ACTIVATIONS.get(name, name) if isinstance(name, str) else None
    if made is _prelu:
        return _prelu(rank, **options)
    if callable(made):
        return made(**options)
    if made is None or not _in_keras(made):
        raise invalid(
            "activation",
            f"one of {tuple(ACTIVATIONS)}, another Keras activation, or a function that returns "
            "a new layer",
            name,
        )
    return keras.layers.Activation(made, **options)


def _in_keras(name):
    try:
        return callable(keras.activations.get(name))
    except ValueError:
        return False
