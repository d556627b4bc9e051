"""L-BFGS ascent against dense matrices, one image at a time."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import ARTClassifier
from binomial_keras.evaluation.attacks import UnconstrainedLBFGS


def network():
    model = keras.Sequential(
        [keras.Input((3, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(5, "tanh"),
         keras.layers.Dense(3, "softmax")]
    )
    rng = np.random.default_rng(0)
    model.set_weights([2 * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def value_and_slope(weights, x, label):
    """-cross-entropy and its gradient, in float64."""
    kernel, bias, out, last = (w.astype("float64") for w in weights)
    h = np.tanh(x @ kernel + bias)
    logits = h @ out + last
    p = np.exp(logits - logits.max())
    p /= p.sum()
    back = (p - np.eye(3)[label]) @ out.T * (1 - h**2)
    return np.log(p[label]), -back @ kernel.T


def reference(weights, x, label, rate, steps):
    """The same descent with the inverse Hessian rebuilt as a matrix in every step."""
    x = x.astype("float64")
    loss, g = value_and_slope(weights, x, label)
    pairs = []
    for step in range(steps):
        H = np.eye(len(x))
        if pairs:
            s, y = pairs[-1]
            H = H * (s @ y) / (y @ y)
        for s, y in pairs:
            V = np.eye(len(x)) - np.outer(y, s) / (s @ y)
            H = V.T @ H @ V + np.outer(s, s) / (s @ y)
        d = -H @ g
        move = rate * (min(1, 1 / np.abs(g).sum()) if step == 0 else 1) * d
        x = x + move
        loss, new = value_and_slope(weights, x, label)
        if move @ (new - g) > 1e-10:
            pairs.append((move, new - g))
        g = new
    return np.clip(x, 0, 1), len(pairs)


def test_every_image_follows_the_plain_algorithm():
    model = network()
    rng = np.random.default_rng(1)
    x, y = rng.random((12, 3, 2, 1), "float32"), rng.integers(0, 3, 12)
    made = UnconstrainedLBFGS(ARTClassifier(model), rate=0.2, steps=6).generate(x, y)
    used = 0
    for one, label, found in zip(x, y, made):
        expected, pairs = reference(model.get_weights(), one.ravel(), label, 0.2, 6)
        np.testing.assert_allclose(found.ravel(), expected, atol=2e-3)
        used += pairs
    # The memory was in use, and images moved.
    assert used > 5 and np.abs(made - x).max() > 0.05
    alone = UnconstrainedLBFGS(ARTClassifier(model), rate=0.2, steps=6).generate(x[3:4], y[3:4])
    # Slopes in float32 differ in their last digits with the size of a batch.
    np.testing.assert_allclose(alone[0], made[3], atol=2e-3)


def test_errors():
    for arguments, named in (({"rate": 0.0}, "rate"), ({"steps": 0}, "steps")):
        with pytest.raises(ValueError, match=f"argument `{named}`"):
            UnconstrainedLBFGS(ARTClassifier(network()), **arguments)
