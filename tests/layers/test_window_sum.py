"""Sums over windows against SciPy's correlation with a kernel of ones."""

import numpy as np
import pytest
from scipy import ndimage

from binomial_keras.layers.window_sum import window_sum
from tests.layer_checks import numpy


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 9])
def test_sums_over_windows(size):
    x = np.random.default_rng(size).normal(size=(2, 7, 5)).astype("float32")
    # SciPy puts the middle of an even window one position farther down and right.
    centre = 0 if size % 2 else -1
    expected = [
        ndimage.correlate(one, np.ones((size, size)), mode="constant", origin=centre) for one in x
    ]
    np.testing.assert_allclose(numpy(window_sum(x, size)), expected, atol=1e-5)
