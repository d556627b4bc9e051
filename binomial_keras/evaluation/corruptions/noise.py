"""Noise: Gaussian, shot, impulse, speckle. `x` is `(images, height, width, channels)`."""

import numpy as np

from .generators import normal, uniform


def gaussian_noise(x, deviation, rngs):
    """x + deviation * N(0, 1), each value for itself."""
    noise = normal(rngs, x.shape[1:])
    noise *= deviation
    noise += x
    return noise


def shot_noise(x, photons, rngs):
    """Poisson(photons * x) / photons."""
    counts = [rng.poisson(image) for rng, image in zip(rngs, x.astype("float64") * photons)]
    return np.array(counts, "float32").reshape(x.shape) / np.float32(photons)


def impulse_noise(x, share, rngs):
    """`share` of the values become 0 or 1, either with probability one half.

    Values, not pixels: the channels of a pixel are drawn for themselves.
    """
    draw = uniform(rngs, x.shape[1:])
    return np.where(draw < share / 2, 0, np.where(draw >= 1 - share / 2, 1, x))


def speckle_noise(x, deviation, rngs):
    """x + x * deviation * N(0, 1)."""
    noise = normal(rngs, x.shape[1:])
    noise *= deviation
    noise += 1
    noise *= x
    return noise
