"""Adaptive piecewise linear units."""

from typing import Any

import keras
import numpy as np
from keras import ops

from .arguments import check_count, invalid
from .hinge_sums import apl, stacked
from .splash import channels_of


@keras.saving.register_keras_serializable(package="binomial_keras")
class APL(keras.layers.Layer):
    """Adaptive piecewise linear unit: a ReLU plus learned hinges at learned places.

    Forward, with weights a and b: `f(x) = max(0, x) + sum_s a[s] max(0, -x + b[s])`. Where a
    hinge lies above 0, f(0) need not be 0, and the slope for large x is always 1.

    Gradient: `df/da[s] = max(0, b[s] - x)`, `df/db[s] = a[s] 1[b[s] > x]`,
    `df/dx = 1[x > 0] - sum_s a[s] 1[b[s] > x]`. Computed in float32 at least.

    The slopes start at 0, a ReLU, and the hinges evenly spaced from -2 to 2 (one alone at 0):
    a reconstruction, made for normalised inputs.

    Shapes: any, `(batch, ..., channels)`; the output's is the same. Weights
    `(segments, channels)`, or `(segments,)` if shared.

    Args:
        segments: integer in 1..1000, number S of hinges.
        per_channel: whether every channel (last axis) has a function of its own, which is the
            paper's form but for its sharing over positions.
        regularizer: of the slopes a; `None` for none.

    Raises:
        ValueError: an argument out of range; `per_channel` for an input without known channels.

    Example:

    >>> binomial_keras.layers.APL()(keras.ops.array([[-2.0, 0.0, 3.0]]))  # at first a ReLU
    [[0., 0., 3.]]

    References:
        Agostinelli, Hoffman, Sadowski, Baldi, "Learning activation functions to improve deep
        neural networks", ICLR 2015 workshop.
    """

    def __init__(
        self, segments: int = 5, per_channel: bool = True, regularizer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.segments = check_count("segments", segments)
        if self.segments > 1000:
            raise invalid("segments", "an integer in 1..1000", segments)
        if not isinstance(per_channel, bool):
            raise invalid("per_channel", "True or False", per_channel)
        self.per_channel = per_channel
        self.regularizer = keras.regularizers.get(regularizer)

    def build(self, input_shape: tuple) -> None:
        shape = (self.segments, *channels_of(self, input_shape))
        self.slopes = self.add_weight(
            name="slopes", shape=shape, initializer="zeros", regularizer=self.regularizer,
            autocast=False,
        )
        self.places = self.add_weight(
            name="places", shape=shape, initializer=_spaced, autocast=False
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, self.compute_dtype)
        return apl()(x, stacked(self.slopes, self.places))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "segments": self.segments,
            "per_channel": self.per_channel,
            "regularizer": keras.regularizers.serialize(self.regularizer),
        }


def _spaced(shape, dtype=None):
    places = np.linspace(-2.0, 2.0, shape[0]) if shape[0] > 1 else np.zeros(1)
    places = places.reshape(-1, *[1] * (len(shape) - 1))
    return ops.convert_to_tensor(np.broadcast_to(places, shape).copy(), dtype)
