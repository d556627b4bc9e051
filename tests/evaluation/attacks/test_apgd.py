"""APGD: the schedule, the printed algorithm as a loop, means over draws."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks import APGD
from binomial_keras.evaluation.attacks.apgd import checkpoints
from binomial_keras.evaluation.attacks.ball import Ball
from binomial_keras.models import reseed
from tests.evaluation.attacks.known_models import best_change, linear, shaken
from tests.evaluation.attacks.known_models import images as uniform


def test_checkpoints():
    # p = 0, 0.22, 0.41, 0.57, 0.70, 0.80, 0.87, 0.93, 0.99.
    assert [w for w, _ in checkpoints(100)] == [22, 41, 57, 70, 80, 87, 93, 99]
    assert [span for _, span in checkpoints(100)] == [22, 19, 16, 13, 10, 7, 6, 6]
    assert [w for w, _ in checkpoints(50)] == [11, 21, 29, 35, 40, 44, 47, 50]
    for steps in (1, 2, 3, 7, 20):
        moments = [w for w, _ in checkpoints(steps)]
        assert moments == sorted(set(moments)) and moments[-1] <= steps
        assert sum(span for _, span in checkpoints(steps)) == moments[-1]


def printed_algorithm(oracle, x, start, eps, steps, norm):
    """Algorithm 1 of Croce and Hein for one image, written down as printed."""

    def project(z):
        return Ball(x[None], norm, eps, (0, 1)).project(z[None])[0]

    def unit(g):
        return np.sign(g) if norm != 2 else g / (np.linalg.norm(g) + 1e-30)

    losses, slopes, rights = [], [], []

    def ask(point):
        loss, right, slope = oracle(point)
        losses.append(loss), rights.append(right), slopes.append(slope)

    W = [0] + [w for w, _ in checkpoints(steps)]
    ask(start)
    seen = [(rights[0], losses[0], start)]
    eta, f_max, x_max, g_max = 2 * eps, losses[0], start, slopes[0]
    previous, now, g, f = None, start, slopes[0], losses[0]
    raised, eta_then, f_then, j = 0, None, f_max, 1
    for k in range(steps):
        z = project(now + np.float32(eta) * unit(g))
        new = z if k == 0 else project(now + 0.75 * (z - now) + 0.25 * (now - previous))
        ask(new)
        seen.append((rights[-1], losses[-1], new))
        raised += losses[-1] > f
        previous, now, f, g = now, new, losses[-1], slopes[-1]
        if f > f_max:
            f_max, x_max, g_max = f, now, g
        if j < len(W) and k + 1 == W[j]:
            first = raised < 0.75 * (W[j] - W[j - 1])
            second = (eta_then is None or eta_then == eta) and f_then == f_max
            eta_then, f_then = eta, f_max
            if first or second:
                eta, now, f, g = eta / 2, x_max, f_max, g_max
            raised, j = 0, j + 1
    fooling = [s for s in seen if s[0] < 0.5] or seen
    return max(fooling, key=lambda s: s[1])[2]


@pytest.mark.parametrize("norm, eps", [(np.inf, 0.08), (2, 0.3)])
@pytest.mark.parametrize("loss", ["cross_entropy", "dlr"])
def test_is_the_printed_algorithm(norm, eps, loss, convolutional, images, classifier_class):
    classifier, (x, y) = classifier_class(convolutional()), images(6)
    attack = APGD(classifier, norm, eps, 20, loss=loss, early_stop=False, seed=4)
    made = attack.generate(x, y)
    for i in range(6):
        start = Ball(x[i : i + 1], norm, eps, (0, 1)).random([np.random.default_rng((4, 0, i))])

        def oracle(point, i=i):
            found = classifier.loss_and_gradient(point[None], y[i : i + 1], loss)
            return [part[0] for part in found]

        expected = printed_algorithm(oracle, x[i], start[0], eps, 20, norm)
        # Equal steps give equal points; rounding may turn the sign of a tiny slope.
        found = [classifier.losses(p[None], y[i : i + 1], loss)[0][0] for p in (made[i], expected)]
        assert found[0] == pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("norm, tolerance", [("inf", 1e-6), (2, 1e-3)])
@pytest.mark.parametrize("loss", ["cross_entropy", "margin"])
def test_finds_the_optimum_of_a_linear_model(norm, tolerance, loss, classifier_class):
    model, w, _ = linear()
    x, y = uniform(6), np.arange(6) % 2
    attack = APGD(classifier_class(model), norm, 0.2, 30, loss=loss, early_stop=False, seed=0)
    expected = x + best_change(w, y, 0.2, norm)
    np.testing.assert_allclose(attack.generate(x, y), expected, atol=tolerance)


def test_is_at_least_as_strong_as_one_step(convolutional, images, classifier_class):
    classifier, (x, _) = classifier_class(convolutional()), images(60)
    y = classifier.predict(x).argmax(1)
    from art.attacks.evasion import FastGradientMethod

    single = classifier.predict(FastGradientMethod(classifier, eps=0.05).generate(x, y)).argmax(1)
    made = APGD(classifier, eps=0.05, steps=30, loss="dlr", seed=0).generate(x, y)
    assert np.mean(classifier.predict(made).argmax(1) == y) <= np.mean(single == y) < 1


def test_mean_over_draws_points_the_right_way(classifier_class):
    # As in test_eot_pgd: the slope of one draw is a + n b, n ~ N(0, 8^2).
    model, a, _ = shaken(8.0)
    x, y = uniform(20), np.zeros(20, int)
    reseed(model, 0)
    estimator = classifier_class(model, draws=256)
    made = APGD(estimator, eps=0.2, steps=10, loss="margin", seed=0).generate(x, y)
    gain = ((made - x).reshape(20, -1) @ a).mean() / (0.2 * np.abs(a).sum())
    assert gain > 0.75


def test_counts_are_at_most_those_announced(classifier_class):
    model, _, _ = shaken(0.1)
    for draws, restarts in ((20, 1), (4, 2)):
        classifier = classifier_class(model, draws=draws)
        attack = APGD(
            classifier, eps=0.01, steps=12, restarts=restarts, early_stop=False, seed=0
        )
        attack.generate(uniform(8), np.zeros(8, int))
        losses, gradients = attack.cost()
        least = restarts * 12 * draws * 8
        assert least <= classifier.backwards <= gradients * draws * 8
        assert classifier.forwards - classifier.backwards == losses * draws * 8
    model = linear()[0]
    classifier = classifier_class(model, draws=20)
    attack = APGD(classifier, eps=0.01, steps=12, early_stop=False, seed=0)
    attack.generate(uniform(8), np.zeros(8, int))
    assert (classifier.forwards, classifier.backwards) == (8 * sum(attack.cost()), 8 * 12)
