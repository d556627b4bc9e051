"""SPLASH: values, gradients, special cases, hinges from data, error messages."""

import keras
import numpy as np
import pytest
from scipy import stats

import binomial_keras as bk
from binomial_keras.layers import SPLASH, hinges_from
from tests.layer_checks import finite_differences, numpy, vjp

HINGES = (0.0, 1.0, 2.0, 2.5)
RNG = np.random.default_rng(0)
X = RNG.normal(0.0, 2.0, (3, 4, 5, 2)).astype("float32")


def formula(x, plus, minus, hinges=HINGES):
    """The printed sum of 2K ReLUs; one row of weights per hinge."""
    total = np.zeros_like(x)
    for b, p, m in zip(hinges, plus, minus, strict=True):
        total = total + p * np.maximum(0, x - b) + m * np.maximum(0, -x - b)
    return total


def built(shape=(None, 4, 5, 2), **options):
    """A layer whose slopes are all different."""
    layer = SPLASH(**options)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("hinges", [HINGES, (0,), (0, 0.3), np.array([0.0, 0.1, 4.0])])
def test_values_are_those_of_the_printed_sum(hinges, per_channel):
    layer = built(hinges=hinges, per_channel=per_channel)
    plus, minus = layer.get_weights()
    assert plus.shape == minus.shape == ((len(hinges), 2) if per_channel else (len(hinges),))
    np.testing.assert_allclose(numpy(layer(X)), formula(X, plus, minus, hinges), atol=1e-5)


@pytest.mark.parametrize("start, slope", [("relu", 0.0), ("linear", 1.0), ("leaky", 0.1)])
def test_starts(start, slope):
    layer = SPLASH(start=start)
    expected = np.where(X > 0, X, np.float32(slope) * X)
    np.testing.assert_array_equal(numpy(layer(X)), expected)
    if start == "relu":
        np.testing.assert_array_equal(numpy(layer(X)), numpy(keras.ops.relu(X)))


def test_zero_stays_zero_for_any_slopes():
    for _ in range(20):
        assert not numpy(built()(np.zeros((2, 4, 5, 2), "float32"))).any()


def test_slopes_of_the_segments():
    layer = built()
    plus, minus = layer.get_weights()
    # From left to right: (-inf, -2.5), (-2.5, -2), (-2, -1), (-1, 0), (0, 1), ...
    middles = np.array([-3.0, -2.25, -1.5, -0.5, 0.5, 1.5, 2.25, 3.0])
    rise = (formula(middles + 0.1, plus, minus) - formula(middles - 0.1, plus, minus)) / 0.2
    np.testing.assert_allclose(layer.slopes(), rise, rtol=1e-5)
    assert layer.slopes()[5] == pytest.approx(plus[0] + plus[1])
    assert built(per_channel=True).slopes().shape == (8, 2)


@pytest.mark.parametrize("per_channel", [False, True])
def test_gradients_are_finite_differences_of_the_printed_sum(per_channel):
    layer = built(per_channel=per_channel)
    plus, minus = (w.astype("float64") for w in layer.get_weights())
    # No value within a step of a hinge.
    x = RNG.choice([-3.1, -2.2, -1.5, -0.4, 0.3, 1.7, 2.3, 2.9], (2, 4, 5, 2))
    cotangent = RNG.normal(size=x.shape)
    expected = finite_differences(
        lambda: (cotangent * formula(x, plus, minus)).sum(), [x, plus, minus]
    )
    _, image, weights = vjp(layer, x.astype("float32"), cotangent.astype("float32"))
    for found, wanted in zip([image, *weights], expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_gradient_at_a_hinge_is_that_of_a_strict_comparison():
    layer = SPLASH(start="linear")
    layer.build((None, 8))
    layer.set_weights(np.array([[1, 10, 100, 1000], [2, 20, 200, 2000]], "float32"))
    x = np.array([[0.0, 1.0, 2.0, 2.5, 3.0, -1.0, -2.0, -2.5]], "float32")
    _, found, _ = vjp(layer, x, np.ones_like(x))
    np.testing.assert_array_equal(found, [[0, 1, 11, 111, 1111, -2, -22, -222]])


def test_gradients_do_not_lose_digits_on_many_values():
    x = RNG.normal(size=(64, 32, 32, 8)).astype("float32")
    cotangent = np.abs(RNG.normal(size=x.shape)).astype("float32")
    layer = built(x.shape)
    _, _, (plus, minus) = vjp(layer, x, cotangent)
    for found, side in ((plus, x), (minus, -x)):
        wide = [(cotangent * np.maximum(0, side.astype("float64") - b)).sum() for b in HINGES]
        np.testing.assert_allclose(found, wide, rtol=1e-4)


def test_fit_learns_the_slopes_of_another_function():
    target = np.array([0.5, 1.0, -1.0, 0.2]), np.array([0.2, -0.7, 0.3, 0.1])
    x = RNG.uniform(-4, 4, (2048, 1)).astype("float32")
    layer = SPLASH()
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    model.fit(x, formula(x, *target), batch_size=64, epochs=20, verbose=0)
    np.testing.assert_allclose(numpy(layer(x)), formula(x, *target), atol=0.05)


def test_gradients_pass_the_compiled_attack_code():
    layer = built()
    image = keras.Input((4, 5, 2))
    model = keras.Model(image, keras.layers.Flatten()(layer(image)))
    vjps = bk.backend.compile_vjps(model, lambda f: keras.ops.stack([f, 2 * f]))
    outputs, gradients = vjps(X)
    slopes = np.sign(X) * vjp(layer, X, np.sign(X))[1]
    expected = (numpy(layer(X)) * slopes)[:, None] * np.array([1, 2]).reshape(1, 2, 1, 1, 1)
    np.testing.assert_allclose(gradients, expected, rtol=1e-4, atol=1e-5)


def test_no_penalty_and_out_of_weight_decay():
    layer = built()
    assert not layer.losses
    assert built(regularizer=keras.regularizers.L2(0.5)).losses
    optimizer = keras.optimizers.AdamW(1e-3, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["a_plus", "a_minus"])
    optimizer.build(layer.trainable_variables)
    assert not any(optimizer._use_weight_decay(w) for w in layer.trainable_variables)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_is_computed_in_float32(dtype):
    layer = SPLASH(dtype=dtype)
    layer.build(X.shape)
    layer.set_weights(np.array([[1, -0.999, 0.5, 0], [0.3, 0, 0, 0]]))
    x = numpy(keras.ops.cast(keras.ops.cast(X, layer.compute_dtype), "float32"))
    found = numpy(keras.ops.cast(layer(X), "float32"))
    weights = [numpy(keras.ops.cast(w, "float32")) for w in (layer.a_plus, layer.a_minus)]
    # One rounding, of the result.
    np.testing.assert_allclose(found, formula(x, *weights), rtol=2**-8, atol=1e-3)


def test_hinges_of_normal_values_are_evenly_spaced():
    values = np.random.default_rng(1).normal(0, 3.0, 10**5)
    # The error of the outermost quantile is 0.028 (one sigma) for s = 3; seeded.
    np.testing.assert_allclose(hinges_from(values), [0, 2.5, 5, 7.5], atol=0.1)
    found = hinges_from(values, quantiles=[0.25, 0.5])
    expected = [0, *(3 * stats.norm.ppf(0.5 + q / 2) for q in (0.25, 0.5))]
    np.testing.assert_allclose(found, expected, atol=0.05)
    assert hinges_from(values, count=1) == (0.0,)
    assert len(SPLASH(hinges=hinges_from(values.reshape(10, -1, 100), 6)).hinges) == 6


@pytest.mark.parametrize("hinges", [
    (), (1.0, 2.0), (0, 2, 1), (0, 1, 1), (-1, 0, 1), (0, float("nan")), (0, float("inf")), 3, "01",
    (0, "1"), None,
])
def test_bad_hinges(hinges):
    with pytest.raises(ValueError, match="argument `hinges`. Expected increasing .* Received: hin"):
        SPLASH(hinges=hinges)


def test_other_errors():
    with pytest.raises(ValueError, match=r"argument `start`. Expected one of \('relu'"):
        SPLASH(start="tanh")
    with pytest.raises(ValueError, match="argument `per_channel`"):
        SPLASH(per_channel="yes")
    with pytest.raises(ValueError, match="known number of channels"):
        SPLASH(per_channel=True).build((None, None))
    for values in ([], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="argument `values`. Expected finite"):
            hinges_from(values)
    with pytest.raises(ValueError, match="argument `values`. Expected values of which the quant"):
        hinges_from(np.zeros(100))
    with pytest.raises(ValueError, match="argument `count`"):
        hinges_from([1.0, 2.0], count=0)
    for quantiles in ([0.0, 0.5], [0.5, 0.5], [0.5, 1.0]):
        with pytest.raises(ValueError, match="argument `quantiles`"):
            hinges_from([1.0, 2.0], quantiles=quantiles)
