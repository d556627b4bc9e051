"""Estimators from counts: enumeration over subsets and over the binomial law."""

import itertools
from math import comb

import numpy as np
import pytest

from binomial_keras.evaluation import Estimate, RobustScore


def _score(hits, draws, votes=(), seeds=(0,)):
    hits = np.asarray(hits, np.int64)
    hashes = np.arange(len(hits), dtype=np.uint64)
    votes = {N: np.full(len(hits), N, np.int64) for N in votes}
    return RobustScore(hits, votes, draws, False, seeds, hashes)


def test_worst_of_n_is_the_share_of_all_subsets():
    draws = 7
    right = np.random.default_rng(1).random((draws, 40)) < 0.7
    score = _score(right.sum(axis=0), draws)
    for N in range(1, draws + 1):
        subsets = [right[list(s)].all(axis=0) for s in itertools.combinations(range(draws), N)]
        np.testing.assert_allclose(score.worst_share(N), np.mean(subsets, axis=0), atol=1e-14)
    np.testing.assert_array_equal(score.worst_share(1), score.share)


def test_worst_of_n_is_unbiased():
    # The expectation over c ~ Binomial(M, p), summed exactly, is p^N; that of (c / M)^N is not.
    draws, N = 20, 5
    score = _score(np.arange(draws + 1), draws)
    for p in (0.3, 0.9, 0.99):
        law = [comb(draws, c) * p**c * (1 - p) ** (draws - c) for c in range(draws + 1)]
        assert law @ score.worst_share(N) == pytest.approx(p**N, rel=1e-12)
        assert law @ score.share**N > 1.001 * p**N


def test_many_draws_do_not_overflow():
    score = _score([100_000, 99_000, 0], 100_000)
    first, second, third = score.worst_share(1000)
    assert (first, third) == (1.0, 0.0)
    # prod (c - j) / (M - j) lies between ((c - N) / (M - N))^N and (c / M)^N.
    assert (98_000 / 99_000) ** 1000 < second < 0.99**1000


def test_estimates_are_means_over_images_with_one_set_of_resamples():
    score = _score([10, 5, 0, 8], 10, votes=(2,))
    assert score.accuracy == score.single_pass().value == pytest.approx(23 / 40)
    assert score.vote(2).value == pytest.approx(2 / 5)  # 2 right votes of 5 groups
    assert score.worst_of(10).value == 0.25  # only the first image is right in all draws
    assert score.forwards == 40
    table = score.table(seed=3, resamples=50, level=0.9)
    assert list(table) == ["single pass", "vote of 2", "worst of 2"]
    assert table["single pass"] == Estimate.of_mean(score.share, 0.9, 3, 50)
    assert table["worst of 2"] == score.worst_of(2, seed=3, resamples=50, level=0.9)


def test_blocks_join_and_arrays_come_back(tmp_path):
    parts = [_score([3, 4], 5, (2,), seeds=(1,)), _score([0], 5, (2,), seeds=(2,))]
    joined = RobustScore.joined(parts)
    assert joined.hits.tolist() == [3, 4, 0] and joined.seeds == (1, 2)
    assert joined.vote_hits[2].tolist() == [2, 2, 2]
    assert joined.image_hashes.tolist() == [0, 1, 0]
    for score in (joined, _score([1], 2)):
        np.savez(tmp_path / "score.npz", **score.to_arrays())
        with np.load(tmp_path / "score.npz") as arrays:
            loaded = RobustScore.from_arrays(arrays)
        assert loaded.table() == score.table() and loaded.seeds == score.seeds
        assert (loaded.draws, loaded.deterministic) == (score.draws, score.deterministic)
        np.testing.assert_array_equal(loaded.image_hashes, score.image_hashes)
    with pytest.raises(ValueError, match="`parts`. Expected scores with the same"):
        RobustScore.joined([parts[0], _score([1], 6, (2,))])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda score: score.vote(3), "`N`. Expected one of the scored votes, .2,.. Received: N=3"),
        (lambda score: score.worst_of(6), "`N`. Expected at most 5.*N=6"),
        (lambda score: score.worst_of(0), "`N`. Expected an integer >= 1"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(_score([1, 2], 5, (2,)))
