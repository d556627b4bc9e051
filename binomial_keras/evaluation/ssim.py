"""Structural similarity of images, batched."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_SIZES = {"uniform": 7, "gaussian": 11}
_C1, _C2 = 0.01**2, 0.03**2
_WEIGHTS = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
_WEIGHTS /= _WEIGHTS.sum()
# Numbers handled at once: the intermediate arrays then stay in the cache.
_CHUNK = 25_000


def ssim(x: np.ndarray, y: np.ndarray, window: str = "uniform") -> np.ndarray:
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
    result = np.empty(len(x))
    chunk = max(1, _CHUNK // x[0].size) if len(x) else 1

    def fill(start):
        part = slice(start, start + chunk)
        result[part] = _chunk(x[part], y[part], window)

    # NumPy lets go of the interpreter during its work, so threads share it.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, range(0, len(x), chunk)))
    return result


def _check(x, y, window):
    if window not in _SIZES:
        raise ValueError(
            f"Invalid value received for argument `window`. Expected one of {list(_SIZES)}. "
            f"Received: window={window!r}"
        )
    if x.shape != y.shape or x.ndim != 4:
        raise ValueError(
            "Invalid value received for arguments `x` and `y`. Expected one shape (images, "
            f"height, width, channels). Received: x.shape={x.shape}, y.shape={y.shape}"
        )
    size = _SIZES[window]
    if min(x.shape[1:3]) < size:
        raise ValueError(
            f"Invalid value received for argument `x`. Expected images of at least {size}x{size} "
            f"pixels for window={window!r}. Received: x.shape={x.shape}"
        )


def _uniform(image, step):
    """Sums of 7 elements `step` apart, by way of sums of 2."""
    two = image[step:] + image[:-step]
    length = len(image) - 6 * step
    seven = two[:length] + two[2 * step : 2 * step + length]
    seven += two[4 * step : 4 * step + length]
    seven += image[6 * step :]
    return seven


def _gaussian(image, step):
    """Weighted sums of 11 elements `step` apart; the weights add up to 1."""
    length = len(image) - 10 * step
    total = _WEIGHTS[5] * image[5 * step : 5 * step + length]
    for k in range(5):
        pair = image[k * step :][:length] + image[(10 - k) * step :][:length]
        pair *= _WEIGHTS[k]
        total += pair
    return total


def _chunk(x, y, window):
    # All images as one row of numbers: a neighbour is a fixed step away, and every operation
    # runs over one contiguous piece. Windows that reach over the edge of an image hold
    # nonsense and are cut off at the end. In double precision, because a variance is the
    # difference of two nearly equal numbers in flat areas.
    images, height, width, channels = x.shape
    kernel, size = (_uniform, 7) if window == "uniform" else (_gaussian, 11)
    # With sums S over n elements instead of means: m_x m_y = S_x S_y / n^2, and so on; the
    # factors that numerator and denominator share are left out.
    n, degrees = (49, 48) if window == "uniform" else (1, 1)

    def summed(image):
        return kernel(kernel(image, channels), width * channels)

    x, y = x.reshape(-1).astype(np.float64), y.reshape(-1).astype(np.float64)
    sum_x, sum_y, covariance = summed(x), summed(y), summed(x * y)
    x *= x
    y *= y
    x += y
    variances = summed(x)
    product = sum_x * sum_y
    sum_x *= sum_x
    sum_y *= sum_y
    squares = np.add(sum_x, sum_y, out=sum_x)
    covariance -= product * (1 / n)
    covariance += degrees * _C2 / 2
    variances -= squares * (1 / n)
    variances += degrees * _C2
    product += n * n * _C1 / 2
    squares += n * n * _C1
    product *= covariance
    squares *= variances
    values = np.zeros(images * height * width * channels)
    np.divide(product, squares, out=values[: len(product)])
    values = values.reshape(images, height, width, channels)
    return 4 * values[:, : height - size + 1, : width - size + 1].mean(axis=(1, 2, 3))
