"""Confidence intervals for accuracies and means."""

import functools
from statistics import NormalDist

import numpy as np

# Values drawn at once by the bootstrap: half a megabyte.
_BLOCK = 2**16
# Samples of at most so many values are kept for the next call with as many: 16 megabytes.
_KEPT = 2**21


def wilson_interval(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a proportion; sensible also at 0 and at n successes.

    With p = successes / n and z the normal quantile of (1 + level) / 2,

        (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).

    Args:
        successes: number of successes, 0 to n (a real number is allowed).
        n: number of trials, above 0 (a real number is allowed: an effective sample size).
        level: confidence level in (0, 1).

    Returns:
        `(low, high)`, proportions in [0, 1].
    """
    _check_level(level)
    if not n > 0 or not 0 <= successes <= n:
        raise ValueError(
            "Invalid value received for arguments `successes` and `n`. Expected "
            f"0 <= successes <= n and n > 0. Received: successes={successes}, n={n}"
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, shrink = successes / n, 1 + z * z / n
    middle = (p + z * z / (2 * n)) / shrink
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / shrink
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def bootstrap_interval(
    values: np.ndarray,
    level: float = 0.95,
    seed: int = 0,
    resamples: int = 2000,
) -> tuple[float, float]:
    """Percentile bootstrap interval for the mean of independent values.

    Args:
        values: array `(n,)`, one value per independent unit (an image, a training seed).
        level: confidence level in (0, 1).
        seed: integer; the same seed gives the same interval.
        resamples: integer >= 1.

    Returns:
        `(low, high)`.
    """
    _check_level(level)
    means = bootstrap_means(values, seed, resamples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_means(values, seed=0, resamples=2000):
    """Means of `resamples` samples of n values, drawn from n `values` with replacement.

    Args:
        values: array `(n,)`, one value per independent unit.
        seed: integer; the same seed and n give the same samples.
        resamples: integer >= 1.

    Returns:
        float64 array `(resamples,)`.
    """
    values = np.asarray(values, float).reshape(-1)
    if not values.size:
        raise ValueError(
            "Invalid value received for argument `values`. Expected at least one value. "
            "Received: an empty array"
        )
    if resamples < 1:
        raise ValueError(
            "Invalid value received for argument `resamples`. Expected an integer >= 1. "
            f"Received: resamples={resamples}"
        )
    # Most of the time goes into drawing, and the same seed and n give the same samples.
    keep = isinstance(seed, (int, np.integer)) and resamples * values.size <= _KEPT
    samples = (_kept_samples if keep else _samples)(values.size, seed, resamples)
    return np.concatenate([values[drawn].mean(axis=1) for drawn in samples])


def _samples(n, seed, resamples):
    """Yields the places of the samples, (samples, n) each time."""
    generator = np.random.default_rng(seed)
    # Many samples per call where they are short; the stream of numbers is the same.
    block = max(1, _BLOCK // n)
    for count in np.diff([*range(0, resamples, block), resamples]):
        yield generator.integers(0, n, (count, n))


@functools.lru_cache(maxsize=2)
def _kept_samples(n, seed, resamples):
    return tuple(_samples(n, seed, resamples))


def accuracy_interval(correct: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Interval for the accuracy of a stochastic classifier: draws clustered within images.

    Draws of one image are not independent observations of the accuracy over images. The
    accuracy p is the mean of the images' own accuracies; its variance V is that of the image
    means divided by the number of images. The interval is Wilson's for the sample size that
    would give V with independent answers, `p (1 - p) / V`, which lies between the number of
    images and the number of answers. For a deterministic classifier it is Wilson's interval
    over the images.

    Args:
        correct: boolean array `(draws, images)`, or `(images,)` for one draw.
        level: confidence level in (0, 1).

    Returns:
        `(low, high)`, proportions in [0, 1].
    """
    correct = np.atleast_2d(np.asarray(correct, float))
    if correct.ndim != 2 or not correct.size:
        raise ValueError(
            "Invalid value received for argument `correct`. Expected an array (draws, images), "
            f"not empty. Received: shape {correct.shape}"
        )
    draws, images = correct.shape
    p = correct.mean()
    # All answers right (or wrong): nothing is known about the spread within an image.
    size = float(images)
    if 0 < p < 1 and images > 1:
        variance = correct.mean(0).var(ddof=1) / images
        size = images * draws if variance == 0 else p * (1 - p) / variance
        size = float(np.clip(size, images, images * draws))
    return wilson_interval(p * size, size, level)


def _check_level(level):
    if not 0 < level < 1:
        raise ValueError(
            "Invalid value received for argument `level`. Expected a number between 0 and 1. "
            f"Received: level={level}"
        )
