"""RayS: radii of linear models in closed form, step networks, budgets, errors."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation.attacks import RayS
from binomial_keras.layers import Threshold
from tests.evaluation.attacks.known_models import images, linear, shaken


def test_finds_the_nearest_boundary_of_a_linear_model(classifier_class):
    model, w, b = linear()
    x = images(20)
    scores = x.reshape(20, -1) @ w + b
    y = scores.argmax(axis=1)
    # |difference of the scores| / ||difference of the weights||_1.
    nearest = np.abs(scores[:, 0] - scores[:, 1]) / np.abs(w[:, 0] - w[:, 1]).sum()
    attack = RayS(classifier_class(model), eps=0.4, queries=400, tolerance=1e-4, stop=False)
    made = attack.generate(x, y)
    assert np.all(attack.radii >= nearest - 1e-6)
    # Turned once each, the nine signs are right; a bisection leaves its tolerance.
    np.testing.assert_allclose(attack.radii, nearest, atol=3e-4)
    assert np.all((made.reshape(20, -1) @ w + b).argmax(axis=1) != y)
    assert np.abs(made - x).max() <= 0.4


def test_steps_do_not_hide_the_boundary(classifier_class):
    """The slope of a step network is 0, and its labels change all the same."""
    rng = np.random.default_rng(0)
    image = keras.Input((3, 3, 1))
    x = Threshold()(keras.layers.Dense(12)(keras.layers.Flatten()(image)))
    model = keras.Model(image, keras.layers.Dense(2)(x))
    first, last = (rng.normal(size=w.shape) for w in model.get_weights()[::2])
    # Both steps and classes are balanced about grey.
    model.set_weights([first, -0.5 * first.sum(axis=0), last, -0.5 * last.sum(axis=0)])
    classifier, x = classifier_class(model), images(30)
    y = classifier.predict(x).argmax(axis=1)
    assert not np.any(classifier.loss_gradient(x, y))
    attack = RayS(classifier, eps=0.3, queries=300)
    made = attack.generate(x, y)
    fooled = classifier.predict(made).argmax(axis=1) != y
    np.testing.assert_array_equal(fooled, attack.radii <= 0.3)
    assert fooled.mean() > 0.5
    np.testing.assert_array_equal(made[~fooled], x[~fooled])
    assert np.abs(made - x).max() <= 0.3 + 1e-6 and made.min() >= 0 and made.max() <= 1


def test_asks_no_more_than_it_may_and_leaves_wrong_images(classifier_class):
    classifier, x = classifier_class(linear()[0]), images(8)
    y = classifier.predict(x).argmax(axis=1)
    y[:3] = 1 - y[:3]
    before = classifier.forwards
    attack = RayS(classifier, eps=1e-4, queries=25)
    made = attack.generate(x, y)
    np.testing.assert_array_equal(made[:3], x[:3])
    np.testing.assert_array_equal(attack.radii[:3], 0)
    assert 8 < classifier.forwards - before <= 8 + 5 * 25


def test_errors(classifier_class):
    classifier = classifier_class(linear()[0])
    for name, value in (("eps", 0.0), ("queries", 0), ("tolerance", -1.0)):
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            RayS(classifier, **{name: value})
    with pytest.raises(ValueError, match="without noise"):
        RayS(classifier_class(shaken(1.0)[0]))
