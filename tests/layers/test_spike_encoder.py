"""SpikeEncoder: a unit whose probability is its input."""

import numpy as np
import pytest
from scipy import stats

from binomial_keras.layers import SpikeEncoder
from tests.layer_checks import numpy, vjp

PIXELS = np.array([-0.5, 0.0, 0.02, 0.25, 0.5, 0.9, 1.0, 1.5], "float32")
N = 20_000  # draws per pixel; error rate 1e-6 per pixel
X = np.tile(PIXELS, (N, 1))


@pytest.mark.parametrize("neuron, draws", [("A", 3), ("B", 3), ("C", 1)])
def test_the_pixel_is_the_probability(neuron, draws):
    found = numpy(SpikeEncoder(neuron, T=3, seed=1)(X))
    counts = found.sum(axis=1) if neuron == "A" else found * draws
    for column, pixel in enumerate(np.clip(PIXELS, 0, 1).astype("float64")):
        total, trials = int(np.rint(counts[:, column].sum())), N * draws
        assert stats.binomtest(total, trials, pixel).pvalue > 1e-6, pixel
    if neuron == "A":
        assert set(np.unique(found)) == {0.0, 1.0}


def test_type_d_is_the_clipped_pixel():
    np.testing.assert_array_equal(numpy(SpikeEncoder("D")(X[:2]))[0], np.clip(PIXELS, 0, 1))


@pytest.mark.parametrize("neuron", ["B", "C", "D"])
def test_gradient_is_one_inside(neuron):
    inside = np.array([[0.1, 0.5, 0.99, -0.2, 1.3]], "float32")
    layer = SpikeEncoder(neuron, T=3, seed=1)
    layer.build(inside.shape)
    _, gradient, _ = vjp(layer, inside, np.full((1, 5), 2.0, "float32"))
    np.testing.assert_allclose(gradient, [[2, 2, 2, 0, 0]], atol=1e-6)
