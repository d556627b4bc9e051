"""Batches of a few fixed sizes."""

import numpy as np
import pytest

from binomial_keras.evaluation.batches import batch_sizes, in_batches


@pytest.mark.parametrize("limit", [1, 2, 7, 8, 100, 250, 256])
def test_few_sizes_up_to_the_limit(limit):
    sizes = batch_sizes(limit)
    assert sizes[0] == 1 and sizes[-1] == limit and sizes == sorted(set(sizes))
    assert len(sizes) <= 8 + np.log2(limit) + 1
    for wanted in range(1, limit + 1):
        given = next(size for size in sizes if size >= wanted)
        assert given < 2 * wanted or given - wanted < -(-limit // 8)


@pytest.mark.parametrize("rows", [1, 3, 8, 9, 29])
def test_equal_to_one_call_and_only_known_shapes(rows):
    seen = set()

    def function(a, b):
        seen.add(len(a))
        return a * b

    a = np.arange(rows * 2.0).reshape(rows, 2)
    result = in_batches(function, 8, a, a + 1)
    np.testing.assert_array_equal(result, a * (a + 1))
    assert seen <= set(batch_sizes(8))
