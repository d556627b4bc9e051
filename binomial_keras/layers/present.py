"""Present one image for several passes."""

from typing import Any

import keras
from keras import ops

from .time_axis import check_input, check_passes, has_time_axis


@keras.saving.register_keras_serializable(package="binomial_keras")
class Present(keras.layers.Layer):
    """Show the same input in each of T passes: `y(t) = x` for t = 1..T. Gradient: the sum.

    Seldom needed: a type A `BU` adds the time axis by itself, so that everything before it runs
    once. Use this layer where something before the first `BU` must differ between the passes,
    a noise layer for example.

    Shapes: `(batch, ...)` to `(batch, T, ...)`.

    Args:
        T: integer >= 1, number of passes. `binomial_keras.convert` sets it together with the
            units' T (and to 1 for the types without passes).

    Example:

    >>> binomial_keras.layers.Present(T=3)(keras.ops.ones((2, 28, 28, 1))).shape
    (2, 3, 28, 28, 1)
    """

    def __init__(self, T: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.T = check_passes(T)

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        if has_time_axis(len(input_shape)):
            raise ValueError(
                f"The input of layer `{self.name}` has a time axis already. "
                f"Received: shape={tuple(input_shape)}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.T, axis=1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], self.T, *tuple(input_shape)[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "T": self.T}

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """The twin network of `BU.backward_rules` needs one pass."""
        return {"twin": {"T": 1}}
