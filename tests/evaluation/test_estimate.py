"""Means over images and their intervals."""

import numpy as np
import pytest

from binomial_keras.evaluation import Estimate, wilson_interval


def test_the_interval_is_a_bootstrap_over_images():
    values = np.random.default_rng(1).random(50)
    generator, means = np.random.default_rng(3), []
    for _ in range(300):
        drawn = generator.integers(0, 50, 50)
        means.append(sum(values[i] for i in drawn) / 50)
    found = Estimate.of_mean(values, level=0.9, seed=3, resamples=300)
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, [0.05, 0.95])))
    assert (found.method, found.images, found.seed) == ("bootstrap", 50, 3)
    assert str(found) == f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_unanimous_images_give_wilsons_interval(value):
    found = Estimate.of_mean(np.full(40, value))
    assert (found.low, found.high) == pytest.approx(wilson_interval(40 * value, 40))
    assert found.method == "unanimous"


def test_unanimous_differences_leave_room_on_both_sides():
    # At most a share w = z^2 / (n + z^2) of other images differs, by 1 either way.
    w = 1.959964**2 / (100 + 1.959964**2)
    found = Estimate.of_mean(np.zeros(100), bounds=(-1, 1))
    assert (found.low, found.value, found.high) == pytest.approx((-w, 0, w), abs=1e-6)
    found = Estimate.of_mean(np.full(100, 0.5), bounds=(-1, 1))
    assert (found.low, found.high) == pytest.approx((0.5 - 1.5 * w, 0.5 + 0.5 * w), abs=1e-6)


def test_coverage_over_images_and_draws():
    # 400 experiments: 100 images whose own accuracies follow Beta(2, 1), mean 2/3, 10 draws of
    # each. Hits are binomial: mean 380, s.d. 4.4 at 95 % (the percentile bootstrap covers a
    # little less). The bounds are 4 s.d., an error rate of 1 in 10,000.
    generator, hits = np.random.default_rng(5), 0
    for experiment in range(400):
        share = generator.binomial(10, generator.beta(2, 1, 100)) / 10
        found = Estimate.of_mean(share, seed=experiment, resamples=400)
        hits += found.low <= 2 / 3 <= found.high
    assert 362 <= hits <= 397


def test_errors():
    with pytest.raises(ValueError, match="`level`"):
        Estimate.of_mean([0.5], level=0)
    with pytest.raises(ValueError, match="at least one value"):
        Estimate.of_mean([])
