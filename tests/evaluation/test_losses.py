"""The attacker's losses, against a plain loop over images and classes."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation.losses import LOSSES

Z = np.random.default_rng(0).normal(0, 3, (8, 5)).astype("float32")
Y, T = np.arange(8) % 5, (np.arange(8) + 2) % 5


def loop(name, z, y, t=None):
    values = []
    for row, truth, goal in zip(z.astype(float), y, T if t is not None else [None] * len(z)):
        ordered = sorted(row, reverse=True)
        others = [v for j, v in enumerate(row) if j != (truth if goal is None else goal)]
        log_sum = np.log(np.exp(row).sum())
        if name == "cross_entropy":
            values.append(log_sum - row[truth] if goal is None else row[goal] - log_sum)
        elif name == "margin":
            values.append(max(others) - row[truth] if goal is None else row[goal] - max(others))
        elif goal is None:
            values.append((max(others) - row[truth]) / (ordered[0] - ordered[2]))
        else:
            spread = ordered[0] - (ordered[2] + ordered[3]) / 2
            values.append((row[goal] - row[truth]) / spread)
    return np.array(values)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("targeted", [False, True])
def test_values(name, targeted):
    eye = np.eye(5, dtype="float32")
    goal = eye[T] if targeted else None
    found = keras.ops.convert_to_numpy(LOSSES[name](keras.ops.convert_to_tensor(Z), eye[Y], goal))
    expected = loop(name, Z, Y, T if targeted else None)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_margin_is_positive_exactly_where_the_class_is_wrong():
    found = keras.ops.convert_to_numpy(LOSSES["margin"](Z, np.eye(5, dtype="float32")[Y]))
    np.testing.assert_array_equal(found > 0, Z.argmax(-1) != Y)


def test_dlr_does_not_see_the_scale():
    eye = np.eye(5, dtype="float32")[Y]
    small, large = (keras.ops.convert_to_numpy(LOSSES["dlr"](s * Z, eye)) for s in (1.0, 50.0))
    np.testing.assert_allclose(small, large, rtol=1e-4)
