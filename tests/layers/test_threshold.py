"""Threshold units: values, slopes for attackers, errors."""

import keras
import numpy as np
import pytest
from scipy import stats

import binomial_keras as bk
from binomial_keras.layers import Threshold
from binomial_keras.layers.noise import FAMILIES, Noise
from tests.layer_checks import numpy, vjp

V = np.array([[-2.0, -0.3, -0.0, 0.0, 1e-30, 0.4, 3.0]], "float32")
FIRED = [[0, 0, 0, 0, 1, 1, 1]]
LAWS = {"gaussian": stats.norm, "laplace": stats.laplace, "logistic": stats.logistic}


@pytest.mark.parametrize(
    "surrogate", ["zero", "straight_through", ("cdf", 0.5), ("sigmoid", 2.0)]
)
def test_step_with_zero_at_zero_whatever_the_slope(surrogate):
    np.testing.assert_array_equal(numpy(Threshold(surrogate=surrogate)(V)), FIRED)


@pytest.mark.parametrize("k", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_slope_of_the_expected_gate(family, k):
    # E 1[v + z > 0], averaged over 400,000 draws: standard error below 0.0008, six of them.
    layer = Threshold(family, scale=0.7, surrogate=("cdf", k))
    z = numpy(Noise(family, 0.7 * k).sample((400_000,), keras.random.SeedGenerator(0)))
    smooth = Threshold(family, scale=0.7, surrogate=("smooth", k))
    expected = [np.mean(v + z > 0) for v in V[0]]
    np.testing.assert_allclose(numpy(smooth(V))[0], expected, atol=0.005)
    # Its slope by central differences, away from the kinks of Laplace's density.
    v, h = np.array([[-2.0, -0.3, 0.4, 3.0]], "float32"), np.float32(1e-2)
    slope = (numpy(smooth(v + h)) - numpy(smooth(v - h))) / (2 * h)
    for tested in (layer, smooth):
        tested.build(v.shape)
        _, gradient, _ = vjp(tested, v, np.full(v.shape, 2.0, "float32"))
        np.testing.assert_allclose(gradient, 2 * slope, rtol=5e-3, atol=1e-4)


@pytest.mark.parametrize("k", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_slope_is_the_density_in_closed_form(family, k):
    # At v = 0 too, where the two branches of Laplace's distribution function meet.
    expected = LAWS[family](scale=0.7 * k).pdf(V.astype("float64"))
    for name in ("cdf", "smooth"):
        layer = Threshold(family, scale=0.7, surrogate=(name, k))
        layer.build(V.shape)
        gradient = vjp(layer, V, np.ones_like(V))[1]
        # Some backends multiply sigmoid by 1 - sigmoid, which loses digits in the tail.
        np.testing.assert_allclose(gradient, expected, rtol=1e-3, err_msg=name)


def test_other_slopes():
    ones = np.ones_like(V)

    def slope(surrogate):
        layer = Threshold(surrogate=surrogate)
        layer.build(V.shape)
        return vjp(layer, V, ones)[1]

    np.testing.assert_array_equal(slope("zero"), 0 * V)
    np.testing.assert_array_equal(slope("straight_through"), ones)
    sigmoid = 1 / (1 + np.exp(-V / 2))
    np.testing.assert_allclose(slope(("sigmoid", 2.0)), sigmoid * (1 - sigmoid) / 2, rtol=1e-5)


def test_rules_for_attackers():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), Threshold("gaussian", 2.0),
         keras.layers.Dense(2, activation="softmax")]
    )
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    names = bk.models.backward_rules(model)
    widths = [f"noise cdf {k}" for k in ("0.25", "0.5", "1", "2", "4")]
    assert names == [*widths, "sigmoid 1", "straight through", "smooth gates"]
    for name in names:
        other = bk.models.with_backward(model, name)
        same = np.allclose(numpy(other(x)), numpy(model(x)), atol=1e-6)
        assert same == (name != "smooth gates"), name
        if name in ("noise cdf 1", "smooth gates"):
            assert np.abs(vjp(other, x, np.eye(5, 2, dtype="float32"))[1]).max() > 0
    kernel, bias, out, last = model.get_weights()
    v = x @ kernel + bias
    gates = numpy(Noise("gaussian", 2.0).cdf(v)) @ out + last
    expected = np.exp(gates) / np.exp(gates).sum(axis=1, keepdims=True)
    smooth = bk.models.with_backward(model, "smooth gates")
    np.testing.assert_allclose(numpy(smooth(x)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"noise": "uniform"}, "noise"), ({"scale": 0.0}, "scale"),
     ({"surrogate": "cdf"}, "surrogate"), ({"surrogate": ("cdf", 0)}, "surrogate"),
     ({"surrogate": ("zero", 1)}, "surrogate"),
     ({"surrogate": None}, "surrogate"), ({"surrogate": ("cdf", 1, 2)}, "surrogate"),
     ({"surrogate": ("cdf", True)}, "surrogate"), ({"surrogate": "hard"}, "surrogate")],
)
def test_errors(arguments, named):
    with pytest.raises(ValueError, match=f"argument `{named}`.*Received: {named}="):
        Threshold(**arguments)
