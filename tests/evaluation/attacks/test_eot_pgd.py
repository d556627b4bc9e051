"""Projected gradient ascent: closed forms, the mean over draws, errors."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks import EOTPGD
from binomial_keras.evaluation.attacks.ball import Ball
from binomial_keras.models import reseed
from tests.evaluation.attacks.known_models import best_change, images, linear, shaken


@pytest.mark.parametrize("norm, tolerance", [("inf", 1e-6), (2, 1e-4)])
@pytest.mark.parametrize("loss", ["cross_entropy", "margin"])
def test_finds_the_optimum_of_a_linear_model(norm, tolerance, loss, classifier_class):
    model, w, _ = linear()
    x, y = images(6), np.arange(6) % 2
    # In L2 a step as long as the radius at least halves the angle to the optimum.
    size = 0.2 if norm == 2 else None
    attack = EOTPGD(
        classifier_class(model), norm, 0.2, 30, size, loss=loss, early_stop=False, seed=0
    )
    expected = x + best_change(w, y, 0.2, norm)
    np.testing.assert_allclose(attack.generate(x, y), expected, atol=tolerance)
    # Where the range of pixels cuts the ball.
    edge = images(6, 0, 1)
    if norm == "inf":
        expected = np.clip(edge + best_change(w, y, 0.2, norm), 0, 1)
        np.testing.assert_allclose(attack.generate(edge, y), expected, atol=tolerance)


def test_one_step_is_fgsm(convolutional, images, classifier_class):
    from art.attacks.evasion import FastGradientMethod

    classifier, (x, y) = classifier_class(convolutional()), images(7)
    made = EOTPGD(
        classifier, eps=0.1, steps=1, step_size=0.1, random_start=False, early_stop=False, seed=0
    ).generate(x, y)
    expected = FastGradientMethod(classifier, eps=0.1).generate(x, y)
    # Of the clean image and the one step, the better one is returned.
    better = classifier.losses(expected, y)[0] >= classifier.losses(x, y)[0]
    assert better.sum() >= 5
    np.testing.assert_allclose(made[better], expected[better], atol=1e-6)


def test_mean_over_draws_beats_one_draw(classifier_class):
    # The gradient of one draw is a + n b with n ~ N(0, 8^2): nearly the sign of n b, which says
    # nothing about a. With 400 draws n is averaged to s.d. 0.4. Gains are those of the exact
    # mean loss, as a share of the greatest possible, over 40 images with noise of their own.
    eps = 0.2
    model, a, _ = shaken(8.0)
    x, y = images(40), np.zeros(40, int)
    gains = {}
    for draws in (1, 400):
        reseed(model, 0)
        attack = EOTPGD(
            classifier_class(model, draws=draws),
            eps=eps,
            steps=1,
            step_size=eps,
            random_start=False,
            loss="margin",
            seed=0,
        )
        made = attack.generate(x, y)
        gains[draws] = ((made - x).reshape(40, -1) @ a).mean() / (eps * np.abs(a).sum())
    assert gains[1] < 0.4 and gains[400] > gains[1] + 0.3
    # Many steps of one draw each, with momentum, average along the way.
    reseed(model, 0)
    attack = EOTPGD(
        classifier_class(model), eps=eps, steps=400, step_size=eps / 40, loss="margin", seed=0
    )
    made = attack.generate(x, y)
    gain = ((made - x).reshape(40, -1) @ a).mean() / (eps * np.abs(a).sum())
    assert gain > gains[1] + 0.2


def test_repeats_with_the_seed_and_does_not_depend_on_blocks(
    convolutional, images, classifier_class
):
    import binomial_keras.evaluation.attacks.averaged_attack as base

    classifier, (x, y) = classifier_class(convolutional()), images(9)

    def made(seed):
        return EOTPGD(classifier, eps=0.1, steps=5, restarts=2, seed=seed).generate(x, y)

    first = made(3)
    np.testing.assert_array_equal(first, made(3))
    assert (first != made(4)).any()
    whole, base._SHARD = base._SHARD, 4
    try:
        np.testing.assert_allclose(made(3), first, atol=1e-6)
    finally:
        base._SHARD = whole


def test_reaches_the_classes_that_are_asked_for(convolutional, images, classifier_class):
    classifier, (x, _) = classifier_class(convolutional()), images(12)
    goal = (classifier.predict(x).argmax(1) + 1) % 4
    for loss in ("cross_entropy", "dlr", "margin"):
        attack = EOTPGD(classifier, eps=0.4, steps=40, loss=loss, targeted=True, seed=0)
        reached = classifier.predict(attack.generate(x, goal)).argmax(1) == goal
        assert reached.mean() > 0.6, loss


def test_restarts_take_steps_of_other_sizes(classifier_class, monkeypatch):
    sizes, moved = [], Ball.moved

    def noted(self, points, direction, size, rows):
        sizes.append(size)
        return moved(self, points, direction, size, rows)

    monkeypatch.setattr(Ball, "moved", noted)
    attack = EOTPGD(
        classifier_class(linear()[0]), eps=0.2, steps=50, restarts=4, early_stop=False, seed=0
    )
    attack.generate(images(1), np.zeros(1, int))
    np.testing.assert_allclose(sizes[::50], [0.05, 0.02, 0.01, 0.05])
    assert len(sizes) == 200


def test_counts_are_those_announced(classifier_class):
    model, _, _ = shaken(0.1)
    x, y = images(8), np.zeros(8, int)
    for draws, settings in [(20, {}), (5, dict(restarts=2))]:
        classifier = classifier_class(model, draws=draws)
        attack = EOTPGD(classifier, eps=0.01, steps=7, early_stop=False, seed=0, **settings)
        attack.generate(x, y)
        losses, gradients = attack.cost()
        assert classifier.backwards == gradients * draws * 8
        assert classifier.forwards == (losses + gradients) * draws * 8


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(eps=0), "`eps`. Expected a number > 0"),
        (dict(eps=-0.1), "`eps`. Expected a number > 0"),
        (dict(eps=np.nan), "`eps`. Expected a number > 0"),
        (dict(norm=1), "`norm`. Expected np.inf, 'inf' or 2"),
        (dict(steps=0), "`steps`. Expected an integer >= 1"),
        (dict(step_size=-1.0), "`step_size`. Expected a number > 0"),
        (dict(restarts=0), "`restarts`. Expected an integer >= 1"),
        (dict(momentum=1.0), "`momentum`. Expected a number in"),
        (dict(loss="hinge"), "`loss`. Expected one of"),
        (dict(loss="dlr"), "'dlr' needs at least 3 classes"),
        (dict(targeted=True), "at least 3 classes; the classifier has 2"),
        (dict(seed=-1), "`seed`. Expected an integer >= 0 or None"),
    ],
)
def test_errors(change, message, classifier_class):
    with pytest.raises(ValueError, match=message):
        EOTPGD(classifier_class(linear()[0]), **change)
