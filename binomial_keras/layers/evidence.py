"""Read-out: from a spike train to an ordinary tensor."""

from typing import Any

import keras
from keras import ops

from .time_axis import check_input, has_time_axis


@keras.saving.register_keras_serializable(package="binomial_keras")
class Evidence(keras.layers.Layer):
    """Mean over the passes: `m = (1/T) * sum_t x(t)`; the identity without a time axis.

    What follows it (global pooling, a softmax layer) are ordinary Keras layers. Gradient: 1/T
    for every pass; the spikes of a `BU` under the last-pass rule carry theirs in pass T only.

    Shapes: `(batch, T, ...)` to `(batch, ...)`.

    Example:

    >>> binomial_keras.layers.Evidence()(keras.ops.array([[[1.0], [0.0], [1.0], [1.0]]]))
    [[0.75]]
    """

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=1) if has_time_axis(len(inputs.shape)) else inputs

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        shape = tuple(input_shape)
        return (shape[0], *shape[2:]) if has_time_axis(len(shape)) else shape
