"""Structural similarity of images, batched."""

import numpy as np

WINDOWS = ("uniform", "gaussian")
_CHUNK = 256


def ssim(x, y, window="uniform"):
    """Structural similarity index of every pair of images (Wang et al., 2004).

    In a window around each pixel, with means m, variances v and covariance c of the two images,

        (2 m_x m_y + C1) (2 c + C2) / ((m_x^2 + m_y^2 + C1) (v_x + v_y + C2)),

    C1 = 0.01^2, C2 = 0.03^2 (pixels in [0, 1], data range 1); the mean over all windows that
    lie within the image and over the channels. Equal to scikit-image's
    `structural_similarity(x, y, data_range=1, channel_axis=-1)` with

    * `"uniform"`: its default, a 7x7 window with sample (n - 1) variances;
    * `"gaussian"`: `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`, 11x11.

    Args:
        x, y: images in [0, 1], `(images, height, width, channels)`.
        window: `"uniform"` or `"gaussian"`.

    Returns:
        float64 array `(images,)` in [-1, 1]; 1 for identical images.

    Raises:
        ValueError: for different shapes, an unknown window, images smaller than the window.
    """
    x, y = np.asarray(x), np.asarray(y)
    _check(x, y, window)
    weights = _weights(window)
    # Sample variances, as in scikit-image's default.
    correction = 49.0 / 48.0 if window == "uniform" else 1.0
    result = np.empty(len(x))
    for start in range(0, len(x), _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _chunk(x[part], y[part], weights, correction)
    return result


def _check(x, y, window):
    if window not in WINDOWS:
        raise ValueError(
            f"Invalid value received for argument `window`. Expected one of {WINDOWS}. "
            f"Received: window={window!r}"
        )
    if x.shape != y.shape or x.ndim != 4:
        raise ValueError(
            "Invalid value received for arguments `x` and `y`. Expected one shape (images, "
            f"height, width, channels). Received: x.shape={x.shape}, y.shape={y.shape}"
        )
    size = len(_weights(window))
    if min(x.shape[1:3]) < size:
        raise ValueError(
            f"Invalid value received for argument `x`. Expected images of at least {size}x{size} "
            f"pixels for window={window!r}. Received: x.shape={x.shape}"
        )


def _weights(window):
    """Weights of the window along one axis, sum 1."""
    if window == "uniform":
        return np.full(7, 1 / 7)
    weights = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    return weights / weights.sum()


def _band(weights, length):
    """Matrix `(length - len(weights) + 1, length)` that filters along an axis."""
    rows = length - len(weights) + 1
    band = np.zeros((rows, length))
    for row in range(rows):
        band[row, row : row + len(weights)] = weights
    return band


def _chunk(x, y, weights, correction):
    # (2, images, channels, height, width). In double precision: a variance is the difference
    # of two nearly equal numbers wherever the image is flat.
    pair = np.stack([x, y]).astype(np.float64).transpose(0, 1, 4, 2, 3)
    vertical = _band(weights, pair.shape[-2])
    horizontal = _band(weights, pair.shape[-1]).T

    def mean(image):
        return vertical @ (image @ horizontal)

    (mean_x, mean_y), squares = mean(pair), mean(pair**2)
    product, mean_squares = mean_x * mean_y, mean_x**2 + mean_y**2
    variances = correction * (squares[0] + squares[1] - mean_squares)
    covariance = correction * (mean(pair[0] * pair[1]) - product)
    c1, c2 = 0.01**2, 0.03**2
    values = (2 * product + c1) * (2 * covariance + c2)
    values /= (mean_squares + c1) * (variances + c2)
    return values.mean(axis=(1, 2, 3))
