"""Compiled forward passes and vector-Jacobian products."""

import keras
import numpy as np
import pytest

from binomial_keras import backend
from binomial_keras.models import reseed


def every_class(outputs):
    rows = keras.ops.eye(outputs.shape[-1], dtype="float32")[:, None, :]
    return rows + keras.ops.zeros_like(outputs)[None]


def test_forward_is_the_model_call(convolutional, images):
    model, (x, _) = convolutional(), images(5)
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    np.testing.assert_allclose(backend.compile_forward(model)(x), expected, atol=1e-6)


def test_vjps_match_finite_differences(convolutional, images):
    model, (x, _) = convolutional(), images(3)
    _, gradients = backend.compile_vjps(model, every_class)(x)
    assert gradients.shape == (3, 4, 8, 8, 1)
    forward, step = backend.compile_forward(model), 1e-2
    for row, column in [(0, 0), (3, 4), (7, 7)]:
        up, down = x.copy(), x.copy()
        up[:, row, column] += step
        down[:, row, column] -= step
        numeric = (forward(up) - forward(down)) / (2 * step)
        np.testing.assert_allclose(gradients[:, :, row, column, 0], numeric, atol=2e-4)


def test_cotangents_may_depend_on_outputs_and_on_arrays(convolutional, images):
    # The gradient of sum(w * outputs**2) / 2 is the pullback of w * outputs.
    model, (x, _) = convolutional(), images(3)
    weights = np.arange(12, dtype="float32").reshape(3, 4)
    _, pulled = backend.compile_vjps(model, lambda out, w: (w * out)[None])(x, weights)
    outputs = backend.compile_forward(model)(x)
    _, jacobian = backend.compile_vjps(model, every_class)(x)
    expected = np.einsum("ik,ikhwc->ihwc", weights * outputs, jacobian)
    np.testing.assert_allclose(pulled[:, 0], expected, atol=1e-5)


def test_outputs_that_ignore_the_image_have_gradient_zero():
    image = keras.Input((4, 4, 1))
    model = keras.Model(image, keras.layers.Flatten()(image)[:, :3] * 0.0)
    _, gradients = backend.compile_vjps(model, every_class)(np.ones((2, 4, 4, 1), "float32"))
    np.testing.assert_array_equal(gradients, np.zeros((2, 3, 4, 4, 1)))


def test_every_call_draws_anew_and_reseed_repeats(noisy, images):
    model, (x, _) = noisy(), images(4)
    forward = backend.compile_forward(model)
    reseed(model, 3)
    first, second = forward(x), forward(x)
    reseed(model, 3)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(forward(x), first)


def test_gradients_advance_the_generators(noisy, images):
    model, (x, _) = noisy(), images(4)
    vjps = backend.compile_vjps(model, every_class)
    assert np.abs(vjps(x)[1] - vjps(x)[1]).max() > 1e-4


def test_seed_states_are_the_generators_alone(noisy):
    model = noisy()
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    states = backend.seed_states(model)
    assert [s.shape for s in states] == [(2,)]
    assert not any(s is w for s in states for w in model.weights)


def test_an_unknown_backend_is_refused(monkeypatch, convolutional):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(NotImplementedError, match="TensorFlow, JAX or PyTorch"):
        backend.compile_forward(convolutional())
