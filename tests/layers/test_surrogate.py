"""Surrogate derivatives: against their formulas, without a change of any spike."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import BU, SpikeEncoder
from binomial_keras.layers.random_words import uniforms
from tests.layer_checks import numpy, vjp

U = np.array([[0.7, -0.3, 0.0], [2.0, -2.0, 0.1]], "float32")
COTANGENT = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]], "float32")
SLOPE = np.where(U > 0, 1 - np.tanh(U) ** 2, 0)


def gradient(u, cotangent, **options):
    unit = BU(seed=3, **options)
    unit.build(u.shape)
    return vjp(unit, u, cotangent)[1]


@pytest.mark.parametrize("neuron", ["B", "C", "D"])
@pytest.mark.parametrize("leak", [0.01, 0.5, 1.0])
def test_leaky_is_the_larger_of_slope_and_leak(neuron, leak):
    found = gradient(U, COTANGENT, neuron=neuron, T=2, surrogate=("leaky", leak))
    np.testing.assert_allclose(found, np.maximum(SLOPE, leak) * COTANGENT, atol=1e-6)


@pytest.mark.parametrize("rule", ["last", "unrolled"])
def test_leaky_over_a_time_axis(rule):
    train, cotangent = np.stack([U, -U], 1), np.stack([COTANGENT, 2 * COTANGENT], 1)
    slope = np.maximum(np.where(train > 0, 1 - np.tanh(train) ** 2, 0), 0.1)
    expected = slope * cotangent
    if rule == "last":
        expected[:, 0], expected[:, 1] = 0, 2 * expected[:, 1]
    found = gradient(train, cotangent, T=2, gradient=rule, surrogate=("leaky", 0.1))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_relaxed_is_the_slope_of_the_binary_concrete_law(temperature):
    key = keras.ops.convert_to_tensor(np.array([5, 9], "int32"))
    index = keras.ops.reshape(keras.ops.arange(6, dtype="int32"), (2, 3))
    draws = numpy(uniforms(key, keras.ops.cast(1, "int32"), index)).astype(float)
    unit = BU("C", surrogate=("relaxed", temperature))

    class Fixed(keras.layers.Layer):
        def call(self, u):
            return unit.emit(u, key)

    h = np.tanh(np.maximum(U, 0)).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = (np.log(h / (1 - h)) - np.log(draws / (1 - draws))) / temperature
        s = 1 / (1 + np.exp(-odds))
        expected = np.where(U > 0, s * (1 - s) / temperature * (1 - h**2) / (h * (1 - h)), 0)
    layer = Fixed()
    layer.build(U.shape)
    spikes, found, _ = vjp(layer, U, COTANGENT)
    np.testing.assert_allclose(found, expected * COTANGENT, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(spikes, draws < h)


def test_relaxed_type_b_is_the_mean_over_its_draws():
    # The gradient of the mean of T relaxed spikes: T times fewer than the sum of T gradients of
    # type C, whose draws follow the same law. 4,000 units each; the slope at temperature 1 lies
    # in [0, 2], so the means differ by less than 5 * 2 * sqrt(2 / 4000) = 0.22 (5 sigma bound).
    u = np.full((1, 4000), 0.5, "float32")
    means = [
        gradient(u, np.ones_like(u), neuron=neuron, T=3, surrogate=("relaxed", 1.0)).mean()
        for neuron in "BC"
    ]
    assert abs(means[0] - means[1]) < 0.22 and means[0] > 0.1


def test_type_d_has_no_draw_to_relax():
    found = gradient(U, COTANGENT, neuron="D", surrogate=("relaxed", 0.1))
    np.testing.assert_allclose(found, SLOPE * COTANGENT, atol=1e-6)


@pytest.mark.parametrize("neuron, surrogate", [
    ("A", ("leaky", 0.3)), ("A", ("relaxed", 0.5)), ("B", ("leaky", 0.3)),
    ("C", ("relaxed", 0.5)), ("D", ("leaky", 1.0)),
])
def test_no_spike_changes(neuron, surrogate):
    u = np.random.default_rng(0).normal(size=(4, 50)).astype("float32")
    outputs = [numpy(BU(neuron, T=3, seed=1, surrogate=s)(u))
               for s in ("straight_through", surrogate)]
    np.testing.assert_array_equal(*outputs)


def test_encoder_leaks_outside_the_unit_interval():
    unit = SpikeEncoder("C", seed=1, surrogate=("leaky", 0.2))
    unit.build((None, 3))
    x = np.array([[-0.5, 0.5, 1.5]], "float32")
    found = vjp(unit, x, np.ones((1, 3), "float32"))[1]
    np.testing.assert_allclose(found, [[0.2, 1.0, 0.2]], atol=1e-6)


@pytest.mark.parametrize("wrong", ["leaky", "tanh", ("leaky", 0), ("relaxed", -1), None,
                                   ("straight_through", 1), ("leaky", 0.1, 2), ("leaky", True)])
def test_errors(wrong):
    with pytest.raises(ValueError, match="argument `surrogate`"):
        BU(surrogate=wrong)
