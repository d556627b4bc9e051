"""Surrogate gradients by name: against their formulas and against their antiderivatives."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import LIF
from binomial_keras.layers.spike_gradient import NAMES, check_spike_gradient, slopes, spike
from tests.layer_checks import numpy, vjp
from tests.layers.lif_reference import SURROGATES

# Steps of 1/32 are exact in float32, and so is every corner of the rectangles below.
X = np.arange(-64, 65, dtype="float32")[None] / 32
COTANGENT = np.linspace(-1, 2, X.size, dtype="float32")[None]


def gradient_of(surrogate, x=X, cotangent=COTANGENT):
    class Spike(keras.layers.Layer):
        def call(self, inputs):
            return spike(check_spike_gradient(surrogate))(inputs)

    layer = Spike()
    layer.build(x.shape)
    return vjp(layer, x, cotangent)[:2]


def test_every_name_but_adaptive_is_in_the_reference():
    assert set(NAMES) == {*SURROGATES, "adaptive"}


@pytest.mark.parametrize("sharpness", [None, 0.5, 4.0])
@pytest.mark.parametrize("name", SURROGATES)
def test_forward_is_a_step_and_backward_the_named_slope(name, sharpness):
    slope, antiderivative, default = SURROGATES[name]
    a = default if sharpness is None else sharpness
    output, found = gradient_of(name if sharpness is None else (name, sharpness))
    np.testing.assert_array_equal(output, X >= 0)  # 1 at equality
    expected = np.array([slope(float(x), a) for x in X[0]])
    np.testing.assert_allclose(found[0], expected * COTANGENT[0], rtol=1e-5, atol=1e-6)
    # Central differences of the smooth step, away from the corners.
    h = 1e-5
    points = X[0].astype("float64")
    smooth = [(antiderivative(x + h, a) - antiderivative(x - h, a)) / (2 * h) for x in points]
    corners = np.min([np.abs(np.abs(X[0]) - c) for c in (0, 0.5 / a, 1 / a)], axis=0) < 1e-3
    np.testing.assert_allclose(expected[~corners], np.array(smooth)[~corners], atol=1e-4)


@pytest.mark.parametrize("name", sorted(set(SURROGATES) - {"piecewise", "straight_through"}))
def test_bumps_have_area_one(name):
    x = np.linspace(-200, 200, 400_001, dtype="float32")[None]
    area = gradient_of((name, 1.5), x, np.ones_like(x))[1].sum() * 1e-3
    # The arctan's tails beyond 200 hold 2 / (pi^2 * 1.5 * 200) = 0.0007.
    assert area == pytest.approx(1.0, abs=2e-3)


def test_a_factor_dampens():
    full, dampened = gradient_of(("exponential", 2.0))[1], gradient_of(("exponential", 2, 0.3))[1]
    np.testing.assert_allclose(dampened, 0.3 * full, rtol=1e-6)


def test_adaptive_is_as_wide_as_the_potentials_of_the_image():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 50)).astype("float32") * np.array([[0.1], [1], [10]], "float32")
    found = gradient_of(("adaptive", 2.0), x, np.ones_like(x))[1]
    for row, slope in zip(x.astype("float64"), found):
        distance = np.abs(row)
        spread = distance.mean() + 1.5 * np.abs(distance - distance.mean()).mean() + 1e-4
        a = 2.0 / spread
        expected = 0.5 * a / (1 + (0.5 * np.pi * a * row) ** 2)
        np.testing.assert_allclose(slope, expected, rtol=1e-4)
    # Over time the statistics are those of all steps.
    two = slopes(("adaptive", 2.0, 1.0), [keras.ops.convert_to_tensor(x[:, :25]),
                                          keras.ops.convert_to_tensor(x[:, 25:])])
    np.testing.assert_allclose(np.concatenate([numpy(t) for t in two], 1), found, rtol=1e-4)


@pytest.mark.parametrize("wrong", ["gaussian", None, 2.0, (), ("triangular", 0), ("sigmoid", -1),
                                   ("arctan", True), ("arctan", 1, 0), ("arctan", 1, 1, 1),
                                   ("arctan", float("inf")), ("exponential", "2")], ids=str)
def test_errors(wrong):
    with pytest.raises(ValueError, match="argument `surrogate`. Expected one of .*Received: surr"):
        LIF(surrogate=wrong)
