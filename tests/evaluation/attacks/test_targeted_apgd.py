"""APGD towards one class after another."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks import APGD, TargetedAPGD
from tests.evaluation.attacks.known_models import images as uniform
from tests.evaluation.attacks.known_models import linear


def test_every_class_within_reach_is_reached(classifier_class):
    # Four classes, linear: class t is reachable iff max over the ball of z_t exceeds the others;
    # leaving y is possible iff some margin z_t - z_y can be made positive, which is known.
    model, w, b = linear(4, seed=2)
    x, eps = uniform(40), 0.03
    z = x.reshape(40, -1) @ w + b
    y = z.argmax(1)
    rows = np.arange(40)
    gap = z - z[rows, y][:, None]
    reach = eps * np.abs(w[:, None, :] - w[:, :, None]).sum(axis=0)[y]
    best = np.where(np.arange(4) == y[:, None], -np.inf, gap + reach)
    possible = best.max(1) > 0.01
    clear = np.abs(best.max(1)) > 0.01
    classifier = classifier_class(model)
    made = TargetedAPGD(classifier, eps=eps, steps=20, seed=0).generate(x, y)
    left = classifier.predict(made).argmax(1) != y
    assert 0.2 < possible.mean() < 0.9
    np.testing.assert_array_equal(left[clear], possible[clear])


def test_order_of_the_targets_and_costs(classifier_class):
    model, w, b = linear(4, seed=2)
    x, classifier = uniform(5), classifier_class(model)
    y = (x.reshape(5, -1) @ w + b).argmax(1)
    for targets, runs in ((1, 1), (2, 2), (9, 3)):
        classifier.reset_counts()
        attack = TargetedAPGD(
            classifier, eps=1e-3, steps=5, targets=targets, early_stop=False, seed=0
        )
        attack.generate(x, y)
        assert classifier.backwards == 5 * runs * 5 == 5 * attack.cost()[1]
        assert classifier.forwards == 5 * sum(attack.cost())


def test_at_least_as_strong_as_the_untargeted(convolutional, images, classifier_class):
    classifier, (x, _) = classifier_class(convolutional()), images(40)
    y = classifier.predict(x).argmax(1)
    robust = [
        np.mean(classifier.predict(attack.generate(x, y)).argmax(1) == y)
        for attack in (
            TargetedAPGD(classifier, eps=0.04, steps=20, seed=0),
            APGD(classifier, eps=0.04, steps=20, loss="dlr", seed=0),
        )
    ]
    assert robust[0] <= robust[1] + 0.025  # one image


@pytest.mark.parametrize(
    "classes, change, message",
    [
        (2, {}, "at least 3 classes; the classifier has 2"),
        (2, dict(loss="margin"), "at least 3 classes; the classifier has 2"),
        (3, {}, "Targeted 'dlr' needs at least 4 classes"),
        (4, dict(targets=0), "`targets`. Expected an integer >= 1"),
    ],
)
def test_errors(classes, change, message, classifier_class):
    with pytest.raises(ValueError, match=message):
        TargetedAPGD(classifier_class(linear(classes)[0]), **change)
