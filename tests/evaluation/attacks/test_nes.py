"""Ascent without gradients, against closed forms and against the gradient."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks import NES
from binomial_keras.evaluation.attacks.shard import Shard
from binomial_keras.models import reseed
from tests.evaluation.attacks.known_models import best_change, linear, shaken
from tests.evaluation.attacks.known_models import images as uniform


@pytest.mark.parametrize("norm, least", [("inf", 0.97), (2, 0.9)])
def test_comes_near_the_optimum_of_a_linear_model(norm, least, classifier_class):
    model, w, _ = linear()
    x, y = uniform(6), np.arange(6) % 2
    attack = NES(
        classifier_class(model), norm, 0.2, queries=1230, pairs=20, early_stop=False, seed=0
    )
    assert attack.steps == 30
    made = attack.generate(x, y)
    best = best_change(w, y, 0.2, norm)
    direction = best_change(w, y, 1, 2)
    gain = ((made - x) * direction).sum(axis=(1, 2, 3)) / (best * direction).sum(axis=(1, 2, 3))
    assert gain.min() > least and gain.max() < 1 + 1e-4


def test_estimate_is_the_gradient(convolutional, images, classifier_class):
    # With m pairs in d dimensions the estimate has the cosine sqrt(m / (m + d + 1)) with the
    # gradient: 0.94 for 500 and 64. The loss bends over sigma = 0.01 by little.
    classifier, (x, y) = classifier_class(convolutional()), images(4)
    attack = NES(classifier, queries=1001, pairs=500, seed=0, loss="cross_entropy")
    shard = Shard(classifier, "NES", x, y, None, np.inf, 0.1, "cross_entropy", True, 0)
    rows = np.arange(4)
    found = attack._estimated(shard, x, rows, shard.generators((0,), rows))
    slope = classifier.loss_and_gradient(x, y)[-1]
    for a, b in zip(found, slope):
        assert np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b) > 0.88


def test_common_noise_makes_differences_smaller(classifier_class):
    # Of 1 + n with n ~ N(0, 8^2) on b.x: with the same n at both ends the difference of a pair is
    # (a + n b).2 sigma u, without it n's own difference on b.x, far larger, comes in.
    model, a, _ = shaken(8.0)
    x, y = uniform(40), np.zeros(40, int)
    gains = []
    for common in (True, False):
        reseed(model, 0)
        estimator = classifier_class(model, draws=20, common_noise=common)
        shard = Shard(estimator, "NES", x, y, None, np.inf, 0.1, "margin", True, 0)
        attack = NES(estimator, queries=401, pairs=200, seed=0)
        rows = np.arange(40)
        found = attack._estimated(shard, x, rows, shard.generators((0,), rows)).reshape(40, -1)
        gains.append(np.mean(np.sign(found) == np.sign(a)))
    assert gains[0] > 0.75 and gains[0] > gains[1] + 0.1


def test_counts_are_those_announced(classifier_class):
    for scale, draws, common in ((None, 20, False), (0.1, 4, True)):
        model = linear()[0] if scale is None else shaken(scale)[0]
        estimator = classifier_class(model, draws=draws, batch_size=30, common_noise=common)
        attack = NES(
            estimator, eps=0.01, queries=60, pairs=7, restarts=2, early_stop=False, seed=0
        )
        attack.generate(uniform(4), np.zeros(4, int))
        passes = 1 if scale is None else draws
        assert estimator.backwards == 0
        assert estimator.forwards == attack.cost()[0] * passes * 4


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(queries=10, pairs=5), "`queries`. Expected at least one step, 2 . pairs . 1 = 11"),
        (dict(pairs=0), "`pairs`. Expected an integer >= 1"),
        (dict(sigma=0), "`sigma`. Expected a number > 0"),
        (dict(momentum=-0.1), "`momentum`. Expected a number in"),
        (dict(eps=0), "`eps`. Expected a number > 0"),
    ],
)
def test_errors(change, message, classifier_class):
    with pytest.raises(ValueError, match=message):
        NES(classifier_class(linear()[0]), **change)
