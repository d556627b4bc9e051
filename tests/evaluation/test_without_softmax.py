"""Models cut before their softmax."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation.without_softmax import without_softmax

L = keras.layers


def endings():
    return {
        "dense": lambda: [L.Dense(3, activation="softmax")],
        "activation layer": lambda: [L.Dense(3), L.Activation("softmax")],
        "softmax layer": lambda: [L.Dense(3), L.Softmax()],
        "nested": lambda: [keras.Sequential([keras.Input((16,)), L.Dense(3), L.Softmax()])],
        "nested dense": lambda: [
            keras.Sequential([keras.Input((16,)), L.Dense(3, activation="softmax")])
        ],
    }


def softmax(z):
    z = np.exp(z - z.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


@pytest.mark.parametrize("name", list(endings()))
@pytest.mark.parametrize("functional", [True, False])
def test_logits_are_the_inverse_of_the_softmax(name, functional):
    model = keras.Sequential([keras.Input((4, 4, 1)), L.Flatten(), *endings()[name]()])
    if functional:
        image = keras.Input((4, 4, 1))
        model = keras.Model(image, model(image))
    x = np.random.default_rng(0).random((5, 4, 4, 1), "float32")
    cut = without_softmax(model)
    probabilities = keras.ops.convert_to_numpy(model(x))
    logits = keras.ops.convert_to_numpy(cut(x))
    np.testing.assert_allclose(softmax(logits), probabilities, atol=1e-6)
    assert np.abs(logits.sum(-1) - 1).max() > 1e-3
    # Shared, not copied: the logits follow when the model is trained further.
    model.set_weights([w + 0.5 * np.arange(w.shape[-1]) for w in model.get_weights()])
    later = keras.ops.convert_to_numpy(cut(x))
    assert np.abs(later - logits).max() > 0.1
    np.testing.assert_allclose(softmax(later), keras.ops.convert_to_numpy(model(x)), atol=1e-6)


def test_the_model_itself_is_left_as_it_was(convolutional, images):
    model, (x, _) = convolutional(), images(2)
    without_softmax(model)(x)
    assert model.layers[-1].activation is keras.activations.softmax
    np.testing.assert_allclose(np.sum(model.predict(x, verbose=0), -1), 1.0, atol=1e-6)


def test_no_softmax_nothing_to_cut(convolutional):
    assert without_softmax(convolutional(activation=None)) is None


def test_a_subclassed_model_is_refused_with_ways_out():
    class Subclassed(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="neither functional nor Sequential.*logits=False"):
        without_softmax(Subclassed())


def test_two_outputs_are_refused():
    image = keras.Input((4,))
    model = keras.Model(image, [L.Dense(2)(image), L.Dense(2)(image)])
    with pytest.raises(ValueError, match="1 inputs and 2 outputs"):
        without_softmax(model)
