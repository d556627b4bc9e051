"""Any stateless Keras layer, applied to every pass on its own."""

from typing import Any

import keras

from .time_axis import check_input, fold, has_time_axis, unfold


@keras.saving.register_keras_serializable(package="binomial_keras")
class PerPass(keras.layers.Wrapper):
    """Apply a layer to every pass of a spike train: `y(t) = layer(x(t))`.

    Pooling is the main use: the maximum of 0/1 spikes is again 0 or 1, whereas pooling the
    accumulated evidence is something else. The passes are folded into the batch, so the layer
    must treat the images of a batch independently (no batch normalisation: use
    `binomial_keras.layers.BatchNormalization`). Without a time axis it is the layer itself.

    Shapes: `(batch, T, ...)` to `(batch, T, ...)` with the layer's own change per pass.

    Args:
        layer: a `keras.layers.Layer`.

    Example:

    >>> pool = PerPass(keras.layers.MaxPooling2D(2))
    >>> pool(keras.ops.ones((2, 3, 28, 28, 16))).shape
    (2, 3, 14, 14, 16)
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(
                "Invalid value received for argument `layer`. Expected a layer that treats the "
                "images of a batch independently; for batch normalisation over a time axis use "
                f"binomial_keras.layers.BatchNormalization. Received: layer={layer}"
            )

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        super().build(self._one_pass(input_shape))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        options = {"training": training} if self.layer._call_has_training_arg else {}
        if not has_time_axis(len(inputs.shape)):
            return self.layer(inputs, **options)
        return unfold(self.layer(fold(inputs), **options), inputs.shape[1])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        shape = self.layer.compute_output_shape(self._one_pass(input_shape))
        return (shape[0], input_shape[1], *shape[1:]) if self._timed(input_shape) else shape

    def _timed(self, shape):
        return has_time_axis(len(shape))

    def _one_pass(self, shape):
        shape = tuple(shape)
        return (shape[0], *shape[2:]) if self._timed(shape) else shape
