"""Maxout."""

from typing import Any

import keras
from keras import ops

from .arguments import check_count


@keras.saving.register_keras_serializable(package="binomial_keras")
class Maxout(keras.layers.Layer):
    """Largest of several linear pieces.

    Forward: `y[c] = max_j x[j * C + c]` for c = 0..C-1 and j = 0..pieces-1: the layer before it
    computes all pieces of all C units, so a convolution to C maps has `pieces * C` filters. The
    networks of `binomial_keras.models` see to that.

    Gradient: that of the largest piece; among equal ones the backend's choice.

    Shapes: `(batch, ..., pieces * C)` to `(batch, ..., C)`.

    Args:
        pieces: integer >= 1.

    Raises:
        ValueError: an argument out of range; channels that `pieces` does not divide.

    Example:

    >>> x = keras.layers.Dense(2 * 64)(keras.Input((10,)))
    >>> binomial_keras.layers.Maxout(2)(x).shape
    (None, 64)

    References:
        Goodfellow, Warde-Farley, Mirza, Courville, Bengio, "Maxout networks", ICML 2013.
    """

    def __init__(self, pieces: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pieces = check_count("pieces", pieces)

    def build(self, input_shape: tuple) -> None:
        if len(input_shape) < 2 or not input_shape[-1] or input_shape[-1] % self.pieces:
            raise ValueError(
                f"Invalid input for layer `{self.name}`. Expected (batch, ..., channels) with "
                f"channels a multiple of pieces={self.pieces}. Received: shape={input_shape}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        shape = ops.shape(inputs)[:-1]
        units = inputs.shape[-1] // self.pieces
        return ops.max(ops.reshape(inputs, (*shape, self.pieces, units)), axis=-2)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], input_shape[-1] // self.pieces)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pieces": self.pieces}
