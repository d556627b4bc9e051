"""Images with one pixel replaced: the short way against the whole forward pass."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.evaluation import ARTClassifier
from binomial_keras.evaluation.attacks import Pixel
from binomial_keras.evaluation.one_pixel import OnePixel

layers = keras.layers


def chain(shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack, layers.Flatten(), layers.Dense(5)])


def same(**settings):
    return layers.Conv2D(4, 3, padding="same", bias_initializer="ones", **settings)


MODELS = {
    "convolutions and pools": lambda: chain(
        (16, 13, 3), layers.Rescaling(2.0, -1.0), same(activation="tanh"), same(),
        layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(2), same(),
        layers.AveragePooling2D(2),
    ),
    "strides": lambda: chain((17, 20, 1), same(strides=2), same(), layers.Conv2D(3, 2, strides=2)),
    "overlapping pools": lambda: chain(
        (15, 15, 1), layers.Conv2D(3, 5), layers.MaxPooling2D(3, strides=2)
    ),
}  # fmt: skip


def some_pixels(shape, images, rng):
    """All corners and edges of one image, and random places of others."""
    height, width, channels = shape
    edge = [(r, c) for r in (0, 1, height - 2, height - 1) for c in (0, 1, width - 2, width - 1)]
    places = np.array(edge + [(rng.integers(height), rng.integers(width)) for _ in range(24)])
    owners = np.r_[np.zeros(len(edge), int), rng.integers(0, images, 24)]
    return owners, places[:, 0], places[:, 1], rng.random((len(places), channels), "float32")


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_whole_pass(name):
    keras.utils.set_random_seed(1)
    model, rng = MODELS[name](), np.random.default_rng(0)
    x = rng.random((3, *model.input_shape[1:]), "float32")
    owners, rows, columns, values = some_pixels(x.shape[1:], 3, rng)
    fast = OnePixel(model)
    assert fast.worthwhile and len(fast._stages) >= 1
    changed = x[owners]
    changed[np.arange(len(owners)), rows, columns] = values
    expected = keras.ops.convert_to_numpy(model(changed, training=False))
    found = fast.of(x, batch_size=8)(owners, rows, columns, values)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    # The pixel matters: the test could fail.
    clean = keras.ops.convert_to_numpy(model(x[owners], training=False))
    assert np.abs(expected - clean).max() > 1e-3 * np.abs(expected).max()


def residual():
    image = keras.Input((16, 16, 1))
    u = same()(image)
    joined = layers.Add()([u, same()(u)])
    return keras.Model(image, layers.Dense(5)(layers.Flatten()(joined)))


@pytest.mark.parametrize("model", [
    residual,
    lambda: chain((16, 16, 1), layers.Conv2D(4, 15, padding="same")),
    lambda: chain((16, 16, 1)),
    lambda: chain((16, 16, 1), layers.Conv2D(4, 3, dtype="mixed_float16")),
])
def test_models_without_a_short_way(model):
    classifier = ARTClassifier(model())
    assert classifier.with_one_pixel(np.zeros((1, 16, 16, 1), "float32")) is None


def test_the_attack_finds_the_same_and_counts_the_same(convolutional, monkeypatch):
    x = np.random.default_rng(0).random((300, 8, 8, 1), "float32")
    classifier, made, used = ARTClassifier(convolutional(), batch_size=16), [], []
    # Those that are nearest to another class, so that one pixel fools some.
    ranked = np.sort(classifier.predict(x), axis=1)
    x = x[np.argsort(ranked[:, -1] - ranked[:, -2])[:6]]
    y = classifier.predict(x).argmax(1)
    assert classifier.with_one_pixel(x[:1]) is not None
    for short in (True, False):
        if not short:
            monkeypatch.setattr(ARTClassifier, "with_one_pixel", lambda self, x: None)
        classifier.reset_counts()
        made.append(Pixel(classifier, th=1, max_iter=3, seed=0).generate(x, y))
        used.append(classifier.forwards)
    np.testing.assert_array_equal(*made)
    assert used[0] == used[1] > 6
    assert np.any(made[0] != x)


def test_noise_is_drawn_in_whole_passes():
    model = bk.models.binomial_cnn((8, 8, 1), widths=(4,), neuron="B", T=2, seed=0)
    assert ARTClassifier(model).with_one_pixel(np.zeros((1, 8, 8, 1), "float32")) is None
