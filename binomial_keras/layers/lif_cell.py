"""Leaky integrate-and-fire neurons, one time step per call."""

from typing import Any

import keras
from keras import ops

from .arguments import check_count
from .lif_decay import drawn
from .lif_kernel import charge, reset_potential
from .lif_neuron import LIFNeuron
from .spike_gradient import spike


@keras.saving.register_keras_serializable(package="binomial_keras")
class LIFCell(LIFNeuron):
    """One time step of leaky integrate-and-fire neurons, with the state handed in and out.

    Forward and gradient are those of `LIF`, step by step: `cell(I(t), [v(t-1), ...])` gives the
    spikes s(t) and the new state `[v(t), ...]`. A random or frozen decay has to stay the same over
    the steps of one pass: it is part of the state, drawn by `get_initial_state`, that is once per
    call of a `keras.layers.RNN`. The same draws as a `LIF` with the same seed.

    For live data, step by step hardware, or connections that lead back. Over a known sequence
    `LIF` does the same many times faster.

    Shapes: `(batch, *units)`, state `[v]` or `[v, k]`, each `(batch, *units)`.

    Args:
        units: integer or tuple of integers, shape of one image's neurons. In a
            `keras.layers.RNN` an integer: its sequences are `(batch, T, units)`.
        decay, decay_value, decay_range, decay_law, decay_per, shared_over_batch, threshold,
        reset, detach_reset, scale_input, surrogate, seed: as in `LIF`.

    Call arguments:
        inputs: current I(t).
        states: list of tensors, as `get_initial_state` or the last call returned it.

    Example:

    >>> spikes = keras.layers.RNN(LIFCell(5, decay="random"), return_sequences=True)
    >>> spikes(keras.ops.ones((2, 4, 5))).shape
    (2, 4, 5)
    """

    def __init__(self, units: int | tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(units, (tuple, list)):
            self.units = tuple(check_count("units", unit) for unit in units)
        else:
            self.units = check_count("units", units)

    @property
    def _neurons(self):
        return self.units if isinstance(self.units, tuple) else (self.units,)

    @property
    def state_size(self) -> list:
        """Shape of every tensor of the state, without the batch axis."""
        return [self.units] * (2 if self.decay in ("random", "frozen") else 1)

    @property
    def output_size(self) -> int | tuple[int, ...]:
        """Shape of the spikes, without the batch axis."""
        return self.units

    def build(self, input_shape: tuple) -> None:
        if tuple(input_shape)[1:] != self._neurons:
            raise ValueError(
                f"Invalid input for layer `{self.name}`. Expected (batch, *units) with "
                f"units={self.units}. Received: shape={tuple(input_shape)}"
            )
        self.build_decay(self._neurons)
        self.built = True

    def get_initial_state(self, batch_size: int | None = None) -> list:
        """Neurons at rest, with the decays of this pass if they are drawn."""
        rest = ops.zeros((batch_size, *self._neurons), "float32")
        if self.decay not in ("random", "frozen"):
            return [rest]
        return [rest, rest + drawn(self.law, rest, *self.decay_source())]

    def call(self, inputs: Any, states: list, training: bool | None = None) -> tuple[Any, list]:
        v, *rest = [ops.cast(state, "float32") for state in states]
        if rest:
            k = ops.stop_gradient(rest[0])
        else:
            k = drawn(self.law, v, *self.decay_source())
        u = charge(v, ops.cast(inputs, "float32"), k, self)
        spikes = spike(self.surrogate)(u - self.threshold)
        effect = ops.stop_gradient(spikes) if self.detach_reset else spikes
        # `RNN` loops over states of the compute dtype and wants them back as they were.
        after = ops.cast(reset_potential(u, effect, self), states[0].dtype)
        return ops.cast(spikes, self.compute_dtype), [after, *states[1:]]

    def compute_output_shape(self, input_shape: tuple, states_shape: tuple | None = None) -> tuple:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}
