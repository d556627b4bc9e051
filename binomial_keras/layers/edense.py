"""Dense layer over accumulated evidence."""

from typing import Any

import keras
from keras import ops

from .time_axis import accumulate, check_gradient, check_input, has_time_axis


@keras.saving.register_keras_serializable(package="binomial_keras")
class EDense(keras.layers.Dense):
    """Dense layer that averages the incoming spikes over the passes so far.

    Forward, for spikes i(t) in pass t: `m(t) = (1/t) * sum_{z<=t} i(z)` and `u(t) = m(t) W + b`.
    Without a time axis it is `keras.layers.Dense`. Gradient as for `EConv2D`.

    Shapes: `(batch, T, features)` to `(batch, T, units)`, or `(batch, features)` to
    `(batch, units)`.

    Args:
        gradient: `"last"` (Algorithm 1) or `"unrolled"`; the same for all layers of a network.
        Everything else: as in `keras.layers.Dense`.

    Example:

    >>> spikes = keras.ops.array([[[1.0], [0.0], [1.0], [1.0]]])
    >>> layer = binomial_keras.layers.EDense(1, use_bias=False, kernel_initializer="ones")
    >>> layer(spikes)[0, :, 0]  # the mean of the spikes so far
    [1.0, 0.5, 0.667, 0.75]

    References:
        The paper's Eq. 4 and Algorithm 1, lines 5-8 (see `BU`).
    """

    def __init__(self, units: int, gradient: str = "last", **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.gradient = check_gradient(gradient)

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        self._several_passes = has_time_axis(len(input_shape)) and input_shape[1] > 1
        if len(input_shape) > 3:
            raise ValueError(
                f"Layer `{self.name}` expects (batch, features) or (batch, T, features). "
                f"Received: shape={tuple(input_shape)}. Flatten or pool the image first."
            )
        super().build((input_shape[0], input_shape[-1]))
        # Dense pins the input rank to that of the shape it was built with.
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not has_time_axis(len(inputs.shape)):
            return self.potential(inputs)
        return accumulate(self.potential, inputs, self.gradient)

    def potential(self, x: Any, trainable: bool = True) -> Any:
        """`activation(x W + b)` for a tensor without time axis."""
        cut = (lambda v: v) if trainable else ops.stop_gradient
        u = ops.matmul(x, cut(ops.convert_to_tensor(self.kernel)))
        if self.use_bias:
            u = u + cut(ops.convert_to_tensor(self.bias))
        return u if self.activation is None else self.activation(u)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gradient": self.gradient}

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try, see `BU.backward_rules`."""
        unrollable = self._several_passes and self.gradient == "last"
        return {"unrolled": {"gradient": "unrolled"}} if unrollable else {}
