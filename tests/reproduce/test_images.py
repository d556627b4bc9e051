"""Which images are used."""

import hashlib

import numpy as np

from binomial_keras import data
from reproduce.images import chosen, data_sha256


def test_list_is_fixed_and_grows():
    few, many = chosen(360, 0, 10), chosen(360, 0, 25)
    np.testing.assert_array_equal(many[:10], few)
    np.testing.assert_array_equal(chosen(360, 10, 25), many[10:])
    assert sorted(chosen(360, 0, 360)) == list(range(360))
    # Frozen: another list would change every published number.
    assert list(chosen(10000, 0, 5)) == [9394, 898, 2398, 5906, 2343]


def test_hash_of_the_data():
    x, y = data.load("digits", "test")
    by_hand = hashlib.sha256(b"<f4(360, 8, 8, 1)" + x.tobytes() + b"<i8(360,)" + y.tobytes())
    assert data_sha256("digits", "test") == by_hand.hexdigest()
    assert data_sha256("digits", "train") != data_sha256("digits", "test")
