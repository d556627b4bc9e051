"""Motion blur as ImageMagick defines it; also what makes snowflakes fall."""

import math

import numpy as np


def motion_blurred(x, radius, deviation, angles):
    """A one-sided Gaussian along a line, with another direction for every image.

    Over `2 ceil(radius) + 1` places i = 0, 1, ...

        out(row, column) = sum_i k_i in(row + a_i, column + b_i),
        k_i ~ exp(-i^2 / (2 deviation^2)),  sum_i k_i = 1,
        a_i = ceil(i sin(angle) - 1/2),  b_i = ceil(i cos(angle) - 1/2).

    Beyond an edge the image goes on with the pixels of the edge.

    Args:
        x: `(images, height, width, channels)`.
        radius, deviation: pixels.
        angles: degrees, `(images,)`; rows count downwards.

    Returns:
        Array like `x`.
    """
    steps = np.arange(2 * math.ceil(radius) + 1)
    weights = np.exp(-0.5 * (steps / deviation) ** 2)
    weights = (weights / weights.sum()).astype(x.dtype)
    reach = int(steps[-1])
    padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    height, width = x.shape[1:3]
    result = np.empty_like(x)
    part = np.empty(x.shape[1:], x.dtype)
    for image, out, angle in zip(padded, result, np.deg2rad(angles)):
        down = np.ceil(steps * math.sin(angle) - 0.5).astype(int) + reach
        across = np.ceil(steps * math.cos(angle) - 0.5).astype(int) + reach
        out[:] = 0
        for weight, row, column in zip(weights, down, across):
            np.multiply(image[row : row + height, column : column + width], weight, out=part)
            out += part
    return result
