"""The random words are the documented hash, and look uniform and independent.

Every test compares a statistic of N numbers with its law at a two-sided error rate of 1e-6 (all
seeds are fixed, so a test that passes once always passes; the rate says how much a change of the
hash would have to be unlucky). N is 1e6 unless stated.
"""

import keras
import numpy as np
import pytest
from scipy import stats

from binomial_keras.layers.random_words import next_key, uniforms
from tests.layer_checks import numpy
from tests.layers import reference

N = 1_000_000
RATE = 1e-6
LIMIT = stats.norm.isf(RATE / 2)  # 4.9 standard deviations


def words(seed, call=0, passes=1, count=N):
    """`(passes, count)` numbers of passes 1..passes."""
    key = keras.ops.convert_to_tensor(np.array([seed, call], "int32"))
    t = keras.ops.arange(1, passes + 1, dtype="int32")[:, None]
    return numpy(uniforms(key, t, keras.ops.arange(count, dtype="int32")[None]))


def fine(cells, expected):
    """Chi-square of counts against equal expectations."""
    statistic = float(np.sum((cells - expected) ** 2 / expected))
    p = stats.chi2.sf(statistic, cells.size - 1)
    # Both ends: numbers that are too even are not random either.
    return RATE / 2 < p < 1 - RATE / 2


def uncorrelated(a, b):
    """Correlation of two samples within LIMIT of its standard deviation 1/sqrt(n)."""
    return abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(a.size) < LIMIT


@pytest.mark.parametrize("seed, call", [(0, 0), (1, 0), (7, 3), (2**31 - 1, 70_000)])
def test_numbers_are_those_of_the_documented_hash(seed, call):
    found = words(seed, call, passes=3, count=1000)
    for t in range(3):
        np.testing.assert_array_equal(found[t], reference.uniforms(seed, call, t + 1, 1000))


def test_key_is_seed_and_call_number_with_all_32_bits():
    generator = keras.random.SeedGenerator(3)
    generator.state.assign(np.array([2**32 - 5, 0], "uint32"))
    keys = [numpy(next_key(generator)) for _ in range(2)]
    assert [key.tolist() for key in keys] == [[-5, 0], [-5, 1]]
    key, index = keras.ops.convert_to_tensor(keys[1]), keras.ops.arange(50, dtype="int32")
    found = numpy(uniforms(key, np.int32(1), index))
    np.testing.assert_array_equal(found, reference.uniforms(2**32 - 5, 1, 1, 50))


@pytest.mark.parametrize("seed", [0, 1, 123_456_789])
def test_uniform(seed):
    u = words(seed)[0]
    assert u.min() >= 0 and u.max() < 1
    assert np.all(u * 2**24 == np.floor(u * 2**24))
    assert fine(np.bincount((u * 256).astype(int), minlength=256), N / 256)
    # Mean and variance of a uniform number are 1/2 and 1/12; its fourth moment gives 1/180.
    assert abs(u.mean(dtype="float64") - 0.5) / np.sqrt(1 / 12 / N) < LIMIT
    assert abs(u.var(dtype="float64") - 1 / 12) / np.sqrt(1 / 180 / N) < LIMIT


def test_every_bit_is_balanced():
    word = (words(5)[0] * 2**24).astype(np.int64)
    ones = np.array([np.count_nonzero(word & (1 << bit)) for bit in range(24)])
    # 24 tests at once.
    assert np.max(np.abs(ones - N / 2)) / np.sqrt(N / 4) < stats.norm.isf(RATE / 48)


def test_small_probabilities_are_met():
    # 1e7 numbers; the number below p is Poisson with mean 1e7 p.
    u = words(9, count=10_000_000)[0]
    for p in (1e-6, 1e-5, 1e-4):
        expected = 1e7 * np.ceil(p * 2**24) / 2**24
        hits = np.count_nonzero(u < np.float32(p))
        assert stats.poisson.sf(hits - 1, expected) > RATE / 2
        assert stats.poisson.cdf(hits, expected) > RATE / 2


# Lags of an image's row, of a channel count, of powers of two.
@pytest.mark.parametrize("lag", [1, 2, 3, 10, 16, 28, 64, 784, 1024, 65_536])
def test_elements_are_uncorrelated(lag):
    u = words(11)[0]
    assert uncorrelated(u[:-lag], u[lag:])
    assert uncorrelated(u[:-lag] < 0.1, u[lag:] < 0.1)


@pytest.mark.parametrize(
    "pair",
    [
        lambda: words(3, passes=2),  # passes 1 and 2
        lambda: words(3, passes=9)[[0, 8]],  # passes 1 and 9
        lambda: (words(3, 0)[0], words(3, 1)[0]),  # successive calls
        lambda: (words(3, 5)[0], words(3, 261)[0]),  # calls 256 apart
        lambda: (words(3)[0], words(4)[0]),  # neighbouring seeds
        lambda: (words(0, 1)[0], words(1, 0)[0]),  # seed and call exchanged
    ],
    ids=["passes", "far passes", "calls", "far calls", "seeds", "exchanged"],
)
def test_streams_are_independent(pair):
    a, b = pair()
    cells = np.bincount((a * 16).astype(int) * 16 + (b * 16).astype(int), minlength=256)
    assert fine(cells, N / 256)
    assert uncorrelated(a, b)
    # Shifted against each other too: a stream must not be a neighbour's, moved on by a few.
    for lag in (1, 2, 5):
        assert uncorrelated(a[lag:], b[:-lag]) and uncorrelated(a[:-lag], b[lag:])


def test_first_numbers_of_many_keys_are_uniform():
    # A layer of one neuron: one number per call; 3 x 20,000 calls.
    calls = keras.ops.arange(20_000, dtype="int32")
    for index in np.array([0, 1, 77], "int32"):
        u = numpy(uniforms([np.int32(6), calls], np.int32(1), keras.ops.convert_to_tensor(index)))
        assert fine(np.bincount((u * 64).astype(int), minlength=64), len(u) / 64)
        assert uncorrelated(u[:-1], u[1:])


def test_first_numbers_of_many_seeds_are_uniform():
    seeds = keras.ops.arange(20_000, dtype="int32")
    zero = keras.ops.convert_to_tensor(np.int32(0))
    u = numpy(uniforms([seeds, zero], np.int32(1), zero))
    assert fine(np.bincount((u * 64).astype(int), minlength=64), len(u) / 64)
    assert uncorrelated(u[:-1], u[1:])


def test_keys_that_agree_in_one_word_do_not_repeat_each_other():
    # A call shifts the argument of the hash by a constant: no run of numbers may come back.
    a = words(3, 0, count=200_000)[0]
    for seed, call in ((3, 1), (3, 2), (4, 0), (2, 1)):
        b = words(seed, call, count=200_000)[0]
        lattice = np.intersect1d(a[:1000], b).size
        # About 1000 * 200,000 / 2**24 = 12 coincidences by chance.
        assert stats.poisson.sf(lattice - 1, 1000 * 200_000 / 2**24) > RATE


def test_these_tests_can_fail():
    a, b = words(3)[0], words(4)[0]
    assert not fine(np.bincount((a * 0.99 * 256).astype(int), minlength=256), N / 256)
    assert not fine(np.full(256, N / 256), N / 256)
    assert not uncorrelated(a, b + 0.01 * a)
    # A Weyl sequence, the counter without its hash.
    weyl = np.arange(N) * 0x9E3779B9 % 2**32 / 2**32
    assert not fine(np.bincount((weyl * 256).astype(int), minlength=256), N / 256)
    assert not uncorrelated(weyl[1:], weyl[:-1])
