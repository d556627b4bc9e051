"""BatchNormalization: Keras' own without a time axis, pass T's statistics with one."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import BatchNormalization, PerPass
from tests.layer_checks import finite_differences, numpy, vjp

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(1.0, 2.0, (4, 3, 5, 5, 2)).astype("float32")
OUT = RNG.normal(size=TRAIN.shape).astype("float32")
GAMMA, BETA = np.array([1.5, 0.5], "float32"), np.array([-0.3, 0.2], "float32")
MEAN, VARIANCE = np.array([0.4, -0.6], "float32"), np.array([2.0, 0.7], "float32")
EPSILON = 1e-3


def built(layer, shape):
    layer.build(shape)
    layer.set_weights([GAMMA, BETA, MEAN, VARIANCE])
    return layer


def normalised(x, mean, variance):
    return GAMMA * (x - mean) / np.sqrt(variance + EPSILON) + BETA


@pytest.mark.parametrize(
    "shape, statistics",
    [((12, 2), "last"), ((4, 5, 5, 2), "last"), ((4, 3, 2), "all"), ((4, 3, 5, 5, 2), "all")],
    ids=["dense", "image", "all passes", "all passes of images"],
)
def test_without_time_axis_or_over_all_passes_it_is_keras_own(shape, statistics):
    x, cotangent = TRAIN.reshape(-1)[: np.prod(shape)].reshape(shape), OUT.reshape(-1)
    cotangent = cotangent[: np.prod(shape)].reshape(shape)
    ours = built(BatchNormalization(momentum=0.8, statistics=statistics), shape)
    theirs = built(keras.layers.BatchNormalization(momentum=0.8), shape)
    for training in (False, True):
        one, other = (vjp(layer, x, cotangent, training) for layer in (ours, theirs))
        for a, b in zip([*one[:2], *one[2]], [*other[:2], *other[2]], strict=True):
            np.testing.assert_allclose(a, b, atol=2e-5, rtol=1e-4)
    for layer in (ours, theirs):
        layer.set_weights([GAMMA, BETA, MEAN, VARIANCE])
        for part in (x, 2 * x, x - 1):
            layer(part, training=True)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("rule", ["last", "unrolled"])
def test_training_uses_the_statistics_of_the_last_pass_for_all(rule):
    layer = built(BatchNormalization(momentum=0.9, gradient=rule), TRAIN.shape)
    last = TRAIN[:, -1].astype("float64")
    mean, variance = last.mean(axis=(0, 1, 2)), last.var(axis=(0, 1, 2))
    found = numpy(layer(TRAIN, training=True))
    np.testing.assert_allclose(found, normalised(TRAIN, mean, variance), atol=1e-4)
    np.testing.assert_allclose(numpy(layer.moving_mean), 0.9 * MEAN + 0.1 * mean, atol=1e-5)
    np.testing.assert_allclose(
        numpy(layer.moving_variance), 0.9 * VARIANCE + 0.1 * variance, atol=1e-5
    )


@pytest.mark.parametrize("training", [False, None, "frozen"])
def test_inference_uses_the_moving_averages(training):
    layer = built(BatchNormalization(), TRAIN.shape)
    if training == "frozen":
        layer.trainable, training = False, True
    found = numpy(layer(TRAIN, training=training))
    np.testing.assert_allclose(found, normalised(TRAIN, MEAN, VARIANCE), atol=1e-5)
    np.testing.assert_array_equal(numpy(layer.moving_mean), MEAN)


def test_last_pass_gradient_is_that_of_keras_on_the_last_pass():
    layer = built(BatchNormalization(), TRAIN.shape)
    theirs = built(keras.layers.BatchNormalization(), TRAIN[:, -1].shape)
    _, x, weights = vjp(layer, TRAIN, OUT, training=True)
    _, expected, others = vjp(theirs, TRAIN[:, -1], OUT[:, -1], training=True)
    np.testing.assert_array_equal(x[:, :-1], 0)
    np.testing.assert_allclose(x[:, -1], expected, atol=2e-5)
    for a, b in zip(weights, others, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    # Scale invariance, what the rule is for: no gradient along the input itself.
    centred = TRAIN[:, -1] - TRAIN[:, -1].mean(axis=(0, 1, 2))
    along = np.sum(x[:, -1] * centred, axis=(0, 1, 2))
    assert np.all(np.abs(along) < 0.02 * np.sum(np.abs(x[:, -1] * centred), axis=(0, 1, 2)))


def test_unrolled_gradient():
    rng = np.random.default_rng(1)
    x, out = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 2)).astype("float32")
    layer = built(BatchNormalization(gradient="unrolled"), x.shape)

    def value():
        mean, variance = x[:, -1].mean(axis=0), x[:, -1].var(axis=0)
        return float(np.sum(normalised(x, mean, variance) * out))

    expected = finite_differences(value, [x])[0]
    _, found, (gamma, _) = vjp(layer, x.astype("float32"), out, training=True)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    last = x[:, -1]
    scaled = (x - last.mean(axis=0)) / np.sqrt(last.var(axis=0) + EPSILON)
    np.testing.assert_allclose(gamma, np.sum(scaled * out, axis=(0, 1)), atol=1e-4)


@pytest.mark.parametrize("statistics", ["last", "all"])
def test_without_scale_and_center(statistics):
    layer = BatchNormalization(scale=False, center=False, statistics=statistics)
    layer.build(TRAIN.shape)
    found = numpy(layer(TRAIN, training=True))
    found = found[:, -1] if statistics == "last" else found.reshape(-1, 2)
    axes = tuple(range(found.ndim - 1))
    np.testing.assert_allclose(found.mean(axis=axes), 0, atol=1e-5)
    np.testing.assert_allclose(found.var(axis=axes), 1, atol=1e-2)


@pytest.mark.parametrize(
    "arguments", [{"axis": 1}, {"renorm": True}, {"synchronized": True}], ids=str
)
def test_arguments_that_have_no_meaning_here_are_refused(arguments):
    # Keras itself refuses `synchronized` on some backends, in other words.
    with pytest.raises(ValueError, match=next(iter(arguments))):
        BatchNormalization(**arguments)


def test_errors():
    with pytest.raises(ValueError, match="argument `gradient`"):
        BatchNormalization(gradient="first")
    with pytest.raises(ValueError, match="argument `statistics`"):
        BatchNormalization(statistics="first")
    with pytest.raises(ValueError, match="binomial_keras.layers.BatchNormalization"):
        PerPass(keras.layers.BatchNormalization())
