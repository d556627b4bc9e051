"""Noise families against SciPy, and their samples against their own laws."""

import keras
import numpy as np
import pytest
from scipy import stats

from binomial_keras.layers.noise import FAMILIES, Noise
from tests.layer_checks import numpy

SCIPY = {"gaussian": stats.norm, "laplace": stats.laplace, "logistic": stats.logistic}
SAMPLES = 200_000
Z = np.array([-12.0, -3.0, -0.5, -1e-3, 0.0, 0.2, 1.0, 7.0], "float32")


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_density_distribution_and_score(family, scale):
    noise, law = Noise(family, scale), SCIPY[family](scale=scale)
    np.testing.assert_allclose(numpy(noise.density(Z)), law.pdf(Z), rtol=2e-5, atol=1e-30)
    np.testing.assert_allclose(numpy(noise.log_density(Z)), law.logpdf(Z), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(numpy(noise.cdf(Z)), law.cdf(Z), rtol=1e-4, atol=1e-7)
    # The score is minus the slope of the logarithm of the density; Laplace's has a jump at 0.
    z, h = Z[Z != 0].astype("float64"), 1e-6
    slope = (law.logpdf(z + h) - law.logpdf(z - h)) / (2 * h)
    np.testing.assert_allclose(numpy(noise.score(Z[Z != 0])), -slope, rtol=1e-4, atol=1e-6)
    assert numpy(noise.score(np.zeros(1, "float32"))) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_samples_follow_the_distribution(family):
    # Kolmogorov-Smirnov, n = 200,000: one false alarm in a million runs; the seed is fixed.
    z = numpy(Noise(family, 2.0).sample((SAMPLES,), keras.random.SeedGenerator(3)))
    assert z.dtype == "float32" and np.isfinite(z).all()
    assert stats.kstest(z, SCIPY[family](scale=2.0).cdf).pvalue > 1e-6
    # Sign and magnitude are independent: both halves have the same magnitudes.
    assert stats.ks_2samp(z[z > 0], -z[z < 0]).pvalue > 1e-6
    # Neighbours are uncorrelated: 6 standard errors.
    signs = np.sign(z)
    assert abs(np.mean(signs[1:] * signs[:-1])) < 6 / np.sqrt(SAMPLES)


def test_samples_come_from_the_generator():
    noise, shape = Noise("laplace"), (3, 4, 5)
    one, two = keras.random.SeedGenerator(1), keras.random.SeedGenerator(1)
    first = numpy(noise.sample(shape, one))
    assert first.shape == shape
    np.testing.assert_array_equal(first, numpy(noise.sample(shape, two)))
    assert not np.array_equal(first, numpy(noise.sample(shape, one)))


@pytest.mark.parametrize(
    ("family", "scale", "named"),
    [("cauchy", 1.0, "noise"), (None, 1.0, "noise"), ("laplace", 0, "scale"),
     ("laplace", -1.0, "scale"), ("laplace", float("nan"), "scale"),
     ("laplace", float("inf"), "scale"), ("laplace", "1", "scale"), ("laplace", True, "scale")],
)
def test_errors(family, scale, named):
    with pytest.raises(ValueError, match=f"argument `{named}`.*Received: {named}="):
        Noise(family, scale)
