"""The multilayer perceptrons of the likelihood-ratio papers."""

import dataclasses
import math
from collections.abc import Sequence

import keras

from ..layers.noise import Noise
from ..layers.threshold import Threshold

ACTIVATIONS = ("threshold", "sigmoid", "relu")


@dataclasses.dataclass(frozen=True)
class _Generation:
    """What one of the authors' two public programs fixes."""

    hidden: tuple
    pool: int
    noise: str
    scale: float
    bias: str
    l2: float

    def deviation(self, rows):
        """Standard deviation of the initial weights of a layer with so many rows."""
        return 0.1 if self.bias == "all" else 2.0 / math.sqrt(rows)


GENERATIONS = {
    "v2019": _Generation((20,), 2, "gaussian", 2.0, "all", 0.0),
    "v2021": _Generation((50,), 1, "laplace", 1.0, "first", 0.5e-4),
}


def glr_mlp(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    activation: str = "threshold",
    generation: str = "v2021",
    seed: int | None = None,
    *,
    hidden: Sequence[int] | None = None,
    noise: str | None = None,
    scale: float | None = None,
    l2: float | None = None,
) -> keras.Model:
    """Dense layers with threshold or sigmoid units and softmax output, without noise.

    The network of the likelihood-ratio papers as it is tested; `training.GLR` adds the noise in
    training. Two generations of public programs, with the sizes of their MNIST networks:

    | generation | input         | hidden | biases      | initial weights   | noise             |
    |------------|---------------|--------|-------------|-------------------|-------------------|
    | `"v2021"`  | 28x28         | 50     | first layer | N(0, 1) 2/sqrt(n) | Laplace, scale 1  |
    | `"v2019"`  | 14x14         | 20     | all layers  | N(0, 1) 0.1       | Gaussian, scale 2 |

    n counts the inputs of a layer, the constant one that carries the bias included; biases start
    like the weights. Reconstruction: the programs of 2019 shrink images with scikit-image; here
    it is the mean of 2x2 pixels, which is what bilinear interpolation does at that ratio.

    Args:
        input_shape: shape of one image in [0, 1]; for v2019 `(height, width, channels)`.
        classes: integer >= 2.
        activation: `"threshold"`, `"sigmoid"` or `"relu"`, of the hidden layers.
        generation: `"v2021"` or `"v2019"`.
        seed: integer or `None`; seeds the initial weights.
        hidden: tuple of sizes of hidden layers; `None` for the generation's.
        noise, scale: of the training, noted in `layers.Threshold` for attackers; `None` for the
            generation's.
        l2: penalty factor of all weights and biases: half of the weight decay, which is 1e-4 in
            v2021 and 0 in v2019 (`None`).

    Returns:
        A functional `keras.Model`; its last layer is named `"probabilities"`.

    Example:

    >>> binomial_keras.models.glr_mlp(activation="sigmoid").count_params()
    39750

    References:
        Xiao, Peng, Hong, Ke, Yang, arXiv 1902.00358 (2019); Peng, Xiao, Heidergott, Hong, Lam,
        INFORMS Journal on Computing (2022).
    """
    _check("activation", activation, ACTIVATIONS)
    _check("generation", generation, tuple(GENERATIONS))
    kind = GENERATIONS[generation]
    law = Noise(noise or kind.noise, kind.scale if scale is None else scale)
    hidden = _sizes("hidden", kind.hidden if hidden is None else hidden)
    _sizes("classes", (classes,), least=2)
    image = keras.Input(input_shape, name="image")
    x = keras.layers.AveragePooling2D(kind.pool, name="shrunk")(image) if kind.pool > 1 else image
    x = keras.layers.Flatten(name="flat")(x)
    penalty = kind.l2 if l2 is None else l2
    for number, units in enumerate((*hidden, classes)):
        last = number == len(hidden)
        bias = kind.bias == "all" or number == 0
        deviation = kind.deviation(x.shape[-1] + bias)
        x = keras.layers.Dense(
            units,
            use_bias=bias,
            activation="softmax" if last else None,
            name="probabilities" if last else f"dense{number + 1}",
            **_started(deviation, penalty, seed, number, bias),
        )(x)
        if not last and activation == "threshold":
            x = Threshold(law.family, law.scale, name=f"threshold{number + 1}")(x)
        elif not last:
            x = keras.layers.Activation(activation, name=f"{activation}{number + 1}")(x)
    return keras.Model(image, x, name="glr_mlp")


def _started(deviation, l2, seed, number, bias):
    """Initializers and penalties of a layer."""
    def normal(place):
        own = None if seed is None else 1000 * seed + 2 * number + place
        return keras.initializers.RandomNormal(0.0, deviation, seed=own)

    found = {"kernel_initializer": normal(0)}
    if l2:
        found["kernel_regularizer"] = keras.regularizers.L2(l2)
    if bias:
        found["bias_initializer"] = normal(1)
        if l2:
            found["bias_regularizer"] = keras.regularizers.L2(l2)
    return found


def _check(name, value, known):
    if value not in known:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected one of {known}. "
            f"Received: {name}={value!r}"
        )


def _sizes(name, sizes, least=1):
    sizes = tuple(sizes)
    if any(not isinstance(size, int) or size < least for size in sizes):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected integers >= {least}. "
            f"Received: {name}={sizes!r}"
        )
    return sizes
