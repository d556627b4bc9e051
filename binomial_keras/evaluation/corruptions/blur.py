"""Blur: defocus, glass, motion, zoom, Gaussian. `x` is `(images, height, width, channels)`."""

import numpy as np
from scipy import ndimage

from .generators import angles
from .motion import motion_blurred
from .resample import separable, zoom_matrix


def smooth(x, deviation):
    """Gaussian blur over rows and columns; edges repeat, cut off at 4 standard deviations."""
    return ndimage.gaussian_filter(x, deviation, mode="nearest", truncate=4.0, axes=(1, 2))


def gaussian_blur(x, deviation, rngs):
    """`smooth` as a corruption: it draws nothing."""
    return smooth(x, deviation)


def disc(radius, deviation):
    """The defocus kernel: a disc of equal weights, its edge softened by a small Gaussian.

    The square is 17x17 up to radius 8 and as large as the disc above; the Gaussian is cut to
    3x3 and 5x5, and the square is mirrored at its edge.
    """
    reach, cut = (8, 1) if radius <= 8 else (int(radius), 2)
    place = np.arange(-reach, reach + 1)
    kernel = (place[:, None] ** 2 + place**2 <= radius**2).astype("float64")
    kernel /= kernel.sum()
    soft = np.exp(-0.5 * (np.arange(-cut, cut + 1) / deviation) ** 2)
    soft /= soft.sum()
    for axis in (0, 1):
        kernel = ndimage.correlate1d(kernel, soft, axis=axis, mode="mirror")
    return kernel


def defocus_blur(x, settings, rngs):
    """Correlation with a disc; beyond the edges the image is mirrored (without the edge pixel)."""
    kernel = disc(*settings)
    # Weights that vanish at float32 are left out, rows and columns of zeros with them.
    kernel[kernel < 1e-9 * kernel.max()] = 0
    used = np.flatnonzero(kernel.any(axis=0))
    kernel = kernel[used[0] : used[-1] + 1, used[0] : used[-1] + 1]
    return ndimage.correlate(x, kernel[None, :, :, None], mode="mirror")


def shuffled(shape, reach, shifts):
    """Where each pixel comes from after glass blur's walk, `(images, pixels)`.

    From the lower right to the upper left, the pixel at (h, w) takes the colour of the pixel at
    (h + dy, w + dx), with dx, dy in [-reach, reach - 1]. The paper speaks of shuffling; its
    program means to swap, but in NumPy the second half of that swap reads what the first half
    has just written, so that colours are copied. The published images are made that way, and
    so are these.

    Args:
        shape: (height, width).
        reach: largest shift, pixels.
        shifts: integers `(images, rounds, pixels visited, 2)`, dx before dy.
    """
    height, width = shape
    images, rounds = shifts.shape[:2]
    # Pixels first, so that one step of the walk reads and writes whole rows of images.
    source = np.repeat(np.arange(height * width, dtype="int32")[:, None], images, axis=1)
    steps = np.ascontiguousarray(shifts.transpose(1, 2, 3, 0))
    steps = steps[:, :, 1] * width + steps[:, :, 0]
    everyone = np.arange(images)
    walk = [
        h * width + w
        for h in range(height - reach, reach, -1)
        for w in range(width - reach, reach, -1)
    ]
    for moves in steps:
        for place, move in zip(walk, moves):
            source[place] = source[place + move, everyone]
    return source.T


def glass_blur(x, settings, rngs):
    """Gaussian blur, a walk in which pixels take a neighbour's colour, Gaussian blur."""
    deviation, reach, rounds = settings
    images, height, width, channels = x.shape
    visited = max(height - 2 * reach, 0) * max(width - 2 * reach, 0)
    shifts = np.array([rng.integers(-reach, reach, (rounds, visited, 2), "int32") for rng in rngs])
    source = shuffled((height, width), reach, shifts)
    pixels = smooth(x, deviation).reshape(images, height * width, channels)
    pixels = np.take_along_axis(pixels, source[..., None], axis=1)
    return smooth(pixels.reshape(x.shape), deviation)


def motion_blur(x, settings, rngs):
    """Motion at an angle between -45 and 45 degrees."""
    return motion_blurred(x, *settings, angles(rngs, -45, 45))


def zoom_blur(x, factors, rngs):
    """Mean of the image and of its magnifications about the middle."""
    height, width = x.shape[1:3]
    pairs = [(zoom_matrix(height, factor), zoom_matrix(width, factor)) for factor in factors]
    return (x + separable(x, pairs)) / (len(factors) + 1)
