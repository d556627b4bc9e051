"""When an image leaves, and how runs are compared."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks.shard import Shard
from tests.evaluation.attacks.known_models import images, linear, shaken


def _shard(estimator, early_stop=True, goal=None):
    x, y = images(2), np.zeros(2, int)
    return Shard(estimator, "test", x, y, goal, np.inf, 0.1, "margin", early_stop, 0)


@pytest.mark.parametrize("draws, judged", [(20, False), (50, True), (6, True), (7, False)])
def test_one_right_draw_starts_the_count_again(draws, judged, classifier_class):
    shard = _shard(classifier_class(shaken(0.1)[0], draws=draws))
    rows, points = np.arange(2), shard.x
    # With fewer than 20 draws, a judged point has seen the next multiple above.
    seen = {(20, False): 20, (50, True): 50, (6, True): 24, (7, False): 7}[draws, judged]
    needed = -(-100 // seen)

    def keep(*right):
        return shard.keep(rows, points, np.zeros(2), np.array(right), judged)

    for _ in range(needed - 1):
        assert keep(0.0, 0.0).all()
    assert keep(1 / seen, 0.0).tolist() == [True, False]
    assert shard.active.tolist() == [0]
    rows, points = np.array([0]), points[:1]
    for _ in range(needed - 1):
        assert shard.keep(rows, points, np.zeros(1), np.zeros(1), judged).all()
    assert not shard.keep(rows, points, np.zeros(1), np.zeros(1), judged).any()


def test_nothing_leaves_without_early_stop_under_a_vote_or_with_a_goal(classifier_class):
    model = shaken(0.1)[0]
    loss = classifier_class(model, draws=20)
    vote = classifier_class(model, draws=20, average="vote")
    shards = [_shard(loss, early_stop=False), _shard(vote), _shard(loss, goal=np.ones(2, int))]
    for shard in shards:
        for _ in range(9):
            assert shard.keep(np.arange(2), shard.x, np.zeros(2), np.zeros(2)).all()
        assert shard.active.size == 2


def test_runs_are_compared_in_new_draws(classifier_class):
    # A run that boasts of a loss it does not have loses against an honest one.
    shard = _shard(classifier_class(linear()[0]))
    rows, y = np.arange(2), np.zeros(2, int)
    honest = shard.estimator.losses(shard.x, y, "margin")[0]
    worse, better = (
        np.clip(shard.x - side * 0.1 * np.sign(_slope(shard, y)), 0, 1) for side in (1, -1)
    )
    shard.keep(rows, worse, honest + 100, np.ones(2))
    shard.close_run(again=True)
    shard.keep(rows, better, honest, np.ones(2))
    shard.close_run(again=True)
    np.testing.assert_array_equal(shard.best.points, better)
    np.testing.assert_allclose(shard.best.loss, shard.losses(better, rows)[0], rtol=1e-5)


def _slope(shard, y):
    return shard.estimator.loss_and_gradient(shard.x, y, "margin")[2]
