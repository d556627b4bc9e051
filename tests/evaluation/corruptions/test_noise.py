"""Noise against its distribution. All draws are seeded.

Sample size N = 40 * 32 * 32 * 3 = 122,880 values; tolerances are 5 standard errors (error rate
below 1e-6 per comparison).
"""

import numpy as np
import pytest

from binomial_keras.evaluation.corruptions import corrupt

N = 40 * 32 * 32 * 3
GAUSSIAN = {"cifar": (0.04, 0.06, 0.08, 0.09, 0.10), "imagenet": (0.08, 0.12, 0.18, 0.26, 0.38)}
SHOT = {"cifar": (500, 250, 100, 75, 50), "imagenet": (60, 25, 12, 5, 3)}
IMPULSE = {"cifar": (0.01, 0.02, 0.03, 0.05, 0.07), "imagenet": (0.03, 0.06, 0.09, 0.17, 0.27)}
SPECKLE = {"cifar": (0.06, 0.1, 0.12, 0.16, 0.2), "imagenet": (0.15, 0.2, 0.35, 0.45, 0.6)}
CASES = [(chosen, severity) for chosen in ("cifar", "imagenet") for severity in range(1, 6)]


def flat(value):
    return np.full((40, 32, 32, 3), value, "float32")


def close_moments(values, mean, deviation):
    assert abs(values.mean(dtype="float64") - mean) < 5 * deviation / np.sqrt(N) + 1e-6
    # Relative standard error of a Gaussian's standard deviation: 1 / sqrt(2 N). Poisson's with
    # a mean above 1.5 have kurtosis below 3.7, which adds at most 16 %.
    assert abs(values.std(dtype="float64") / deviation - 1) < 1.16 * 5 / np.sqrt(2 * N)


@pytest.mark.parametrize("chosen, severity", CASES)
def test_gaussian(chosen, severity):
    deviation = GAUSSIAN[chosen][severity - 1]
    if deviation <= 0.1:  # 0.5 is five deviations from both ends: nothing is cut off
        result = corrupt(flat(0.5), "gaussian_noise", severity, parameters=chosen)
        close_moments(result - 0.5, 0, deviation)
        # Neighbouring values are independent: correlation within 5 standard errors of 0.
        noise = result.reshape(-1) - 0.5
        assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 5 / np.sqrt(N)
    else:  # the median of |noise| is 0.67449 deviations, and cutting at 0 and 1 leaves it alone
        result = corrupt(flat(0.5), "gaussian_noise", severity, parameters=chosen)
        share = np.mean(np.abs(result - 0.5) < 0.67449 * deviation)
        assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(N)


@pytest.mark.parametrize("chosen, severity", CASES)
def test_shot(chosen, severity):
    from scipy import stats

    photons = SHOT[chosen][severity - 1]
    result = corrupt(flat(0.5), "shot_noise", severity, parameters=chosen)
    counts = result.astype("float64") * photons
    whole = np.rint(counts)
    np.testing.assert_allclose(counts, whole, atol=1e-4)
    # Below the cut at 1, counts are Poisson: compare the distribution function at three places.
    for count in (photons // 3, photons // 2, photons - 1):
        expected = stats.poisson.cdf(count, photons / 2)
        error = np.sqrt(expected * (1 - expected) / N) + 1e-6
        assert abs(np.mean(whole <= count) - expected) < 5 * error
    if photons >= 50:
        close_moments(result, 0.5, np.sqrt(0.5 / photons))


@pytest.mark.parametrize("chosen, severity", CASES)
def test_impulse(chosen, severity):
    share = IMPULSE[chosen][severity - 1]
    result = corrupt(flat(0.5), "impulse_noise", severity, parameters=chosen)
    for value in (0, 1):
        hit = np.mean(result == value)
        assert abs(hit - share / 2) < 5 * np.sqrt(share / 2 / N)
    assert np.isin(result, [0, 0.5, 1]).all()
    # Channels are drawn for themselves: all three of a pixel are hit with probability share^3.
    together = np.mean((result != 0.5).all(axis=-1))
    assert abs(together - share**3) < 5 * np.sqrt(share**3 / (N / 3)) + 3 / N


@pytest.mark.parametrize("chosen, severity", CASES)
def test_speckle(chosen, severity):
    deviation = SPECKLE[chosen][severity - 1]
    # Black stays black, and on grey the noise is in proportion to the value.
    assert not corrupt(flat(0), "speckle_noise", severity, parameters=chosen).any()
    for value in (0.2, 0.5):
        result = corrupt(flat(value), "speckle_noise", severity, parameters=chosen)
        if deviation <= 0.2:
            close_moments(result - np.float32(value), 0, deviation * value)
        share = np.mean(np.abs(result - value) < 0.67449 * deviation * value)
        assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(N)


def test_severities_share_their_draws():
    x = flat(0.5)
    one, two = (corrupt(x, "gaussian_noise", level) - 0.5 for level in (1, 2))
    np.testing.assert_allclose(two * 0.04, one * 0.06, atol=1e-7)
    few, many = (corrupt(x, "impulse_noise", level) for level in (1, 5))
    np.testing.assert_array_equal(many[few != 0.5], few[few != 0.5])
