"""FlexibleLayer: values, gradients, thresholds, error messages."""

import keras
import numpy as np
import pytest
from scipy import stats

import binomial_keras as bk
from binomial_keras.layers import FlexibleLayer
from tests.layer_checks import finite_differences, numpy, vjp
from tests.layers.flexible_reference import branches, mixture, sigmoid, windows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 7, 2)).astype("float32")
# Channels of the input, filters: paired, broadcast, repeated.
CHANNELS = [(2, 2), (1, 3), (2, 6)]
SHAPES = [
    (3, 1, "valid"),
    (3, 1, "same"),
    ((2, 4), 1, "same"),
    (5, 2, "same"),
    ((1, 4), 3, "valid"),
]


def built(filters=2, kernel_size=3, channels=2, **options):
    layer = FlexibleLayer(filters, kernel_size, bias_initializer="random_normal", **options)
    layer.build((None, 6, 7, channels))
    return layer


def values(layer):
    """Kernel, bias and threshold (if there is one) as float64."""
    return [np.asarray(w, "float64") for w in layer.get_weights()]


@pytest.mark.parametrize("max_when", ["below", "above"])
@pytest.mark.parametrize("kernel_size, strides, padding", SHAPES)
def test_values_are_those_of_equation_1(kernel_size, strides, padding, max_when):
    layer = built(
        kernel_size=kernel_size, strides=strides, padding=padding, max_when=max_when, scale=7.0
    )
    kernel, bias, T = values(layer)
    C, P = branches(X, kernel, bias, strides, padding)
    np.testing.assert_allclose(numpy(layer(X)), mixture(P, C, T, 7.0, max_when), atol=1e-5)
    share = sigmoid(7.0 * (T - P if max_when == "below" else P - T))
    np.testing.assert_allclose(numpy(layer.mask(X)), share, atol=1e-5)


@pytest.mark.parametrize("threshold", ["learned", "uniform"])
@pytest.mark.parametrize("channels, filters", CHANNELS)
def test_channels_of_the_pooled_branch(channels, filters, threshold):
    layer = built(filters, channels=channels, threshold=threshold, threshold_value=0.8)
    x = X[..., :channels]
    kernel, bias, *rest = values(layer)
    T = rest[0] if rest else 0.8
    C, P = branches(x, kernel, bias)
    P = _repeated(P, filters)
    np.testing.assert_allclose(numpy(layer(x)), mixture(P, C, T, 50.0, "below"), atol=1e-5)
    mask = numpy(layer.mask(x))
    assert mask.shape == C.shape
    np.testing.assert_allclose(mask, sigmoid(50.0 * (T - P)), atol=1e-4)


def test_gate_at_a_tenth_above_the_threshold():
    # s = 50 and P - T = 0.1: sigma(5) = 0.9933.
    x = np.full((1, 2, 2, 1), 0.4, "float32")
    above = FlexibleLayer(1, 2, threshold="uniform", threshold_value=0.3, max_when="above")
    below = FlexibleLayer(1, 2, threshold="uniform", threshold_value=0.3)
    assert numpy(above.mask(x)).item() == pytest.approx(0.9933, abs=5e-5)
    assert numpy(below.mask(x)).item() == pytest.approx(0.0067, abs=5e-5)


def test_no_threshold_is_the_plain_convolution():
    layer = built(3, threshold=None)
    twin = keras.layers.Conv2D(3, 3)
    twin.build(X.shape)
    twin.set_weights(layer.get_weights())
    cotangent = RNG.normal(size=(3, 4, 5, 3)).astype("float32")
    ours, theirs = vjp(layer, X, cotangent), vjp(twin, X, cotangent)
    for one, other in zip([*ours[:2], *ours[2]], [*theirs[:2], *theirs[2]], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert not numpy(layer.mask(X)).any()


def test_options_of_the_convolution():
    layer = built(use_bias=False, conv_activation="relu", scale=5.0)
    kernel, T = values(layer)
    C, P = branches(X, kernel, np.zeros(2))
    np.testing.assert_allclose(numpy(layer(X)), mixture(P, np.maximum(C, 0), T, 5.0), atol=1e-5)
    plain = built(threshold=None, conv_activation="relu")
    C, _ = branches(X, *values(plain))
    np.testing.assert_allclose(numpy(plain(X)), np.maximum(C, 0), atol=1e-5)


@pytest.mark.parametrize("max_when", ["below", "above"])
@pytest.mark.parametrize("channels, filters, padding, scale", [
    (2, 2, "valid", 50.0), (1, 2, "same", 3.0), (2, 4, "same", 3.0),
])
def test_gradients_are_finite_differences_of_the_loop(channels, filters, padding, scale, max_when):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 4, 5, channels))
    layer = FlexibleLayer(filters, 3, padding=padding, scale=scale, max_when=max_when)
    layer.build(x.shape)
    kernel = rng.normal(size=(3, 3, channels, filters))
    bias = rng.normal(size=filters)
    # Thresholds within 1/s of the pooled values: elsewhere the gate is flat.
    T = _repeated(branches(x, kernel, bias, 1, padding)[1], filters)
    T = T + rng.normal(size=T.shape) / scale
    layer.set_weights([kernel, bias, T])
    cotangent = rng.normal(size=T.shape)

    def scalar():
        C, P = branches(x, kernel, bias, 1, padding)
        P = _repeated(P, filters)
        return (cotangent * mixture(P, C, T, scale, max_when)).sum()

    expected = finite_differences(scalar, [x, kernel, bias, T], step=1e-6)
    _, image, weights = vjp(layer, x.astype("float32"), cotangent.astype("float32"))
    for found, wanted in zip([image, *weights], expected, strict=True):
        assert np.abs(wanted).max() > 0.1
        np.testing.assert_allclose(found, wanted, atol=1e-3 * np.abs(wanted).max())


def _repeated(P, filters):
    return np.stack([P[..., j % P.shape[-1]] for j in range(filters)], axis=-1)


@pytest.mark.parametrize("kernel_size, padding", [(3, "valid"), (4, "valid"), (3, "same")])
def test_a_tie_gives_its_gradient_to_the_first_maximum(kernel_size, padding):
    x = np.random.default_rng(2).integers(0, 2, (2, 5, 6, 1)).astype("float32")
    always = {"threshold": "uniform", "threshold_value": 1e3}
    layer = FlexibleLayer(1, kernel_size, padding=padding, **always)
    layer.build(x.shape)
    output, slope, _ = vjp(layer, x, np.ones(layer.compute_output_shape(x.shape), "float32"))
    expected = np.zeros_like(x)
    for place, window, origin in windows(x, (kernel_size, kernel_size), 1, padding):
        image, _, _ = place
        row, column = np.unravel_index(np.argmax(window[..., 0]), window.shape[:2])
        expected[image, origin[0] + row, origin[1] + column, 0] += 1
        assert output[place][0] == window.max()
    np.testing.assert_allclose(slope, expected, atol=1e-6)


@pytest.mark.parametrize("max_when, sign", [("below", 1), ("above", -1)])
@pytest.mark.parametrize("surrogate, scale", [
    ("exact", 50.0), (("soft_gate", 1), 1), (("soft_gate", 10), 10), ("stopped_gate", 0),
])
def test_surrogates_of_the_gate(surrogate, scale, max_when, sign):
    """A 1x1 kernel: P = x, C = w x + b, and the gradient has a closed form."""
    x = np.linspace(-1, 1, 41, dtype="float32").reshape(1, 41, 1, 1)
    options = {"threshold": "uniform", "threshold_value": 0.2, "max_when": max_when}
    layer = FlexibleLayer(1, 1, surrogate=surrogate, **options)
    exact = FlexibleLayer(1, 1, **options)
    for each in (layer, exact):
        each.build(x.shape)
        each.set_weights([np.full((1, 1, 1, 1), -0.7), np.array([0.3])])
    output, slope, _ = vjp(layer, x, np.ones_like(x))
    np.testing.assert_array_equal(output, numpy(exact(x)))
    C, a = -0.7 * x + 0.3, sign * (0.2 - x)
    g, soft = sigmoid(50.0 * a), sigmoid(scale * a)
    expected = (1 - g) * -0.7 + g - sign * scale * soft * (1 - soft) * (x - C)
    np.testing.assert_allclose(slope, expected, atol=1e-4)


@pytest.mark.parametrize("threshold", ["uniform", "random"])
def test_average_pool_surrogate(threshold):
    options = {"threshold": threshold, "threshold_value": 1e3, "seed": 3, "use_bias": False}
    layer = FlexibleLayer(2, 3, surrogate="average_pool", **options)
    exact = FlexibleLayer(2, 3, **options)
    for each in (layer, exact):
        each.build(X.shape)
        each.set_weights([np.zeros((3, 3, 2, 2))])
        bk.reseed(each, 1)
    output, slope, _ = vjp(layer, X, np.ones((3, 4, 5, 2), "float32"))
    np.testing.assert_array_equal(output, numpy(exact(X)))
    bk.reseed(layer, 1)
    mask = numpy(layer.mask(X))
    expected = np.zeros_like(X)
    for place, _, (row, column) in windows(X, (3, 3), 1, "valid"):
        expected[place[0], row : row + 3, column : column + 3] += mask[place] / 9
    np.testing.assert_allclose(slope, expected, atol=1e-6)


def test_learned_thresholds_start_as_normal_numbers():
    layer = FlexibleLayer(12, 5, kernel_regularizer="l2", bias_regularizer="l2", seed=1)
    layer.build((None, 28, 28, 1))
    assert [w.name for w in layer.trainable_weights] == ["kernel", "bias", "threshold"]
    T = numpy(layer.threshold_weight)
    assert T.shape == (1, 24, 24, 12)
    # 6912 numbers; a right layer fails in one of 1e4 seeds.
    assert stats.kstest(T.ravel(), "norm").pvalue > 1e-4
    # Only kernel and bias are penalised (Keras' "l2" is 0.01).
    kernel, bias, _ = values(layer)
    expected = 0.01 * ((kernel**2).sum() + (bias**2).sum())
    assert float(sum(layer.losses)) == pytest.approx(expected, rel=1e-5)


def test_frozen_and_given_thresholds():
    layer = built(learn_threshold=False, threshold_initializer=keras.initializers.Constant(2.0))
    assert [w.name for w in layer.trainable_weights] == ["kernel", "bias"]
    assert [w.name for w in layer.non_trainable_weights] == ["threshold"]
    np.testing.assert_array_equal(numpy(layer.threshold_weight), 2.0)


@pytest.mark.parametrize("arguments, name", [
    ({"filters": 0}, "filters"),
    ({"filters": 2.5}, "filters"),
    ({"kernel_size": 0}, "kernel_size"),
    ({"kernel_size": (3, 3, 3)}, "kernel_size"),
    ({"threshold": "trained"}, "threshold"),
    ({"threshold": 0.3}, "threshold"),
    ({"max_when": "between"}, "max_when"),
    ({"max_when": None}, "max_when"),
    ({"scale": -50.0}, "scale"),
    ({"scale": 0}, "scale"),
    ({"scale": float("inf")}, "scale"),
    ({"scale": "fifty"}, "scale"),
    ({"threshold_value": float("nan")}, "threshold_value"),
    ({"threshold_value": None}, "threshold_value"),
    ({"strides": 0}, "strides"),
    ({"padding": "causal"}, "padding"),
    ({"surrogate": "hard"}, "surrogate"),
    ({"surrogate": "soft_gate"}, "surrogate"),
    ({"surrogate": ("soft_gate", -1)}, "surrogate"),
    ({"surrogate": ("stopped_gate", 1)}, "surrogate"),
    ({"surrogate": "mean_mask"}, "surrogate"),
    ({"surrogate": "stopped_gate", "threshold": "random"}, "surrogate"),
    ({"surrogate": "average_pool", "threshold": None}, "surrogate"),
], ids=str)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"received for argument `{name}`. Expected .* Received: "):
        FlexibleLayer(**{"filters": 4, "kernel_size": 3, **arguments})


@pytest.mark.parametrize("shape, options, message", [
    ((2, 8, 3), {}, r"Expected \(batch, height, width, channels\).*shape=\(2, 8, 3\)"),
    ((2, 3, 8, 8, 3), {}, r"Expected \(batch, height, width, channels\)"),
    ((2, 2, 8, 3), {}, r"at least as large as kernel_size=\(3, 3\).*shape=\(2, 2, 8, 3\)"),
    ((2, 8, 8, 4), {}, r"match the pooled branch to filters=6.*shape=\(2, 8, 8, 4\)"),
    ((2, 8, 8, 12), {"threshold": "random"}, r"filters=6: as many, or one, or a divisor"),
])
def test_bad_inputs(shape, options, message):
    with pytest.raises(ValueError, match=f"Invalid input for layer `flex`. .*{message}"):
        FlexibleLayer(6, 3, name="flex", **options)(np.zeros(shape, "float32"))


def test_good_inputs_near_the_bad_ones():
    assert FlexibleLayer(6, 3, padding="same")(np.zeros((2, 2, 8, 3))).shape == (2, 2, 8, 6)
    assert FlexibleLayer(6, 3, threshold=None)(np.zeros((2, 8, 8, 4))).shape == (2, 6, 6, 6)
    layer = FlexibleLayer(6, 3)
    layer(np.zeros((2, 8, 8, 3)))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer(np.zeros((2, 8, 8, 6)))
    with pytest.raises(ValueError, match="with known height, width"):
        FlexibleLayer(6, 3)(keras.Input((None, 8, 3)))
