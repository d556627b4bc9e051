"""The floor."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks import RandomNoise
from tests.evaluation.attacks.known_models import best_change, images, linear, shaken


@pytest.mark.parametrize("norm", ["inf", 2])
def test_is_the_worst_of_its_tries(norm, classifier_class):
    model, w, b = linear()
    x, y = images(5), np.zeros(5, int)
    attack = RandomNoise(
        classifier_class(model), norm, 0.2, 11, loss="margin", early_stop=False, seed=3
    )
    made = attack.generate(x, y)
    for i in range(5):
        generator, best = np.random.default_rng((3, 0, i)), -np.inf
        for number in range(11):
            if norm == "inf":
                change = generator.random((3, 3, 1), np.float32) * 2 - 1
                change = np.where(change < 0, -1, 1) if number % 2 else change
            else:
                change = generator.standard_normal((3, 3, 1), np.float32)
                change /= np.linalg.norm(change)
                change *= 1 if number % 2 else generator.random() ** (1 / 9)
            point = np.clip(x[i] + 0.2 * change, 0, 1)
            z = point.reshape(-1) @ w + b
            if z[1] - z[0] > best:
                best, expected = z[1] - z[0], point
        np.testing.assert_allclose(made[i], expected, atol=1e-6)


def test_is_weaker_than_the_optimum(classifier_class):
    model, w, b = linear()
    x, y = images(20), np.zeros(20, int)
    made = RandomNoise(classifier_class(model), eps=0.2, tries=30, seed=0).generate(x, y)
    best = x + best_change(w, y, 0.2, "inf")
    z = [points.reshape(20, -1) @ w + b for points in (made, best)]
    margins = [outputs[:, 1] - outputs[:, 0] for outputs in z]
    assert (margins[0] < margins[1]).all()


def test_counts(classifier_class):
    for draws, judging in ((20, 20), (6, 24)):
        estimator = classifier_class(shaken(0.1)[0], draws=draws)
        attack = RandomNoise(estimator, eps=0.01, tries=4, early_stop=False, seed=0)
        attack.generate(images(3), np.zeros(3, int))
        assert estimator.forwards == 3 * 4 * judging == 3 * draws * attack.cost()[0]


def test_errors(classifier_class):
    with pytest.raises(ValueError, match="`tries`. Expected an integer >= 1"):
        RandomNoise(classifier_class(linear()[0]), tries=0)
    with pytest.raises(ValueError, match="`eps`. Expected a number > 0"):
        RandomNoise(classifier_class(linear()[0]), eps=0)
