"""Images that a recipe moves."""

import numpy as np

from binomial_keras.training.augmentation import augmented
from binomial_keras.training.recipe import recipe


def test_images_move_by_up_to_the_shift_and_leave_zeros():
    x = np.random.default_rng(0).uniform(0.1, 1, (400, 6, 7, 2)).astype("float32")
    shifts = recipe("splash", shift=1)
    moved = augmented(x.copy(), shifts, seed=3, epoch=1)
    found = np.zeros((3, 3), int)
    for before, after in zip(x, moved):
        padded = np.pad(before, ((1, 1), (1, 1), (0, 0)))
        fits = [(i, j) for i in range(3) for j in range(3)
                if np.array_equal(padded[i : i + 6, j : j + 7], after)]
        assert len(fits) == 1
        found[fits[0]] += 1
    # Nine moves of 400 / 9 = 44 images each; five sigma is 31 (seeded).
    assert found.min() > 13 and found.max() < 76
    np.testing.assert_array_equal(augmented(x.copy(), shifts, 3, 1), moved)
    assert (augmented(x.copy(), shifts, 3, 2) != moved).any()
    assert (augmented(x.copy(), shifts, 4, 1) != moved).any()


def test_without_a_shift_nothing_moves():
    x = np.random.default_rng(0).random((5, 4, 4, 1)).astype("float32")
    np.testing.assert_array_equal(augmented(x.copy(), recipe("splash"), 0, 0), x)
