"""The L2 attack against a known distance, ART's own class and finite settings."""

import numpy as np
import pytest
from art.attacks.evasion import CarliniL2Method

from binomial_keras.evaluation.attacks import CarliniL2
from binomial_keras.evaluation.attacks.difference_gradient import difference_gradient

QUIET = dict(verbose=False)
LONG = dict(binary_search_steps=6, max_iter=40, **QUIET)


def lengths(changes):
    return np.linalg.norm(changes.reshape(len(changes), -1), axis=1)


@pytest.mark.parametrize("variables", ["pixels", "tanh"])
def test_distance_to_a_plane(variables, linear):
    # Two classes: the boundary is a plane, its distance |z_0 - z_1| / ||k_0 - k_1||, and grey
    # images have room on every side.
    generator = np.random.default_rng(0)
    kernel = generator.normal(size=(16, 2))
    x = (0.5 + 0.05 * generator.normal(size=(6, 4, 4, 1))).astype("float32")
    bias = -(x.reshape(6, -1) @ kernel).mean(0)
    bias[0] += 0.6
    classifier = linear(kernel, bias)
    z = classifier.predict(x)
    expected = np.abs(z[:, 0] - z[:, 1]) / np.linalg.norm(kernel[:, 0] - kernel[:, 1])
    attack = CarliniL2(
        classifier, binary_search_steps=9, max_iter=60, variables=variables, **QUIET
    )
    made = attack.generate(x)
    assert np.all(classifier.predict(made).argmax(1) != z.argmax(1))
    found = lengths(made - x)
    assert np.all(found >= expected * (1 - 1e-3)) and np.all(found <= expected * 1.05)


def test_at_least_as_strong_as_art(attacked):
    classifier, x, y = attacked
    ours = CarliniL2(classifier, **LONG).generate(x, y)
    ours_used = classifier.forwards, classifier.backwards
    classifier.reset_counts()
    theirs = CarliniL2Method(classifier, batch_size=64, **LONG).generate(x, y)
    fooled = [classifier.predict(made).argmax(1) != y for made in (ours, theirs)]
    assert np.all(fooled[0] >= fooled[1]) and fooled[0].mean() > 0.9
    both = fooled[0] & fooled[1]
    assert lengths(ours - x)[both].mean() <= 1.01 * lengths(theirs - x)[both].mean()
    assert ours_used[1] < classifier.backwards


def test_targets_are_reached(attacked):
    classifier, x, y = attacked
    goals = (y + 1) % 4
    made = CarliniL2(classifier, targeted=True, initial_const=1.0, **LONG).generate(x, goals)
    changed = lengths(made - x) > 0
    assert changed.mean() > 0.5
    np.testing.assert_array_equal(classifier.predict(made).argmax(1)[changed], goals[changed])


def test_confidence_is_a_margin(attacked):
    classifier, x, y = attacked
    made = CarliniL2(classifier, confidence=0.5, initial_const=1.0, **LONG).generate(x[:8], y[:8])
    z = classifier.predict(made)
    own = z[np.arange(8), y[:8]]
    z[np.arange(8), y[:8]] = -np.inf
    changed = lengths(made - x[:8]) > 0
    assert changed.any() and np.all((z.max(1) - own)[changed] >= 0.5 - 1e-5)


def test_wrong_images_and_failures_come_back_as_they_were(attacked):
    classifier, x, y = attacked
    made = CarliniL2(classifier, **LONG).generate(x, (y + 1) % 4)
    np.testing.assert_array_equal(made, x)
    weak = CarliniL2(classifier, binary_search_steps=1, max_iter=1, initial_const=1e-6, **QUIET)
    np.testing.assert_array_equal(weak.generate(x, y), x)


def test_probabilities_are_attacked_too(attacked, convolutional, classifier_class):
    _, x, y = attacked
    classifier = classifier_class(convolutional(), logits=False)
    made = CarliniL2(classifier, initial_const=1.0, **LONG).generate(x[:6], y[:6])
    assert np.mean(classifier.predict(made).argmax(1) != y[:6]) > 0.5


@pytest.mark.parametrize("logits", [True, False])
def test_difference_gradient(logits, convolutional, images, classifier_class):
    classifier, (x, y) = classifier_class(convolutional(), logits=logits), images(5)
    other = (y + 1) % 4
    every = classifier.class_gradient(x)
    n = np.arange(5)
    np.testing.assert_allclose(
        difference_gradient(classifier, x, y, other), every[n, y] - every[n, other], atol=1e-5
    )


@pytest.mark.parametrize("settings", [dict(growth=1.0), dict(patience=0), dict(variables="w")])
def test_bad_settings(settings, attacked):
    with pytest.raises(ValueError):
        CarliniL2(attacked[0], **settings)


def test_targets_are_needed(attacked):
    with pytest.raises(ValueError, match="target"):
        CarliniL2(attacked[0], targeted=True, **QUIET).generate(attacked[1])
