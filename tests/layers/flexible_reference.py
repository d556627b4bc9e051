"""The flexible layer as plain NumPy loops in float64."""

import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, "float64")))


def windows(x, kernel_size, strides=1, padding="valid"):
    """`((image, row, column) of the output, the part of x under the window, its origin)`."""
    outputs, before = [], []
    for length, size in zip(x.shape[1:3], kernel_size):
        if padding == "valid":
            outputs.append((length - size) // strides + 1)
            before.append(0)
        else:
            outputs.append(math.ceil(length / strides))
            before.append(max((outputs[-1] - 1) * strides + size - length, 0) // 2)
    for place in np.ndindex(len(x), *outputs):
        rows, columns = (
            (max(i * strides - b, 0), min(i * strides - b + size, length))
            for i, b, size, length in zip(place[1:], before, kernel_size, x.shape[1:3])
        )
        yield place, x[place[0], slice(*rows), slice(*columns)], (rows[0], columns[0])


def branches(x, kernel, bias, strides=1, padding="valid"):
    """Convolution (zeros outside the image) and max-pooling (nothing outside), window by window."""
    size = kernel.shape[:2]
    x = np.asarray(x, "float64")
    C, P = {}, {}
    for place, window, _ in windows(x, size, strides, padding):
        P[place] = window.max(axis=(0, 1))
    border = max(size)
    wide = np.pad(x, [(0, 0), (border, border), (border, border), (0, 0)])
    starts = []
    for length, k in zip(x.shape[1:3], size):
        count = math.ceil(length / strides)
        total = max((count - 1) * strides + k - length, 0) if padding == "same" else 0
        starts.append(border - total // 2)
    for image, i, j in P:
        row, column = starts[0] + i * strides, starts[1] + j * strides
        patch = wide[image, row : row + size[0], column : column + size[1]]
        C[image, i, j] = np.einsum("hwc,hwcf->f", patch, kernel) + bias
    shape = tuple(1 + max(place[axis] for place in P) for axis in range(3))
    return tuple(
        np.array([table[place] for place in np.ndindex(shape)]).reshape(*shape, -1)
        for table in (C, P)
    )


def mixture(P, C, T, scale, max_when="below"):
    """Eq. 1, its two sigmoids written out."""
    excess = T - P if max_when == "below" else P - T
    return sigmoid(excess * scale) * P + sigmoid(-excess * scale) * C
