"""Noise families: what likelihood-ratio training adds to potentials, and soft gates for attacks."""

import dataclasses
import math
import numbers
from typing import Any

import keras
from keras import ops

from ..backend import fused
from .random_words import next_key, uniforms

FAMILIES = ("gaussian", "laplace", "logistic")
_SQRT_2 = math.sqrt(2.0)


def _log_density(family, z):
    """Of the family at scale 1."""
    if family == "gaussian":
        return -0.5 * ops.square(z) - 0.5 * math.log(2.0 * math.pi)
    if family == "laplace":
        return -ops.abs(z) - math.log(2.0)
    return -ops.abs(z) - 2.0 * ops.log1p(ops.exp(-ops.abs(z)))


def _score(family, z):
    if family == "gaussian":
        return z
    return ops.sign(z) if family == "laplace" else ops.tanh(0.5 * z)


def _cdf(family, z):
    if family == "gaussian":
        return 0.5 * (1.0 + ops.erf(z / _SQRT_2))
    if family == "logistic":
        return ops.sigmoid(z)
    # Not `abs`, whose slope at 0 is 0 on every backend: that of F is the density there too.
    tail = 0.5 * ops.exp(-ops.where(z < 0.0, -z, z))
    return ops.where(z < 0.0, tail, 1.0 - tail)


def _magnitude(family, p):
    """The p-quantile of |z|. All three families are symmetric."""
    if family == "gaussian":
        return _SQRT_2 * ops.erfinv(p)
    if family == "logistic":
        return ops.log1p(p) - ops.log1p(-p)
    # p and 1 - p have one law; this form has the finer tail.
    return -ops.log(p)


def _sampler(family):
    @fused
    def samples(scale, key, number, index):
        word = uniforms(key, number, index)
        negative = word < 0.5
        # Multiples of 2**-23, moved by half a step: never 0, never 1, exact in float32.
        p = ops.where(negative, 2.0 * word, 2.0 * word - 1.0) + 2.0**-24
        z = scale * _magnitude(family, p)
        return ops.where(negative, -z, z)

    return samples


def _weigher(family, summed):
    @fused
    def weighted(scale, z, factors):
        products = _score(family, z / scale) / scale * factors
        return ops.sum(products, axis=1) if summed else products

    return weighted


# The scale is an argument, so that a family is compiled once for all scales.
_SAMPLERS = {family: _sampler(family) for family in FAMILIES}
_WEIGHERS = {(f, summed): _weigher(f, summed) for f in FAMILIES for summed in (False, True)}


@dataclasses.dataclass(frozen=True)
class Noise:
    """Symmetric noise z with density f, mean 0 and a scale sigma.

    | family       | density f(z)                    | score -(ln f)'(z) | F(z) = P(noise <= z) |
    |--------------|---------------------------------|-------------------|----------------------|
    | `"gaussian"` | `exp(-z^2/2s^2) / (s sqrt 2pi)` | `z / s^2`         | `Phi(z / s)`         |
    | `"laplace"`  | `exp(-abs(z)/s) / 2s`           | `sign(z) / s`     | `exp(z/s)/2`, z < 0  |
    | `"logistic"` | `sigmoid'(z/s) / s`             | `tanh(z/2s) / s`  | `sigmoid(z/s)`       |

    (s is sigma; Laplace's F is `1 - exp(-z/s)/2` for z >= 0.) The standard deviation is sigma,
    sqrt(2) sigma and pi sigma / sqrt(3). The score of Laplace noise at 0 is 0.

    F is also the expected gate of a threshold unit: `P(v + z > 0) = F(v)`.

    Samples come from 2**24 equally likely values by inversion: the largest are 5.4, 16.6 and
    17.3 sigma.

    Args:
        family: `"gaussian"`, `"laplace"` or `"logistic"`.
        scale: sigma > 0.

    Example:

    >>> noise = Noise("laplace", 1.0)
    >>> z = noise.sample((2, 3), keras.random.SeedGenerator(0))
    >>> noise.score(z).shape
    (2, 3)
    """

    family: str
    scale: float = 1.0

    def __post_init__(self):
        if self.family not in FAMILIES:
            raise ValueError(
                f"Invalid value received for argument `noise`. Expected one of {FAMILIES}. "
                f"Received: noise={self.family!r}"
            )
        number = isinstance(self.scale, numbers.Real) and not isinstance(self.scale, bool)
        if not number or not 0 < self.scale < math.inf:
            raise ValueError(
                "Invalid value received for argument `scale`. Expected a finite number > 0. "
                f"Received: scale={self.scale!r}"
            )

    def log_density(self, z: Any) -> Any:
        """ln f(z)."""
        return _log_density(self.family, z / self.scale) - math.log(self.scale)

    def density(self, z: Any) -> Any:
        """f(z)."""
        return ops.exp(self.log_density(z))

    def score(self, z: Any) -> Any:
        """-(ln f)'(z), an odd function."""
        return _score(self.family, z / self.scale) / self.scale

    def weighted_score(self, z: Any, factors: Any, summed: bool = False) -> Any:
        """`score(z) * factors`, in one pass over the data; `summed` adds up over axis 1."""
        scale = ops.convert_to_tensor(self.scale, "float32")
        return _WEIGHERS[self.family, summed](scale, z, factors)

    def cdf(self, z: Any) -> Any:
        """F(z), in [0, 1]; its derivative is the density."""
        return _cdf(self.family, z / self.scale)

    def sample(self, shape: tuple, seed_generator: keras.random.SeedGenerator) -> Any:
        """Independent samples, float32.

        Args:
            shape: tuple of integers (or of tensors, for sizes that are not known yet).
            seed_generator: `keras.random.SeedGenerator`; the same state, the same samples.
        """
        return self.sample_with(shape, next_key(seed_generator))

    def sample_with(self, shape: tuple, key: Any, number: Any = 1) -> Any:
        """Samples for a key (int32, shape `(2,)`): the same arguments, the same samples.

        One key serves many arrays: each `number` (int32) has samples of its own.
        """
        count = 1
        for size in shape:
            count = count * size
        index = ops.reshape(ops.arange(count, dtype="int32"), shape)
        scale = ops.convert_to_tensor(self.scale, "float32")
        return _SAMPLERS[self.family](scale, key, ops.cast(number, "int32"), index)
