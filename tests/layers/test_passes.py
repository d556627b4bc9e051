"""Present, Evidence, PerPass: into, out of and along the time axis."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import BU, Evidence, PerPass, Present
from tests.layer_checks import numpy, vjp

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((4, 3, 6, 6, 2)) < 0.4).astype("float32")


def test_present_shows_the_same_input_in_every_pass():
    layer = Present(3)
    image = SPIKES[:, 0] + 0.5
    layer.build(image.shape)
    found, gradient, _ = vjp(layer, image, SPIKES)
    for t in range(3):
        np.testing.assert_array_equal(found[:, t], image)
    np.testing.assert_allclose(gradient, SPIKES.sum(axis=1))


def test_present_lets_noise_differ_between_the_passes():
    model = keras.Sequential([keras.Input((5,)), Present(3), keras.layers.GaussianNoise(1.0)])
    found = numpy(model(np.zeros((4, 5), "float32"), training=True))
    assert np.all(np.any(found[:, 0] != found[:, 1], axis=-1))


def test_present_errors():
    with pytest.raises(ValueError, match="argument `T`"):
        Present(0)
    with pytest.raises(ValueError, match="has a time axis already"):
        Present(3)(SPIKES)


def test_evidence_is_the_mean_over_the_passes():
    layer = Evidence()
    layer.build(SPIKES.shape)
    out = RNG.normal(size=(4, 6, 6, 2)).astype("float32")
    found, gradient, _ = vjp(layer, SPIKES, out)
    expected = (SPIKES[:, 0] + SPIKES[:, 1] + SPIKES[:, 2]) / 3
    np.testing.assert_allclose(found, expected, atol=1e-6)
    for t in range(3):
        np.testing.assert_allclose(gradient[:, t], out / 3, atol=1e-6)


def test_evidence_without_time_axis_is_the_identity():
    np.testing.assert_array_equal(numpy(Evidence()(SPIKES[:, 0])), SPIKES[:, 0])


def test_per_pass_pools_every_pass_on_its_own():
    found = numpy(PerPass(keras.layers.MaxPooling2D(2))(SPIKES))
    assert found.shape == (4, 3, 3, 3, 2)
    for t in range(3):
        for i in range(3):
            for j in range(3):
                window = SPIKES[:, t, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                np.testing.assert_array_equal(found[:, t, i, j], window.max(axis=(1, 2)))


def test_per_pass_with_weights_and_without_time_axis():
    layer = PerPass(keras.layers.Conv2D(3, 3))
    timed = numpy(layer(SPIKES))
    for t in range(3):
        np.testing.assert_allclose(timed[:, t], numpy(layer(SPIKES[:, t])), atol=1e-5)
    assert len(layer.trainable_variables) == 2


@pytest.mark.parametrize("training", [True, False])
def test_per_pass_hands_training_on(training):
    layer = PerPass(keras.layers.Dropout(0.5, seed=1))
    found = numpy(layer(np.ones((4, 3, 6, 6, 2), "float32"), training=training))
    assert np.any(found == 0) == training


def test_per_pass_keeps_the_gradient_of_the_last_pass_only():
    model = keras.Sequential(
        [keras.Input((3, 6, 6, 2)), BU("A", 3, seed=1), PerPass(keras.layers.AveragePooling2D(2))]
    )
    u = np.full((4, 3, 6, 6, 2), 0.7, "float32")
    cotangent = np.ones((4, 3, 3, 3, 2), "float32")
    _, gradient, _ = vjp(model, u, cotangent)
    np.testing.assert_array_equal(gradient[:, :2], 0)
    np.testing.assert_allclose(gradient[:, 2], 3 * (1 - np.tanh(0.7) ** 2) / 4, atol=1e-5)
