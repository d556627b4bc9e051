"""The worst of several attacks per image, and what selection does to a score."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import score_attack, score_draws, select_worst
from binomial_keras.evaluation.fresh_draws import fresh_draws
from binomial_keras.evaluation.seeds import stream_seed
from tests.evaluation.enumerated import Law, network


def _blocks(*images, copies):
    return np.repeat(np.array(images, "float32"), copies, axis=0)


def test_the_candidate_with_the_lower_true_share_is_found():
    # Two kinds of images, for which the other candidate is the worse: shares 0.1 or more apart
    # in 200 draws, s.d. below 0.035 each. A pair is confused with probability below
    # exp(-200 * 0.1^2) = 0.14 by Hoeffding's bound; of 100 images 60 have to be right.
    model, low, high = network(), [0.1, 0.9], [0.8, 0.3]
    p = [Law(model, np.array(image), 1).vote(1, 1) for image in (low, high)]
    assert abs(p[0] - p[1]) > 0.1
    first, second = _blocks(low, high, copies=50), _blocks(high, low, copies=50)
    found = select_worst({"one": first, "two": second}, model, np.full(100, 1), draws=200)
    expected = np.repeat([0, 1] if p[0] < p[1] else [1, 0], 50)
    assert (found.source == expected).mean() > 0.6
    picked = np.where(found.source[:, None] == 0, first, second)
    np.testing.assert_array_equal(found.images, picked)
    assert found.names == ("one", "two")
    assert found.counts == {"one": (found.source == 0).sum(), "two": (found.source == 1).sum()}


def test_choice_is_that_of_a_loop():
    model, y, draws = network("B", 2), np.arange(40) % 3, 4
    arrays = list(np.random.default_rng(3).random((3, 40, 2), "float32"))
    found = select_worst(arrays, model, y, draws, seed=6, batch_size=16)
    keys = []
    for array in arrays:
        p = np.log(list(fresh_draws(model, array, draws, stream_seed(6, "select"), 16)))
        hits = (p.argmax(-1) == y).sum(axis=0)
        margins = [
            np.mean([draw[i, y[i]] - max(np.delete(draw[i], y[i])) for draw in p])
            for i in range(40)
        ]
        keys.append(list(zip(hits, margins)))
    for i in range(40):
        assert found.source[i] == min(range(3), key=lambda k: keys[k][i])
    np.testing.assert_allclose(found.share, np.array(keys)[:, :, 0] / draws)
    assert found.names == ("0", "1", "2")
    # Some images were decided by the margin: the smallest share is not unique.
    assert ((found.share == found.share.min(axis=0)).sum(axis=0) > 1).any()


def test_selection_is_biased_and_fresh_draws_are_not():
    # 6 kinds of candidates, 2,000 images, 5 draws: the smallest share lies below the smallest of
    # the true probabilities. The fresh score is the mean true probability of what was kept:
    # 40,000 answers, s.d. at most 0.0025; both bounds are 5 s.d. or more.
    model, label, count = network(), 1, 2000
    kinds = np.random.default_rng(8).random((6, 2), "float32")
    p = np.array([Law(model, kind, 1).vote(1, label) for kind in kinds])
    candidates = [np.repeat(kind[None], count, axis=0) for kind in kinds]
    y = np.full(count, label)
    found = select_worst(candidates, model, y, 5, seed=0)
    assert found.share.min(axis=0).mean() < p.min() - 0.05
    fresh = score_draws(model, found.images, y, 20, (), seed=0)
    assert fresh.accuracy == pytest.approx(p[found.source].mean(), abs=0.0125)
    assert len(found.counts) == 6 and np.count_nonzero(list(found.counts.values())) > 1


def test_identical_candidates_are_equal_and_the_first_is_kept():
    x = np.random.default_rng(1).random((50, 2), "float32")
    found = select_worst({"none": x, "same": x.copy()}, network(), np.zeros(50, int), draws=7)
    np.testing.assert_array_equal(found.share[0], found.share[1])
    assert found.counts == {"none": 50, "same": 0}


def test_scoring_uses_other_draws_than_the_selection():
    model, y = network(), np.full(200, 1)
    x = np.random.default_rng(2).random((200, 2), "float32")
    found = select_worst([x], model, y, draws=10, seed=3)
    score = score_draws(model, x, y, 10, (), seed=3)
    assert (found.share[0] != score.share).any()
    attacked = score_attack(model, x, found.images, y, 10, (), seed=3).attacked
    assert (found.share[0] != attacked.share).any() and (score.hits != attacked.hits).any()


def test_deterministic_models_are_judged_by_answer_then_margin(convolutional, images):
    model, (x, y) = convolutional(), images(10)
    arrays = [x, 1 - x, x[::-1]]
    found = select_worst(arrays, model, y, draws=9)
    log_p = [np.log(keras.ops.convert_to_numpy(model(a))) for a in arrays]
    for i in range(10):
        keys = [
            (lp[i].argmax() == y[i], lp[i, y[i]] - np.delete(lp[i], y[i]).max()) for lp in log_p
        ]
        assert keys[found.source[i]][0] == min(keys)[0]
        assert keys[found.source[i]][1] == pytest.approx(min(keys)[1], abs=1e-4)


@pytest.mark.parametrize(
    "candidates, message",
    [
        ({}, "`candidates`. Expected at least one array"),
        ([np.zeros((2, 2)), np.zeros((1, 2))], "`candidates`. Expected .* all of one shape"),
        ({"PGD": np.ones((2, 2)) * 2}, "`candidates.'PGD'.`. Expected pixels from 0.0 to 1.0"),
    ],
)
def test_errors(candidates, message):
    with pytest.raises(ValueError, match=message):
        select_worst(candidates, network(), [0, 1])
