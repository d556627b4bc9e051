"""Attacked beside clean."""

import numpy as np
import pytest

from binomial_keras.evaluation import paired_difference, score_attack, score_draws
from tests.evaluation.enumerated import Law, network


def test_attacked_and_clean_follow_their_own_laws():
    # 500 copies of one image, moved to another one: 15,000 answers each. s.d. below 0.0041, the
    # bounds are 5 s.d.
    model, label = network(), 1
    clean, moved = np.array([0.1, 0.9], "float32"), np.array([0.8, 0.3], "float32")
    p = [Law(model, image, 1).vote(1, label) for image in (clean, moved)]
    x, adversarial = (np.repeat(image[None], 500, axis=0) for image in (clean, moved))
    score = score_attack(model, x, adversarial, np.full(500, label), draws=30, votes=(3,), seed=2)
    assert abs(p[0] - p[1]) > 0.1
    assert score.clean.accuracy == pytest.approx(p[0], abs=0.021)
    assert score.attacked.accuracy == pytest.approx(p[1], abs=0.021)
    rows = score.table(seed=4)
    assert list(rows) == ["single pass", "vote of 3", "worst of 3"]
    assert rows["vote of 3"] == (score.clean.vote(3, seed=4), score.attacked.vote(3, seed=4))
    drop = score.drop(seed=4)
    assert drop == paired_difference(score.clean, score.attacked, seed=4)
    assert drop.estimate.value == pytest.approx(score.clean.accuracy - score.attacked.accuracy)
    assert score.unchanged_share == 0 and score.unchanged_error is None
    again = score_draws(model, adversarial, np.full(500, label), 30, 3, score.attacked.seeds[0])
    np.testing.assert_array_equal(again.hits, score.attacked.hits)


def test_unchanged_images_are_scored_again_in_other_draws():
    model, y = network(), np.full(100, 1)
    x = np.random.default_rng(0).random((100, 2), "float32")
    adversarial = x.copy()
    adversarial[:40] = 1 - x[:40]
    score = score_attack(model, x, adversarial, y, draws=20, votes=(), seed=7)
    assert score.unchanged.tolist() == [False] * 40 + [True] * 60
    assert score.unchanged_share == 0.6 and score.seed == 7
    assert (score.clean.hits[40:] != score.attacked.hits[40:]).any()
    expected = 1 - score.clean.hits[40:].sum() / (20 * 60)
    assert score.unchanged_error == pytest.approx(expected)


def test_errors():
    x = np.zeros((2, 2), "float32")
    with pytest.raises(ValueError, match="`adversarial`. Expected the shape of `x`"):
        score_attack(network(), x, x[:1], [0, 1])
    with pytest.raises(ValueError, match="`x`. Expected pixels from 0.0 to 1.0"):
        score_attack(network(), x, x + 2, [0, 1])
