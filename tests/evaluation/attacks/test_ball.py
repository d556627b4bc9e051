"""The ball around an image: projection, steps, random points."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks.ball import Ball


def _numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(0.5, 0.6, shape).astype("float32")


def _inside(ball, points, norm, eps):
    change = (points - ball.clean).reshape(len(points), -1).astype(float)
    size = np.abs(change).max(1) if norm != 2 else np.linalg.norm(change, axis=1)
    assert size.max() <= eps * (1 + 1e-5)
    assert points.min() >= 0 and points.max() <= 1 and points.dtype == np.float32
    return size


@pytest.mark.parametrize("norm, eps", [(np.inf, 0.2), ("inf", 0.2), (2, 0.4)])
def test_projection(norm, eps):
    clean = np.random.default_rng(1).random((20, 2, 3, 1), "float32")
    ball, points = Ball(clean, norm, eps, (0, 1)), _numbers((20, 2, 3, 1))
    made = ball.project(points)
    _inside(ball, made, norm, eps)
    np.testing.assert_allclose(ball.project(made), made, atol=1e-6)
    near = np.clip(clean + 0.05, 0, 1)
    np.testing.assert_allclose(ball.project(near), near, atol=1e-6)
    rows = np.array([4, 11])
    np.testing.assert_array_equal(ball.project(points[rows], rows), made[rows])


def test_projection_by_hand():
    clean = np.array([[0.5, 0.9]], "float32")
    point = np.array([[0.8, 1.3]], "float32")
    flat = Ball(clean, np.inf, 0.2, (0, 1)).project(point)
    np.testing.assert_allclose(flat, [[0.7, 1.0]], atol=1e-6)
    # The change (0.3, 0.4) has length 0.5: shortened to 0.25, then clipped.
    round_ = Ball(clean, 2, 0.25, (0, 1)).project(point)
    np.testing.assert_allclose(round_, [[0.65, 1.0]], atol=1e-6)


def test_steps_by_hand():
    clean, direction = np.full((2, 2), 0.5, "float32"), np.array([[3, -4], [0, 0]], "float32")
    flat = Ball(clean, np.inf, 1, (0, 1)).moved(clean, direction, 0.1)
    np.testing.assert_allclose(flat, [[0.6, 0.4], [0.5, 0.5]], atol=1e-6)
    round_ = Ball(clean, 2, 1, (0, 1)).moved(clean, direction, np.array([0.1, 0.2]))
    np.testing.assert_allclose(round_, [[0.56, 0.42], [0.5, 0.5]], atol=1e-6)


@pytest.mark.parametrize("norm, eps", [(np.inf, 0.1), (2, 0.3)])
@pytest.mark.parametrize("extreme", [False, True])
def test_random_points(norm, eps, extreme):
    # The law of the size, r^d with d = 4 pixels: P(size < eps / 2) = 1/16. 4,000 images, s.d.
    # 0.004: the bound is 5 s.d.
    clean = np.full((4000, 2, 2, 1), 0.5, "float32")
    ball = Ball(clean, norm, eps, (0, 1))
    generators = [np.random.default_rng((0, k)) for k in range(len(clean))]
    points = ball.random(generators, extreme=extreme)
    size = _inside(ball, points, norm, eps)
    if extreme:
        np.testing.assert_allclose(size, eps, rtol=1e-4)
    else:
        assert np.mean(size < eps / 2) == pytest.approx(1 / 16, abs=0.02)
    # No direction is preferred: 16,000 signs, s.d. 0.004.
    assert np.mean(points > 0.5) == pytest.approx(0.5, abs=0.02)
