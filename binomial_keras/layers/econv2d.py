"""Convolution over accumulated evidence."""

from typing import Any

import keras
from keras import ops

from .time_axis import accumulate, check_gradient, check_input, has_time_axis


@keras.saving.register_keras_serializable(package="binomial_keras")
class EConv2D(keras.layers.Conv2D):
    """2D convolution that averages the incoming spikes over the passes so far.

    Forward, for spikes i(t) in pass t: `m(t) = (1/t) * sum_{z<=t} i(z)` and
    `u(t) = conv(m(t)) + b`. Without a time axis it is `keras.layers.Conv2D`.

    Gradient: `du(t)/dW` is that of a convolution of m(t). With `gradient="last"` passes 1..T-1
    pass no gradient on, neither to the weights nor to the input.

    Shapes: `(batch, T, height, width, channels)` to `(batch, T, height', width', filters)`, or
    the same without the time axis. Channels last only.

    Args:
        gradient: `"last"` (Algorithm 1) or `"unrolled"`; the same for all layers of a network.
        Everything else: as in `keras.layers.Conv2D`.

    Example:

    >>> spikes = keras.ops.ones((2, 3, 28, 28, 1))
    >>> binomial_keras.layers.EConv2D(16, 3, padding="same")(spikes).shape
    (2, 3, 28, 28, 16)

    References:
        The paper's Fig. 2 and Algorithm 1, lines 5-8 (see `BU`).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        gradient: str = "last",
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.gradient = check_gradient(gradient)
        if self.data_format != "channels_last":
            raise ValueError(
                "Invalid value received for argument `data_format`. Expected 'channels_last'. "
                f"Received: data_format={self.data_format!r}"
            )

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        self._several_passes = has_time_axis(len(input_shape)) and input_shape[1] > 1
        super().build(_one_pass(input_shape))

    def call(self, inputs: Any) -> Any:
        if not has_time_axis(len(inputs.shape)):
            return self.potential(inputs)
        return accumulate(self.potential, inputs, self.gradient)

    def potential(self, x: Any, trainable: bool = True) -> Any:
        """`activation(conv(x) + b)` for a tensor without time axis."""
        cut = (lambda v: v) if trainable else ops.stop_gradient
        u = self.convolution_op(x, cut(self.kernel))
        if self.use_bias:
            u = u + cut(ops.convert_to_tensor(self.bias))
        return u if self.activation is None else self.activation(u)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        shape = super().compute_output_shape(_one_pass(input_shape))
        return (shape[0], *tuple(input_shape)[1 : len(input_shape) - 3], *shape[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gradient": self.gradient}

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try, see `BU.backward_rules`."""
        unrollable = self._several_passes and self.gradient == "last"
        return {"unrolled": {"gradient": "unrolled"}} if unrollable else {}


def _one_pass(shape):
    shape = tuple(shape)
    return (shape[0], *shape[2:]) if has_time_axis(len(shape)) else shape
