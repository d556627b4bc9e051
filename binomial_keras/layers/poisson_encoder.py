"""Pixels as random spike trains."""

from typing import Any

import keras
from keras import ops

from .arguments import check_number
from .random_words import next_key
from .spikes import unit_gain, unrolled_passes
from .surrogate import STRAIGHT_THROUGH, check_surrogate
from .time_axis import check_input, check_passes, has_time_axis


@keras.saving.register_keras_serializable(package="binomial_keras")
class PoissonEncoder(keras.layers.Layer):
    """Poisson (rate) encoding: every pixel spikes in every step with a probability of its own.

    Forward: `s(t) = 1[U(t) < p]` with `p = min(max(rate x, 0), 1)` and U uniform on [0, 1), drawn
    anew for every pixel, step and call, in training and in inference alike: in a step of finite
    length a Poisson process is a coin. Gradient: straight-through, `ds(t)/dx = rate` for
    0 <= rate x <= 1, else 0.

    Direct encoding, the pixel itself as the current of every step, is `Present`, or the argument
    `T` of the first `LIF`. `SpikeEncoder` is this layer for the binomial networks.

    Shapes: `(batch, features)` or `(batch, height, width, channels)`, with a time axis of T
    steps put after the batch axis.

    Args:
        T: integer >= 1, number of time steps.
        rate: number > 0, spikes per step of a pixel of 1.
        seed: integer or `None`, seed of the layer's own generator. The state of the generator is
            not part of a saved model: `binomial_keras.reseed` sets it.
        surrogate: `"straight_through"`, or `("leaky", s)` for at least s outside the range,
            or `("relaxed", temperature)`: see `BU`. For attacks, see `backward_rules`.

    Example:

    >>> PoissonEncoder(T=8)(keras.ops.ones((2, 28, 28, 1))).shape
    (2, 8, 28, 28, 1)
    """

    # Every image of a batch has noise of its own, so several draws may share one batch.
    noise_per_image = True

    def __init__(
        self,
        T: int = 4,
        rate: float = 1.0,
        seed: int | None = None,
        surrogate: str | tuple = STRAIGHT_THROUGH,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.T = check_passes(T)
        self.rate = check_number("rate", rate, positive=True)
        self.surrogate = check_surrogate(surrogate)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        if has_time_axis(len(input_shape)):
            raise ValueError(
                f"The input of layer `{self.name}` has a time axis already. "
                f"Received: shape={tuple(input_shape)}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        p = ops.expand_dims(self.rate * ops.cast(inputs, "float32"), 1)
        key = next_key(self.seed_generator)
        spikes = unrolled_passes(unit_gain, self.surrogate, self.T)(p, key)
        return ops.cast(spikes, self.compute_dtype)

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try, see `BU.backward_rules`."""
        rules = {f"leaky {s}": {"surrogate": ("leaky", s)} for s in (0.1, 1.0)}
        return rules | {f"relaxed {s}": {"surrogate": ("relaxed", s)} for s in (0.1, 0.5)}

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], self.T, *tuple(input_shape)[1:])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "T": self.T,
            "rate": self.rate,
            "seed": self.seed,
            "surrogate": self.surrogate,
        }
