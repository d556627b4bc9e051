"""Digital: contrast, elastic, pixelate, JPEG. `x` is `(images, height, width, channels)`."""

import io

import numpy as np
from PIL import Image
from scipy import ndimage

from .generators import uniform
from .resample import bilinear, box_matrix, mirror, reflect, separable


def contrast(x, factor, rngs):
    """mean + factor (x - mean), with the mean of each channel of each image."""
    mean = x.mean(axis=(1, 2), keepdims=True)
    return mean + np.float32(factor) * (x - mean)


def affine_places(shape, shifts):
    """Where each pixel of an affinely distorted image comes from.

    Three points about the middle (h, w) // 2, at a distance d of a third of the shorter side,
    (h + d, w + d), (h + d, w - d), (h - d, w - d), move by `shifts`; the map is the affine one
    that moves them so. As in the original, the first coordinate of a point is the column.

    Args:
        shape: (height, width).
        shifts: `(images, 3, 2)` in pixels.

    Returns:
        (rows, columns), each `(images, height, width)`.
    """
    height, width = shape
    middle, distance = np.array([height // 2, width // 2]), min(shape) // 3
    points = middle + distance * np.array([[1, 1], [1, -1], [-1, -1]])
    ones = np.ones((len(shifts), 3, 1))
    moved = np.concatenate([points + shifts, ones], axis=2)
    # Rows (column, row, 1) times this matrix lead from the distorted image back to the given.
    back = np.linalg.solve(moved, np.broadcast_to(points, shifts.shape).astype("float64"))
    rows, columns = np.mgrid[:height, :width]
    grid = np.stack([columns, rows, np.ones_like(rows)], axis=-1).reshape(-1, 3)
    places = (grid @ back).reshape(len(shifts), height, width, 2)
    return places[..., 1], places[..., 0]


def elastic_transform(x, settings, rngs):
    """A random affine map, then displacements that vary smoothly over the image.

    Displacements are uniform in [-1, 1], smoothed by a Gaussian (cut off at 3 standard
    deviations) and multiplied by an amplitude. The three settings are shares of the shorter side.
    """
    height, width = x.shape[1:3]
    amplitude, deviation, corner = (share * min(height, width) for share in settings)
    shifts = corner * (2 * uniform(rngs, (3, 2)).astype("float64") - 1)
    x = bilinear(x, *affine_places((height, width), shifts), mirror)
    if amplitude == 0:
        return x
    moves = 2 * uniform(rngs, (2, height, width)) - 1
    moves = amplitude * ndimage.gaussian_filter(
        moves, deviation, mode="reflect", truncate=3.0, axes=(2, 3)
    )
    rows, columns = np.mgrid[:height, :width]
    return bilinear(x, rows + moves[:, 1], columns + moves[:, 0], reflect)


def pixelate(x, share, rngs):
    """Shrunk to `share` of the side and enlarged again, by box averages both times."""
    sides = []
    for size in x.shape[1:3]:
        small = max(int(size * share), 1)
        sides.append(box_matrix(small, size) @ box_matrix(size, small))
    return separable(x, [sides])


def jpeg_compression(x, quality, rngs):
    """Written as JPEG (8 bits; colour at half resolution, Pillow's default) and read again."""
    eight_bits = np.rint(x * 255).astype("uint8")
    result = np.empty_like(x)
    for image, out in zip(eight_bits, result):
        file = io.BytesIO()
        Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(
            file, "JPEG", quality=quality
        )
        out[:] = np.asarray(Image.open(file)).reshape(image.shape)
    result /= 255
    return result
