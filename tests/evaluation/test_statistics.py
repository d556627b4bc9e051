"""Intervals: closed forms and coverage."""

import numpy as np
import pytest

from binomial_keras.evaluation import accuracy_interval, bootstrap_interval, wilson_interval


def test_wilson_solves_its_own_equation():
    # The ends are the p with (p_hat - p)^2 = z^2 p (1 - p) / n.
    for end in wilson_interval(37, 50):
        assert (37 / 50 - end) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / 50, rel=1e-5)


def test_wilson_at_the_ends():
    z2 = 1.959964**2
    assert wilson_interval(0, 20) == pytest.approx((0.0, z2 / (20 + z2)), abs=1e-6)
    assert wilson_interval(20, 20) == pytest.approx((20 / (20 + z2), 1.0), abs=1e-6)


def test_bootstrap_of_a_normal_mean():
    # Interval of the mean of 400 standard normal values: +-1.96/20 = +-0.098. Half width from
    # 2,000 resamples: relative error about 4 %; the bound is 20 %.
    values = np.random.default_rng(1).standard_normal(400)
    low, high = bootstrap_interval(values)
    assert low < values.mean() < high
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.2)
    assert bootstrap_interval(values) == (low, high)
    assert bootstrap_interval([3.0, 3.0]) == (3.0, 3.0)


@pytest.mark.parametrize("size", [1, 30, 700])
def test_bootstrap_is_the_loop_over_samples(size):
    values, generator = np.random.default_rng(2).random(size), np.random.default_rng(6)
    means = [values[generator.integers(0, size, size)].mean() for _ in range(250)]
    expected = tuple(np.quantile(means, [0.25, 0.75]))
    assert bootstrap_interval(values, 0.5, seed=6, resamples=250) == expected


def test_deterministic_answers_give_wilson_over_images():
    correct = np.random.default_rng(2).random(200) < 0.8
    expected = wilson_interval(correct.sum(), 200)
    assert accuracy_interval(correct) == pytest.approx(expected, abs=1e-9)
    repeated = np.repeat(correct[None], 10, axis=0)
    assert accuracy_interval(repeated) == pytest.approx(expected, abs=1e-9)
    assert accuracy_interval(np.ones((10, 200), bool)) == wilson_interval(200, 200)


def test_independent_answers_give_wilson_over_answers():
    # Images all alike: 20 draws of 500 images are nearly 10,000 observations. The effective
    # number has a relative standard error of sqrt(2 / 500) = 6 %; the width a half of it.
    correct = np.random.default_rng(3).random((20, 500)) < 0.8
    low, high = accuracy_interval(correct)
    expected = wilson_interval(correct.sum(), 10_000)
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.12)


def test_coverage_with_images_of_different_difficulty():
    # 300 experiments of 5 draws on 100 images whose own accuracies follow Beta(2, 1), mean 2/3.
    # At 95 % coverage the number of hits is binomial: mean 285, s.d. 3.8. The bounds are 4 s.d.
    generator, hits = np.random.default_rng(4), 0
    for _ in range(300):
        own = generator.beta(2, 1, 100)
        low, high = accuracy_interval(generator.random((5, 100)) < own)
        hits += low <= 2 / 3 <= high
    assert 270 <= hits <= 300


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: wilson_interval(5, 4), "0 <= successes <= n"),
        (lambda: wilson_interval(0, 0), "n > 0"),
        (lambda: wilson_interval(1, 2, level=1.0), "`level`. Expected a number between 0 and 1"),
        (lambda: bootstrap_interval([]), "at least one value"),
        (lambda: bootstrap_interval([1.0], resamples=0), "`resamples`"),
        (lambda: accuracy_interval(np.zeros((0, 3))), "not empty"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
