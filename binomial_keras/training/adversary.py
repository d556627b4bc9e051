"""Adversarial examples made while a model is trained."""

import dataclasses
import math
import numbers
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from ..backend import compile_forward, compile_objective
from ..layers.noise import Noise
from ..layers.random_words import uniforms
from ..layers.spikes import element_index

KINDS = ("pgd", "trades")


@dataclasses.dataclass(frozen=True)
class Adversary:
    """How the images of every training step are attacked, and what is minimised then.

    With p the model's probabilities, y the true class and x' in the L-infinity ball of radius
    eps around x, cut to [0, 1]:

    * `"pgd"` (Madry et al.): `x' = argmax CE(p(x'), y)`, loss `CE(p(x'), y)`;
    * `"trades"` (Zhang et al.): `x' = argmax KL(p(x) || p(x'))`, loss
      `CE(p(x), y) + beta KL(p(x) || p(x'))`, both terms with gradient.

    The maximum is sought by `steps` steps `x' <- cut(x' + step_size sign(gradient))`. PGD starts
    uniformly in the ball, TRADES at x plus 0.001 times normal noise. The attack sees the model as
    at inference (moving averages, no dropout). A stochastic model draws anew in every
    step of the attack and in the weight update.

    Args:
        kind: `"pgd"` or `"trades"`.
        eps: radius, > 0, pixels are in [0, 1].
        steps: integer >= 1.
        step_size: > 0.
        beta: weight of the TRADES term, >= 0.
    """

    kind: str = "pgd"
    eps: float = 8 / 255
    steps: int = 5
    step_size: float = 4 / 255
    beta: float = 5.0

    def __post_init__(self):
        if self.kind not in KINDS:
            self._refuse("kind", f"one of {KINDS}")
        whole = isinstance(self.steps, numbers.Integral) and not isinstance(self.steps, bool)
        if not whole or self.steps < 1:
            self._refuse("steps", "an integer >= 1")
        for name in ("eps", "step_size", "beta"):
            value = getattr(self, name)
            number = isinstance(value, numbers.Real) and math.isfinite(value)
            if not number or value < 0 or (value == 0 and name != "beta"):
                self._refuse(name, "a number > 0" if name != "beta" else "a number >= 0")

    def _refuse(self, name, expected):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected {expected}. "
            f"Received: {name}={getattr(self, name)!r}"
        )

    def loss(self) -> keras.losses.Loss:
        """What the training step minimises: for TRADES of a batch that holds x and then x'."""
        if self.kind == "pgd":
            return keras.losses.SparseCategoricalCrossentropy()
        return Trades(self.beta)

    def batch(
        self, x: np.ndarray, attacked: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What is handed to `train_on_batch`."""
        if self.kind == "pgd":
            return attacked, y
        return np.concatenate([x, attacked]), np.concatenate([y, y])

    def within_step(self, call: Any, x: Any, y: Any, key: Any, number: Any) -> tuple[Any, Any]:
        """What `batch` gives, made within a compiled training step.

        Args:
            call: a `many_steps.Call` of the model.
            x, y: images and labels of the step, tensors.
            key: int32 `(2,)`, of the epoch; with `number`, of the step, it gives the random start.
        """
        if self.kind == "pgd":
            start = self.eps * (2.0 * uniforms(key, number, element_index(x)) - 1.0)
            objective, target = _cross_entropy, y
        else:
            start = Noise("gaussian", 0.001).sample_with(x.shape, key, number)
            objective, target = _divergence, call(x)
        low, high = ops.maximum(x - self.eps, 0.0), ops.minimum(x + self.eps, 1.0)
        point = ops.clip(x + start, low, high)
        for _ in range(self.steps):
            slope = call.gradient(lambda p: objective(p[:, None], target)[0], point)
            point = ops.clip(point + self.step_size * ops.sign(slope), low, high)
        if self.kind == "pgd":
            return point, y
        return ops.concatenate([x, point]), ops.concatenate([y, y])

    def attack(self, model: keras.Model) -> Callable[..., np.ndarray]:
        """`(x, y, rng) -> x'`, compiled once for a model whose weights may change.

        Args:
            model: Keras model with probabilities as output, built.
        """
        ascent = compile_objective(model, _KINDS[self.kind])
        forward = None if self.kind == "pgd" else compile_forward(model)

        def attacked(x, y, rng):
            if self.kind == "pgd":
                target = np.asarray(y, "float32")
                start = x + rng.uniform(-self.eps, self.eps, x.shape)
            else:
                target = forward(x)
                start = x + 0.001 * rng.standard_normal(x.shape)
            low, high = np.maximum(x - self.eps, 0.0), np.minimum(x + self.eps, 1.0)
            point = np.clip(start, low, high).astype("float32")
            for _ in range(self.steps):
                slope = ascent(point, target)[-1]
                point = np.clip(point + self.step_size * np.sign(slope), low, high)
                point = point.astype("float32")
            return point

        return attacked


def _log(p):
    return keras.ops.log(keras.ops.maximum(p, 1e-7))


def _cross_entropy(outputs, y):
    """Per image, for the outputs `(images, 1, classes)` of one draw."""
    y = keras.ops.cast(y, "int32")
    return (keras.losses.sparse_categorical_crossentropy(y, outputs[:, 0]),)


def _divergence(outputs, clean):
    """KL(p(x) || p(x')) per image; p(x) is a constant of the attack."""
    return (divergence(clean, outputs[:, 0]),)


def divergence(p: Any, q: Any) -> Any:
    """`KL(p || q) = sum_k p_k (log p_k - log q_k)` along the last axis."""
    return keras.ops.sum(p * (_log(p) - _log(q)), axis=-1)


_KINDS = {"pgd": _cross_entropy, "trades": _divergence}


@keras.saving.register_keras_serializable(package="binomial_keras")
class Trades(keras.losses.Loss):
    """`CE(p(x), y) + beta KL(p(x) || p(x'))`, mean over the images, for a batch `[x; x']`.

    Args:
        beta: weight of the second term.
    """

    def __init__(self, beta: float = 5.0, name: str = "trades", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.beta = beta

    def call(self, y_true: Any, y_pred: Any) -> Any:
        clean, attacked = keras.ops.split(y_pred, 2, axis=0)
        labels = keras.ops.split(keras.ops.reshape(y_true, (-1,)), 2, axis=0)[0]
        own = keras.losses.sparse_categorical_crossentropy(labels, clean)
        return own + self.beta * divergence(clean, attacked)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta": self.beta}
