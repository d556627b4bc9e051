"""Two models on the same images."""

import numpy as np
import pytest

from binomial_keras.evaluation import RobustScore, paired_difference


def _score(hits, draws=20, hashes=None):
    hits = np.asarray(hits, np.int64)
    hashes = np.arange(len(hits)) if hashes is None else hashes
    return RobustScore(hits, {}, draws, False, (0,), np.asarray(hashes, np.uint64))


def _pair(images, generator, gap):
    """Two models: hard images are hard for both, the first is better by `gap` on average."""
    own = generator.uniform(0.2, 0.8, images)
    return tuple(_score(generator.binomial(20, own + shift)) for shift in (gap / 2, -gap / 2))


def test_it_is_the_loop_over_resampled_images():
    generator = np.random.default_rng(2)
    a, b = _score(generator.integers(0, 21, 60)), _score(generator.integers(0, 11, 60), 10)
    generator, differences = np.random.default_rng(9), []
    for _ in range(400):
        drawn = generator.integers(0, 60, 60)
        mean_a = np.mean([a.hits[i] / 20 for i in drawn])
        mean_b = np.mean([b.hits[i] / 10 for i in drawn])
        differences.append(mean_a - mean_b)
    found = paired_difference(a, b, level=0.9, seed=9, resamples=400)
    assert found.estimate.value == pytest.approx(a.accuracy - b.accuracy)
    ends = tuple(np.quantile(differences, [0.05, 0.95]))
    assert (found.estimate.low, found.estimate.high) == pytest.approx(ends)
    against = np.sum(np.sign(differences) != np.sign(found.estimate.value))
    assert 0 < against < 400
    assert found.contradicting == (against + 1) / 401
    assert "contradicting" in str(found)


def test_swapping_the_models_changes_the_sign_alone():
    a, b = _pair(80, np.random.default_rng(3), 0.05)
    there, back = paired_difference(a, b), paired_difference(b, a)
    assert there.estimate.value == -back.estimate.value
    assert (there.estimate.low, there.estimate.high) == pytest.approx(
        (-back.estimate.high, -back.estimate.low)
    )
    assert there.contradicting == back.contradicting


def test_pairing_removes_the_spread_of_the_images():
    a, b = _pair(400, np.random.default_rng(4), 0.0)
    # Own accuracies are uniform on 0.6: variance 0.03 each; a draw of 20 adds about 0.011. The
    # unpaired variance is 0.082 / n, the paired 0.022 / n: a ratio of widths of 0.52.
    paired = paired_difference(a, b).estimate
    alone = [score.single_pass() for score in (a, b)]
    unpaired = np.sqrt(sum((e.high - e.low) ** 2 for e in alone))
    assert (paired.high - paired.low) / unpaired == pytest.approx(0.52, rel=0.15)


def test_error_rate_without_a_difference():
    # 400 pairs of equal models: the 95 % interval excludes 0 in 5 % of them, 20 with s.d. 4.4;
    # the bounds are 4 s.d. The same pairs with a gap of 0.1 are all told apart (s.d. 0.013).
    generator, found, seen = np.random.default_rng(6), 0, 0
    for experiment in range(400):
        pair = _pair(120, generator, 0.0)
        found += paired_difference(*pair, seed=experiment, resamples=400).excludes_zero
        if experiment < 20:
            pair = _pair(120, generator, 0.1)
            seen += paired_difference(*pair, resamples=400).contradicting < 0.01
    assert 3 <= found <= 38 and seen == 20


def test_equal_scores_show_no_difference():
    a, _ = _pair(30, np.random.default_rng(7), 0)
    found = paired_difference(a, a)
    assert found.estimate.value == 0 and not found.excludes_zero and found.contradicting == 1
    # Other images may differ, either way.
    assert found.estimate.high == -found.estimate.low > 0


def test_other_images_are_refused():
    a = _score([1, 2, 3])
    for b in (
        _score([1, 2]),
        _score([1, 2, 3], hashes=[0, 2, 1]),
        _score([1, 2, 3], hashes=[0, 1, 9]),
    ):
        with pytest.raises(ValueError, match="the same images and labels in the same order"):
            paired_difference(a, b)
    with pytest.raises(ValueError, match="3 and 3 images, 2 in common"):
        paired_difference(a, b)
