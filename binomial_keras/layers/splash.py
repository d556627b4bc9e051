"""The SPLASH activation."""

import math
import numbers
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from .arguments import check_choice, invalid
from .hinge_sums import splash, stacked

# Slope times -1 on the negative side, of the function that a layer starts as.
STARTS = {"relu": 0.0, "linear": -1.0, "leaky": -0.1}


@keras.saving.register_keras_serializable(package="binomial_keras")
class SPLASH(keras.layers.Layer):
    """Simple piecewise linear activation with symmetric, fixed hinges and learned slopes.

    Forward, with hinges `0 = b_1 < b_2 < ... < b_K` and weights `a_plus`, `a_minus`:

    `f(x) = sum_s a_plus[s] max(0, x - b_s) + sum_s a_minus[s] max(0, -x - b_s)`

    A continuous function with f(0) = 0 for any weights, linear between neighbouring hinges: its
    slope is `sum_{s<=j} a_plus[s]` on (b_j, b_{j+1}) and `-sum_{s<=j} a_minus[s]` on
    (-b_{j+1}, -b_j). The paper counts S = 2K - 1 hinges, those at -b_s included. ReLU is
    `a_plus = (1, 0, ...)`, `a_minus = 0`; the identity has `a_minus = (-1, 0, ...)`.

    Gradient: `df/da_plus[s] = max(0, x - b_s)`, `df/da_minus[s] = max(0, -x - b_s)`, summed over
    all that shares the weight; `df/dx = sum_s a_plus[s] 1[x > b_s] - sum_s a_minus[s] 1[-x > b_s]`,
    zero at x = 0 like that of ReLU. Computed in float32 at least, whatever the policy.

    Reconstruction: of the paper its abstract alone was at hand. The formula is that of public code
    of one of its authors; the default hinges are those of another implementation; nothing but a
    normalised input says where 0, 1, 2, 2.5 should lie, so put `keras.layers.BatchNormalization`
    directly before the layer, or place the hinges by `hinges_from` or `models.place_hinges`.

    Weight decay must not touch the slopes: it would pull f to zero. They have no regularizer
    unless `regularizer` is given; an optimizer with `weight_decay` has to be told,
    `optimizer.exclude_from_weight_decay(var_names=["a_plus", "a_minus"])`.

    Shapes: any, `(batch, ..., channels)`; the output's is the same. Weights `(K,)`, or
    `(K, channels)` per channel.

    Args:
        hinges: increasing numbers, the first of them 0, in units of the input.
        per_channel: whether every channel (last axis) has slopes of its own.
        start: function before training: `"relu"`, `"linear"` or `"leaky"` (slope 0.1 for x < 0).
        regularizer: of both weights; `None` for none.

    Raises:
        ValueError: an argument out of range; `per_channel` for an input without known channels.

    Example:

    >>> layer = binomial_keras.layers.SPLASH(start="leaky")
    >>> layer(keras.ops.array([[-2.0, 0.0, 3.0]]))
    [[-0.2, 0.0, 3.0]]

    References:
        Tavakoli, Agostinelli, Baldi, "SPLASH: Learnable activation functions for improving
        accuracy and adversarial robustness", Neural Networks 140 (2021).
    """

    def __init__(
        self,
        hinges: Sequence[float] = (0.0, 1.0, 2.0, 2.5),
        per_channel: bool = False,
        start: str = "relu",
        regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hinges = check_hinges(hinges)
        if not isinstance(per_channel, bool):
            raise invalid("per_channel", "True or False", per_channel)
        self.per_channel = per_channel
        self.start = check_choice("start", start, tuple(STARTS))
        self.regularizer = keras.regularizers.get(regularizer)

    def build(self, input_shape: tuple) -> None:
        shape = (len(self.hinges), *channels_of(self, input_shape))
        self.a_plus = self._slopes("a_plus", shape, 1.0)
        self.a_minus = self._slopes("a_minus", shape, STARTS[self.start])
        self.built = True

    def _slopes(self, name, shape, first):
        def initial(shape, dtype=None):
            later = ops.zeros((shape[0] - 1, *shape[1:]), dtype)
            return ops.concatenate([ops.full((1, *shape[1:]), first, dtype), later])

        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initial,
            regularizer=self.regularizer,
            autocast=False,
        )

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, self.compute_dtype)
        return splash(self.hinges)(x, stacked(self.a_plus, self.a_minus))

    def slopes(self) -> np.ndarray:
        """Slope of f on each of its 2K segments, from left to right.

        The largest absolute value is the layer's Lipschitz constant.

        Returns:
            NumPy array `(2K,)`, or `(2K, channels)`.
        """
        plus, minus = (np.cumsum(ops.convert_to_numpy(a), axis=0)
                       for a in (self.a_plus, self.a_minus))
        return np.concatenate([-minus[::-1], plus])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "hinges": self.hinges,
            "per_channel": self.per_channel,
            "start": self.start,
            "regularizer": keras.regularizers.serialize(self.regularizer),
        }


def check_hinges(hinges):
    """Return hinges as a tuple of floats."""
    values = tuple(hinges) if isinstance(hinges, (tuple, list, np.ndarray)) else ()
    numeric = all(isinstance(b, numbers.Real) and not isinstance(b, bool) for b in values)
    if not values or not numeric or not all(map(math.isfinite, values)) or values[0] != 0 or any(
        low >= high for low, high in zip(values, values[1:])
    ):
        raise invalid("hinges", "increasing finite numbers, the first of them 0", hinges)
    return tuple(map(float, values))


def channels_of(layer, input_shape):
    """`(channels,)` for a layer with weights per channel, `()` for shared ones."""
    if not layer.per_channel:
        return ()
    if len(input_shape) < 2 or input_shape[-1] is None:
        raise ValueError(
            f"Invalid input for layer `{layer.name}`. Expected (batch, ..., channels) with a "
            f"known number of channels (or per_channel=False). Received: shape={input_shape}"
        )
    return (input_shape[-1],)
