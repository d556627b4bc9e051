"""Read-out from the potential of neurons that do not spike."""

from typing import Any

import keras
from keras import ops

from .arguments import check_choice
from .lif_decay import Decay, check_fraction
from .lif_kernel import Settings, lif_loop
from .time_axis import check_input, has_time_axis

_MODES = ("last", "mean", "max")


@keras.saving.register_keras_serializable(package="binomial_keras")
class MembraneReadout(keras.layers.Layer):
    """Membrane read-out: the potential of leaky integrators without a threshold.

    Forward, with `u(0) = 0`: `u(t) = k u(t-1) + (1 - k) I(t)`, or without `scale_input`
    `u(t) = k u(t-1) + I(t)`; then `u(T)` ("last"), `(1/T) sum_t u(t)` ("mean") or
    `max_t u(t)` ("max"). Gradient: exact (at several equal maxima as `keras.ops.max` has it).

    The rate read-out, the mean over time of spikes or of logits, is `Evidence`.

    Shapes: `(batch, T, ...)` to `(batch, ...)`.

    Args:
        mode: `"last"`, `"mean"` or `"max"`.
        decay_value: k in [0, 1].
        scale_input: whether the current is scaled by 1 - k.

    Example:

    >>> MembraneReadout(scale_input=False)(keras.ops.ones((2, 3, 10)))[0, 0]  # 1 + 1/2 + 1/4
    1.75
    """

    def __init__(
        self, mode: str = "last", decay_value: float = 0.5, scale_input: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.mode = check_choice("mode", mode, _MODES)
        self.decay_value = check_fraction("decay_value", decay_value)
        self.scale_input = bool(scale_input)

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        if not has_time_axis(len(input_shape)):
            raise ValueError(
                f"Invalid input for layer `{self.name}`. Expected a time axis, (batch, T, ...). "
                f"Received: shape={tuple(input_shape)}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        decay = Decay("fixed", self.decay_value, 0.0, 1.0, ("uniform",), "layer", False)
        settings = Settings(
            inputs.shape[1], True, decay, None, "hard", True, self.scale_input, None
        )
        potentials = lif_loop(settings)(inputs)
        if self.mode == "last":
            found = potentials[:, -1]
        else:
            found = (ops.mean if self.mode == "mean" else ops.max)(potentials, axis=1)
        return ops.cast(found, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], *tuple(input_shape)[2:])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "mode": self.mode,
            "decay_value": self.decay_value,
            "scale_input": self.scale_input,
        }
