"""Resampling of whole batches: separable matrices, and bilinear sampling at any place."""

import math

import numpy as np


def zoom_matrix(size, factor):
    """The middle of a line, magnified: `zoomed = matrix @ line`, both of `size` pixels.

    The middle `ceil(size / factor)` pixels are stretched linearly, first pixel onto first and
    last onto last, to `round(ceil(size / factor) * factor)` pixels, whose middle `size` are kept.
    """
    inner = math.ceil(size / factor)
    outer = round(inner * factor)
    place = np.arange(outer) * ((inner - 1) / max(outer - 1, 1))
    left = np.minimum(place.astype(int), max(inner - 2, 0))
    share = place - left
    matrix = np.zeros((outer, size))
    first = (size - inner) // 2
    rows = np.arange(outer)
    matrix[rows, first + left] += 1 - share
    matrix[rows, first + np.minimum(left + 1, inner - 1)] += share
    trim = (outer - size) // 2
    return matrix[trim : trim + size]


def box_matrix(size, target):
    """Resizing of a line from `size` to `target` pixels by averages over boxes.

    A new pixel is the plain mean of the old ones whose centres lie in its box, or the old pixel
    that contains its centre, as in Pillow's `BOX` filter.
    """
    scale = size / target
    half = 0.5 * max(scale, 1.0)
    matrix = np.zeros((target, size))
    for row in range(target):
        centre = (row + 0.5) * scale
        offset = np.arange(size) + 0.5 - centre
        inside = (offset > -half) & (offset <= half)
        matrix[row, inside] = 1 / inside.sum()
    return matrix


def separable(x, pairs):
    """Sum over (rows, columns) in `pairs` of rows @ image @ columns.T, for every image.

    Args:
        x: `(images, height, width, channels)`.
        pairs: list of (rows `(new height, height)`, columns `(new width, width)`).

    Returns:
        `(images, new height, new width, channels)`.
    """
    images, height, width, channels = x.shape
    # Pixels first: then each side is one large matrix product for all images and channels.
    planes = np.ascontiguousarray(x.transpose(1, 2, 0, 3)).reshape(height, -1)
    total = 0
    for rows, columns in pairs:
        part = rows.astype(x.dtype) @ planes
        total = total + columns.astype(x.dtype) @ part.reshape(len(rows), width, -1)
    total = total.reshape(*total.shape[:2], images, channels)
    return np.ascontiguousarray(total.transpose(2, 0, 1, 3))


def mirror(index, size):
    """Folds indices back into [0, size): d c b | a b c d | c b a."""
    if size == 1:
        return np.zeros_like(index)
    period = 2 * size - 2
    index = np.abs(index) % period
    return np.minimum(index, period - index)


def reflect(index, size):
    """Folds indices back into [0, size): d c b a | a b c d | d c b a."""
    index = index % (2 * size)
    return np.minimum(index, 2 * size - 1 - index)


def bilinear(x, rows, columns, fold):
    """Values of the images between their pixels.

    Args:
        x: `(images, height, width, channels)`.
        rows, columns: places `(images, new height, new width)` in pixels.
        fold: `mirror` or `reflect`: what stands beyond the edges.

    Returns:
        `(images, new height, new width, channels)`.
    """
    images, height, width, channels = x.shape
    top, left = np.floor(rows).astype("int64"), np.floor(columns).astype("int64")
    down, right = (rows - top).astype(x.dtype), (columns - left).astype(x.dtype)
    first = (np.arange(images) * height)[:, None, None]
    upper, lower = ((first + fold(top + k, height)) * width for k in (0, 1))
    left, beside = (fold(left + k, width) for k in (0, 1))
    pixels = x.reshape(-1, channels)
    result = np.zeros((*rows.shape, channels), x.dtype)
    for line, weight in ((upper, 1 - down), (lower, down)):
        for column, share in ((left, 1 - right), (beside, right)):
            part = pixels.take(line + column, axis=0)
            part *= (weight * share)[..., None]
            result += part
    return result
