"""The binomial unit."""

from typing import Any

import keras
from keras import ops

from .random_words import next_key
from .spikes import count, expectation, one_spike, split_passes, tanh_gain, unrolled_passes
from .surrogate import STRAIGHT_THROUGH, check_surrogate
from .time_axis import (
    check_gradient,
    check_input,
    check_passes,
    has_time_axis,
    join,
    split_last,
)

NEURONS = ("A", "B", "C", "D")
# The strengths that an attacker tries (`BU.backward_rules`).
_LEAKS = (0.01, 0.1, 0.3, 1.0)
_TEMPERATURES = (0.1, 0.5, 1.0)


@keras.saving.register_keras_serializable(package="binomial_keras")
class BU(keras.layers.Layer):
    """Binomial unit: the four neuron types of the binomial-neuron paper in one activation.

    Forward, with `h(u) = max(0, tanh u)` in [0, 1) and `U` uniform on [0, 1), drawn anew for
    every neuron, every pass and every call, in training and in inference alike:

    * `"A"` (binomial neuron): one spike `O(t) = 1[U(t) < h(u(t))]` for each of T passes.
    * `"B"` (binomial activation): `J / T` with `J ~ Binomial(T, h(u))`, in one pass. `J` is
      drawn exactly, by inverting the binomial distribution function, not by an approximation.
    * `"C"` (Bernoulli neuron): one spike; T is 1.
    * `"D"` (full precision): `h(u)`, no randomness.

    Gradient (straight-through, dO/dh := 1): `h'(u) = 1 - tanh(u)^2` for u > 0, else 0. For
    type A over a time axis, `gradient="last"` is the paper's Algorithm 1: passes 1..T-1 carry
    no gradient and the spikes of pass T carry `T * h'(u(T))`, so that the mean over T passes
    has the derivative `h'(u(T))`. `gradient="unrolled"` gives every spike its own `h'(u(t))`.

    Every random number is a multiple of 2**-24: the probability of a spike is h(u) rounded up
    to that grid, an error below 6e-8.

    Shapes: any of `(batch, features)`, `(batch, height, width, channels)` and the same with a
    time axis, `(batch, T, ...)`. Type A adds the time axis if the input has none: the input is
    then the same in all passes, and what computes it runs once. The other types keep the shape.

    Args:
        neuron: `"A"`, `"B"`, `"C"` or `"D"`.
        T: integer >= 1, number of passes (A) or of draws (B). Type C uses 1; D ignores it.
        seed: integer or `None`, seed of the layer's own generator. The state of the generator
            is not part of a saved model: use `binomial_keras.reseed` to set it.
        gradient: `"last"` or `"unrolled"`, see above. Matters only for type A with T > 1.
        surrogate: `"straight_through"` (the paper's, as above), `("leaky", s)` for
            `max(h'(u), s)` in place of `h'(u)`, or `("relaxed", s)` for the derivative of
            `sigmoid((logit h(u) - logit U) / s)`. Changes gradients alone, never a spike (with
            type B and "relaxed" the same law is drawn from other random numbers). Meant for
            attacks, see `backward_rules`.

    Call arguments:
        inputs: membrane potential u.

    Example:

    >>> u = keras.ops.ones((2, 28, 28, 16))
    >>> binomial_keras.layers.BU("A", T=3)(u).shape
    (2, 3, 28, 28, 16)

    References:
        Ghiassirad, Farivar, Aliyari Shoorehdeli, Sayad Haghighi, Information Sciences (2023)
        119190, Eqs. 2-11 and Algorithm 1.
    """

    gain = staticmethod(tanh_gain)

    # Every image of a batch has noise of its own, so several draws may share one batch.
    noise_per_image = True

    def __init__(
        self,
        neuron: str = "A",
        T: int = 3,
        seed: int | None = None,
        gradient: str = "last",
        surrogate: str | tuple = STRAIGHT_THROUGH,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if neuron not in NEURONS:
            raise ValueError(
                "Invalid value received for argument `neuron`. Expected one of "
                f"{NEURONS}. Received: neuron={neuron!r}"
            )
        self.neuron = neuron
        self.T = check_passes(T)
        self.gradient = check_gradient(gradient)
        self.surrogate = check_surrogate(surrogate)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self._refuse_keras_normalization(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def _refuse_keras_normalization(self, inputs):
        """Keras' own BatchNormalization, and ours with "all", take statistics over all passes.

        Under the last-pass rule only pass T carries gradient, so the scale invariance that
        batch normalisation rests on would be lost and its moving averages would drift.
        """
        history = getattr(inputs, "_keras_history", None)
        source = getattr(history, "operation", None)
        if (
            isinstance(source, keras.layers.BatchNormalization)
            and getattr(source, "statistics", "all") == "all"
            and has_time_axis(len(inputs.shape))
            and self.gradient == "last"
        ):
            raise ValueError(
                f"Layer `{source.name}` is batch normalisation over a time axis. "
                "It would take its statistics over all passes while only the last one carries "
                "gradient. Use binomial_keras.layers.BatchNormalization(), which takes them from "
                "the last pass (or gradient='unrolled' in every layer)."
            )

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        if self.neuron == "A" and has_time_axis(len(input_shape)) and input_shape[1] != self.T:
            raise ValueError(
                f"Layer `{self.name}` has T={self.T}, but its input has {input_shape[1]} passes: "
                f"shape={tuple(input_shape)}. All units of a network share one T."
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        if self.neuron == "D":
            return expectation(type(self).gain, self.surrogate, inputs)
        return self.emit(inputs, next_key(self.seed_generator))

    def emit(self, u: Any, key: Any) -> Any:
        """The output for a given key: the same key and batch give the same spikes."""
        law = type(self).gain, self.surrogate
        if self.neuron == "A":
            out = self._emit_passes(law, u, key)
        elif self.neuron == "B":
            out = count(*law, self.T)(ops.cast(u, "float32"), key)
        else:
            out = one_spike(*law)(ops.cast(u, "float32"), key, 1)
        return ops.cast(out, self.compute_dtype)

    def _emit_passes(self, law, u, key):
        timed = has_time_axis(len(u.shape))
        if self.gradient == "unrolled" or self.T == 1:
            u = u if timed else ops.expand_dims(u, 1)
            return unrolled_passes(*law, self.T)(ops.cast(u, "float32"), key)
        early, last = split_last(u) if timed else (ops.expand_dims(u, 1), u)
        early, last = ops.cast(early, "float32"), ops.cast(last, "float32")
        return join(*split_passes(*law, self.T)(early, last, key))

    def emit_pass(self, u: Any, key: Any, t: Any) -> Any:
        """Spikes of pass `t` (1, 2, ...) alone, for a `u` without time axis.

        Equal to slice t-1 of what `emit` gives for the same key: the step-by-step form of a
        network and the vectorised form are one network.
        """
        u = ops.cast(u, "float32")
        return ops.cast(one_spike(type(self).gain, self.surrogate)(u, key, t), self.compute_dtype)

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try: name to changes of the configuration.

        `"leaky ..."` and `"relaxed ..."` as for the argument `surrogate`; `"unrolled"` goes
        through all passes; `"twin"` is the gradient of the type D network. Where a rule means
        nothing to a type it is left out.
        """
        rules: dict[str, dict[str, Any]] = {
            f"leaky {s}": {"surrogate": ("leaky", s)} for s in _LEAKS
        }
        if self.neuron != "D":
            rules |= {f"relaxed {s}": {"surrogate": ("relaxed", s)} for s in _TEMPERATURES}
            rules["twin"] = {"neuron": "D"}
        if self.neuron == "A" and self.T > 1:
            rules["unrolled"] = {"gradient": "unrolled"}
        return rules

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        if self.neuron == "A" and not has_time_axis(len(input_shape)):
            return (input_shape[0], self.T, *input_shape[1:])
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            neuron=self.neuron,
            T=self.T,
            seed=self.seed,
            gradient=self.gradient,
            surrogate=self.surrogate,
        )
        return config
