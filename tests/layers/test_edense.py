"""EDense: the product with the evidence so far."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import EDense
from tests.layer_checks import numpy, vjp

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((4, 3, 5)) < 0.4).astype("float32")
OUT = RNG.normal(size=(4, 3, 6)).astype("float32")


def built(shape, **arguments):
    layer = EDense(6, bias_initializer="random_normal", **arguments)
    layer.build(shape)
    return layer, *layer.get_weights()


@pytest.mark.parametrize("rule", ["last", "unrolled"])
def test_values_are_those_of_the_loop(rule):
    layer, kernel, bias = built(SPIKES.shape, gradient=rule, activation="tanh")
    found = numpy(layer(SPIKES))
    for image in range(4):
        total = np.zeros(5)
        for t in range(3):
            total += SPIKES[image, t]
            expected = np.tanh(total / (t + 1) @ kernel + bias)
            np.testing.assert_allclose(found[image, t], expected, atol=1e-5)


def test_without_time_axis_it_is_dense():
    layer, kernel, bias = built((4, 5))
    twin = keras.layers.Dense(6)
    twin.build((4, 5))
    twin.set_weights([kernel, bias])
    ours, theirs = vjp(layer, SPIKES[:, 0], OUT[:, 0]), vjp(twin, SPIKES[:, 0], OUT[:, 0])
    for one, other in zip([*ours[:2], *ours[2]], [*theirs[:2], *theirs[2]], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_one_layer_takes_both_ranks():
    # `convert` and the step-by-step form use one set of weights with and without a time axis.
    layer, kernel, bias = built((4, 5))
    np.testing.assert_allclose(
        numpy(layer(SPIKES))[:, 0], SPIKES[:, 0] @ kernel + bias, atol=1e-5
    )
    with pytest.raises(ValueError):
        layer(np.zeros((4, 7), "float32"))


def test_last_pass_gradient():
    layer, kernel, _ = built(SPIKES.shape)
    _, spikes, (weights, bias) = vjp(layer, SPIKES, OUT)
    np.testing.assert_allclose(weights, SPIKES.mean(axis=1).T @ OUT[:, 2], atol=1e-5)
    np.testing.assert_allclose(bias, OUT[:, 2].sum(axis=0), atol=1e-5)
    np.testing.assert_array_equal(spikes[:, :2], 0)
    np.testing.assert_allclose(spikes[:, 2], OUT[:, 2] @ kernel.T / 3, atol=1e-5)


def test_unrolled_gradient():
    layer, kernel, _ = built(SPIKES.shape, gradient="unrolled")
    _, spikes, (weights, bias) = vjp(layer, SPIKES, OUT)
    means = np.cumsum(SPIKES, axis=1) / np.arange(1, 4)[:, None]
    np.testing.assert_allclose(weights, np.einsum("btf,btu->fu", means, OUT), atol=1e-5)
    np.testing.assert_allclose(bias, OUT.sum(axis=(0, 1)), atol=1e-5)
    # Spike z enters the means of the passes t >= z with weight 1/t.
    for z in range(3):
        expected = sum(OUT[:, t] @ kernel.T / (t + 1) for t in range(z, 3))
        np.testing.assert_allclose(spikes[:, z], expected, atol=1e-5)


def test_errors():
    with pytest.raises(ValueError, match=r"Flatten or pool the image first"):
        EDense(6)(np.zeros((4, 2, 2, 5), "float32"))
    with pytest.raises(ValueError, match=r"argument `gradient`.*gradient=None"):
        EDense(6, gradient=None)
