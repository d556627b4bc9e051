"""Which points are kept."""

import numpy as np

from binomial_keras.evaluation.attacks.best_points import BestPoints


def _point(value):
    return np.full((1, 2), value, "float32")


def test_fooling_most_draws_comes_before_the_loss():
    best, row = BestPoints(np.zeros((2, 2), "float32")), np.array([1])
    offers = [
        # (loss, share right) -> kept?
        (1.0, 0.9, True),
        (2.0, 0.6, True),
        (1.5, 0.5, False),  # half is not most
        (0.5, 0.45, True),  # fools most draws, with less loss
        (9.0, 0.55, False),
        (0.4, 0.1, False),
        (0.6, 0.4, True),
    ]
    for number, (loss, right, kept) in enumerate(offers, 1):
        before = best.points.copy()
        best.offer(row, _point(number), np.array([loss]), np.array([right]))
        assert (best.points[1, 0] == number) == kept, (loss, right)
        np.testing.assert_array_equal(best.points[0], before[0])
    assert best.loss[1] == 0.6 and best.right[1] == 0.4
    assert best.loss[0] == -np.inf


def test_the_loss_alone_decides_on_a_vote():
    best, row = BestPoints(np.zeros((1, 2), "float32"), majority=False), np.array([0])
    best.offer(row, _point(1), np.array([2.0]), np.array([0.9]))
    best.offer(row, _point(2), np.array([1.0]), np.array([0.0]))
    assert best.points[0, 0] == 1
