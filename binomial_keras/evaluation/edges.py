"""Canny's edges for whole batches."""

import numpy as np
from scipy import ndimage

_TAN_22 = np.tan(np.pi / 8)


def gradients(images):
    """Sobel's derivatives (down, across) of `(images, height, width)`; edge pixels repeat."""

    def along(axis, other):
        slope = ndimage.correlate1d(images, [-1, 0, 1], axis=axis, mode="nearest")
        return ndimage.correlate1d(slope, [1, 2, 1], axis=other, mode="nearest")

    return along(1, 2), along(2, 1)


def thin(down, across):
    """Where the gradient is largest along its own direction.

    The strength of a pixel, |down| + |across|, is compared with that of the two neighbours in
    the direction nearest to the gradient's (four directions). Along rows and columns it must
    exceed the first and reach the second, so that of two equal pixels one stays.

    Returns:
        (strength, boolean array), each like `down`.
    """
    strength = np.abs(down) + np.abs(across)
    height, width = strength.shape[1:]
    padded = np.pad(strength, ((0, 0), (1, 1), (1, 1)))

    def beside(rows, columns):
        return padded[:, 1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]

    flat = np.abs(down) < _TAN_22 * np.abs(across)
    steep = np.abs(down) > (_TAN_22 + 2) * np.abs(across)
    same = (down < 0) == (across < 0)
    on_row = (strength > beside(0, -1)) & (strength >= beside(0, 1))
    on_column = (strength > beside(-1, 0)) & (strength >= beside(1, 0))
    falling = (strength > beside(-1, -1)) & (strength > beside(1, 1))
    rising = (strength > beside(-1, 1)) & (strength > beside(1, -1))
    diagonal = np.where(same, falling, rising)
    return strength, np.where(flat, on_row, np.where(steep, on_column, diagonal))


def canny(images, low, high):
    """Edges: thin lines above `low` that are connected to a pixel above `high`.

    Args:
        images: `(images, height, width)`; they are not smoothed here.
        low, high: thresholds for the sum of the two Sobel derivatives' absolute values, numbers
            or arrays `(images, 1, 1)`.

    Returns:
        Boolean array like `images`.

    Reference:
        Canny, A computational approach to edge detection, 1986; directions and comparisons as
        in OpenCV.
    """
    strength, thinned = thin(*gradients(np.asarray(images, "float64")))
    weak = thinned & (strength > low)
    # Neighbours within an image only: lines of different images never meet.
    structure = np.zeros((3, 3, 3), bool)
    structure[1] = True
    lines, count = ndimage.label(weak, structure)
    strong = np.zeros(count + 1, bool)
    strong[lines[weak & (strength > high)]] = True
    return strong[lines] & weak
