"""Leaky integrate-and-fire neurons over a time axis."""

from typing import Any

import keras
from keras import ops

from .arguments import invalid
from .lif_decay import drawn
from .lif_kernel import Settings, lif_loop
from .lif_neuron import LIFNeuron
from .time_axis import check_input, check_passes, has_time_axis


@keras.saving.register_keras_serializable(package="binomial_keras")
class LIF(LIFNeuron):
    """Leaky integrate-and-fire neurons: from currents to spikes, over T time steps.

    Forward, with `v(0) = 0`, current I, decay k and threshold theta:

    * charge: `u(t) = k v(t-1) + (1 - k) I(t)`, or without `scale_input` ("LIF-2")
      `u(t) = k v(t-1) + I(t)`;
    * spike: `s(t) = H(u(t) - theta)`, 1 where the potential is above **or at** the threshold;
    * reset: `v(t) = u(t) (1 - s(t))` ("hard"), or `v(t) = u(t) - theta s(t)` ("soft").

    The decay of a neuron is constant over the T steps of a call. It is

    * `"fixed"`: the number `decay_value` everywhere;
    * `"learned"`: `sigmoid(w)` with a weight w that starts at `decay_value`;
    * `"random"` (RandHet): drawn anew in every call, in training and inference alike, from
      `decay_law` on `decay_range`;
    * `"frozen"`: drawn once, from `seed`: neurons that differ, and no randomness. It is a
      function of the configuration, not a weight, so that a network may be trained as "random"
      and tested as "frozen" or "fixed" (`binomial_keras.models.with_decay`).

    The laws: `"uniform"`, k uniform on the range; `"uniform_tau"`, `k = 1 - 1/tau` with tau
    uniform between the time constants of the range's ends; `("logit_normal", sigma)`,
    `k = low + (high - low) sigmoid(sigma z)` with z standard normal.

    Which law, range and sharing the RandHet paper uses could not be found: all defaults here are
    a reconstruction.

    Gradient: backpropagation through time with a surrogate gradient g for the step (see
    `surrogate`). With `e(t) = dL/du(t)`, and `e(T+1) = 0`:

    * `e(t) = dL/ds(t) g(u(t) - theta) + k e(t+1) r(t)`;
    * `r(t) = 1 - s(t) - u(t) g(u(t) - theta)` (hard) or `1 - theta g(u(t) - theta)` (soft); with
      `detach_reset` the terms with g are left out;
    * `dL/dI(t) = (1 - k) e(t)`, or `e(t)` without `scale_input`. No gradient goes through a
      drawn decay; through a learned one `dL/dk = sum_t e(t) (v(t-1) - I(t))`, or
      `sum_t e(t) v(t-1)`.

    Cost: forward and backward are one compiled kernel each. Training keeps the currents and the
    spikes, 8 bytes per neuron and step; the potentials are computed again on the way back.

    Shapes: `(batch, T, features)` and `(batch, T, height, width, channels)`, kept. Without a time
    axis, `(batch, features)` or `(batch, height, width, channels)`, the current is the same in
    all of the `T` steps and the output has a time axis: what computes the current runs once.

    Args:
        T: integer >= 1, number of steps for an input without time axis; `None` (an input must
            have one) or the length of the axis otherwise.
        decay: `"fixed"`, `"learned"`, `"random"` or `"frozen"`.
        decay_value: number in [0, 1].
        decay_range: pair within [0, 1], of the drawn decays.
        decay_law: `"uniform"`, `"uniform_tau"` (range below 1) or `("logit_normal", sigma)`.
        decay_per: `"neuron"`, `"channel"` or `"layer"`: what has a decay of its own, if it is
            learned or drawn.
        shared_over_batch: whether the images of a batch share one random draw. By default each
            image is shown to a network of its own.
        threshold: theta > 0, in units of the potential.
        reset: `"hard"` or `"soft"`.
        detach_reset: whether the reset is left out of the gradient.
        scale_input: whether the current is scaled by 1 - k.
        surrogate: `"triangular"`, `"rectangular"`, `"arctan"`, `"sigmoid"`, `"exponential"`,
            `"piecewise"`, `"straight_through"` or `"adaptive"`; or `(name, sharpness)`, or
            `(name, sharpness, factor)`. Formulas: `binomial_keras.layers.spike_gradient`.
        seed: integer or `None`, seed of the draws. The state of the generator is not part of a
            saved model: `binomial_keras.reseed` sets it. A frozen decay follows from this number.

    Example:

    >>> current = keras.ops.ones((2, 4, 5))
    >>> binomial_keras.layers.LIF(threshold=0.7)(current)[0, :, 0]  # u: 0.5, 0.75, 0.5, 0.75
    [0., 1., 0., 1.]

    References:
        Neftci, Mostafa, Zenke, IEEE Signal Processing Magazine 36 (2019), surrogate gradients;
        Wang, Zhao, Du, He, Zhang, Zeng, iScience (2025), doi 10.1016/j.isci.2025.112660, RandHet.
    """

    def __init__(self, T: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.T = None if T is None else check_passes(T)

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        timed = has_time_axis(len(input_shape))
        if not timed and self.T is None:
            raise invalid("T", "a number of time steps for an input without time axis", self.T)
        if timed and self.T not in (None, input_shape[1]):
            raise ValueError(
                f"Layer `{self.name}` has T={self.T}, but its input has {input_shape[1]} steps: "
                f"shape={tuple(input_shape)}."
            )
        neurons = tuple(input_shape)[2 if timed else 1 :]
        if None in neurons and self.decay == "learned":
            raise ValueError(
                f"Invalid input for layer `{self.name}`. A learned decay needs a known number of "
                f"neurons. Received: shape={tuple(input_shape)}"
            )
        self.build_decay(neurons)
        self.built = True

    def call(self, inputs: Any) -> Any:
        timed = has_time_axis(len(inputs.shape))
        # Without a time axis there is a T: `build` refuses all else.
        passes: Any = inputs.shape[1] if timed else self.T
        settings = Settings(
            passes,
            timed,
            self.law,
            self.threshold,
            self.reset,
            self.detach_reset,
            self.scale_input,
            self.surrogate,
        )
        return ops.cast(lif_loop(settings)(inputs, *self.decay_source()), self.compute_dtype)

    def decays(self, inputs: Any) -> Any:
        """The decay k of every neuron, as a call would use it; a random one is drawn anew.

        Args:
            inputs: as for a call.

        Returns:
            float32 tensor `(batch, ...)` of the shape of one time step.
        """
        inputs = ops.convert_to_tensor(inputs)
        if not self.built:
            self.build(tuple(inputs.shape))
        current = inputs[:, 0] if has_time_axis(len(inputs.shape)) else inputs
        k = drawn(self.law, current, *self.decay_source())
        return ops.broadcast_to(ops.convert_to_tensor(k, "float32"), ops.shape(current))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        shape = tuple(input_shape)
        return shape if has_time_axis(len(shape)) else (shape[0], self.T, *shape[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "T": self.T}
