"""Models for which the best attack is known in closed form."""

import keras
import numpy as np

SIDE = 3
PIXELS = SIDE * SIDE


@keras.saving.register_keras_serializable(package="tests")
class OneFactor(keras.layers.Layer):
    """Multiplies its input by `1 + scale * n`, with one standard normal number n per image."""

    noise_per_image = True

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.seed_generator = keras.random.SeedGenerator(3)

    def call(self, inputs):
        shape = (keras.ops.shape(inputs)[0],) + (1,) * (len(inputs.shape) - 1)
        return inputs * (1 + self.scale * keras.random.normal(shape, seed=self.seed_generator))

    def compute_output_shape(self, input_shape):
        return input_shape


def linear(classes=2, seed=5, activation=None):
    """`(model, w, b)`: logits `w.T x + b` of 3x3 images, `b` such that they are 0 at x = 0.5."""
    image = keras.Input((SIDE, SIDE, 1))
    dense = keras.layers.Dense(classes, activation)
    model = keras.Model(image, dense(keras.layers.Flatten()(image)))
    w = np.random.default_rng(seed).normal(0, 1, (PIXELS, classes)).astype("float32")
    b = -0.5 * w.sum(axis=0)
    dense.set_weights([w, b])
    return model, w, b


def shaken(scale, seed=5):
    """`(model, a, b)` with logits `(0, a.x + n b.x)`, x counted from 0.5 and n ~ N(0, scale^2).

    The mean loss has the gradient a, the loss of one draw `a + n b`. The class is 0 with the
    probability `Phi(-a.x / (scale |b.x|))`.
    """
    a, b = np.random.default_rng(seed).normal(0, 1, (2, PIXELS)).astype("float32")
    image = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Rescaling(1.0, offset=-0.5)(keras.layers.Flatten()(image))
    mean, noise, minus = (keras.layers.Dense(2, use_bias=False) for _ in range(3))
    # n b.x is the noisy b.x less the plain one.
    z = keras.layers.Add()([mean(x), OneFactor(scale)(noise(x)), minus(x)])
    model = keras.Model(image, z)
    for layer, vector in ((mean, a), (noise, b), (minus, -b)):
        layer.set_weights([np.stack([np.zeros_like(vector), vector], axis=1)])
    return model, a, b


def images(count, low=0.3, high=0.7, seed=1):
    """Images between two values."""
    shape = (count, SIDE, SIDE, 1)
    return np.random.default_rng(seed).uniform(low, high, shape).astype("float32")


def best_change(w, y, eps, norm):
    """The change that raises the margin of a two-class linear model most, per image."""
    direction = np.where(np.asarray(y)[:, None] == 0, 1, -1) * (w[:, 1] - w[:, 0])
    if norm == 2:
        unit = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    else:
        unit = np.sign(direction)
    return (eps * unit).reshape(-1, SIDE, SIDE, 1)
