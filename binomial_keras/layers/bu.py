"""The binomial unit."""

import functools
import math

import keras
from keras import ops

from ..backend import fused
from .random_words import next_key, uniforms
from .time_axis import (
    check_gradient,
    check_input,
    check_passes,
    has_time_axis,
    join,
    split_last,
)

NEURONS = ("A", "B", "C", "D")
# Up to this T the count comes from one uniform number (inverse of the binomial CDF); above it
# the T comparisons are summed, because the powers of a long product would lose precision.
_LONGEST_INVERSE_CDF = 8


def tanh_gain(u):
    """`h(u) = max(0, tanh u)`."""
    return ops.relu(ops.tanh(u))


def unit_gain(u):
    """`h(u) = min(max(u, 0), 1)`: the input itself is the probability."""
    return ops.clip(u, 0.0, 1.0)


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

    def __init__(self, neuron="A", T=3, seed=None, gradient="last", **kwargs):
        super().__init__(**kwargs)
        if neuron not in NEURONS:
            raise ValueError(
                "Invalid value received for argument `neuron`. Expected one of "
                f"{NEURONS}. Received: neuron={neuron!r}"
            )
        self.neuron = neuron
        self.T = check_passes(T)
        self.gradient = check_gradient(gradient)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def __call__(self, inputs, *args, **kwargs):
        self._refuse_keras_normalization(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def _refuse_keras_normalization(self, inputs):
        """Keras' own BatchNormalization takes its statistics over all passes.

        Under the last-pass rule only pass T carries gradient, so the scale invariance that
        batch normalisation rests on would be lost and its moving averages would drift.
        """
        history = getattr(inputs, "_keras_history", None)
        source = getattr(history, "operation", None)
        if (
            type(source) is keras.layers.BatchNormalization
            and has_time_axis(len(inputs.shape))
            and self.gradient == "last"
        ):
            raise ValueError(
                f"Layer `{source.name}` is keras.layers.BatchNormalization over a time axis. "
                "It would take its statistics over all passes while only the last one carries "
                "gradient. Use binomial_keras.layers.BatchNormalization, which takes them from "
                "the last pass (or gradient='unrolled' in every layer)."
            )

    def build(self, input_shape):
        check_input(self, input_shape)
        if self.neuron == "A" and has_time_axis(len(input_shape)) and input_shape[1] != self.T:
            raise ValueError(
                f"Layer `{self.name}` has T={self.T}, but its input has {input_shape[1]} passes: "
                f"shape={tuple(input_shape)}. All units of a network share one T."
            )
        self.built = True

    def call(self, inputs):
        if self.neuron == "D":
            return type(self).gain(inputs)
        return self.emit(inputs, next_key(self.seed_generator))

    def emit(self, u, key):
        """The output for a given key: the same key and batch give the same spikes."""
        gain = type(self).gain
        if self.neuron == "A":
            out = self._emit_passes(gain, u, key)
        elif self.neuron == "B":
            out = _count(gain, self.T)(ops.cast(u, "float32"), key)
        else:
            out = _spike(gain)(ops.cast(u, "float32"), key, 1)
        return ops.cast(out, self.compute_dtype)

    def _emit_passes(self, gain, u, key):
        timed = has_time_axis(len(u.shape))
        if self.gradient == "unrolled" or self.T == 1:
            u = u if timed else ops.expand_dims(u, 1)
            return _unrolled_passes(gain, self.T)(ops.cast(u, "float32"), key)
        early, last = split_last(u) if timed else (ops.expand_dims(u, 1), u)
        early, last = ops.cast(early, "float32"), ops.cast(last, "float32")
        return join(*_split_passes(gain, self.T)(early, last, key))

    def emit_pass(self, u, key, t):
        """Spikes of pass `t` (1, 2, ...) alone, for a `u` without time axis.

        Equal to slice t-1 of what `emit` gives for the same key: the step-by-step form of a
        network and the vectorised form are one network.
        """
        u = ops.cast(u, "float32")
        return ops.cast(_spike(type(self).gain)(u, key, t), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        if self.neuron == "A" and not has_time_axis(len(input_shape)):
            return (input_shape[0], self.T, *input_shape[1:])
        return tuple(input_shape)

    def get_config(self):
        config = super().get_config()
        config.update(neuron=self.neuron, T=self.T, seed=self.seed, gradient=self.gradient)
        return config


def _straight_through(hard, soft):
    # soft - stop_gradient(soft) is exactly zero, so the spikes stay exactly 0 and 1.
    return ops.stop_gradient(hard) + (soft - ops.stop_gradient(soft))


def _element_index(x):
    shape = ops.shape(x)
    return ops.reshape(ops.arange(math.prod(shape), dtype="int32"), shape)


@functools.lru_cache(maxsize=None)
def _spike(gain):
    @fused
    def spike(u, key, t):
        h = gain(u)
        return _straight_through(
            ops.cast(uniforms(key, ops.cast(t, "int32"), _element_index(u)) < h, "float32"), h
        )

    return spike


def _numbers(first, last, rank):
    """The pass numbers first..last, along axis 1 of a tensor of this rank."""
    return ops.reshape(ops.arange(first, last + 1, dtype="int32"), (1, -1) + (1,) * (rank - 2))


@functools.lru_cache(maxsize=None)
def _unrolled_passes(gain, T):
    @fused
    def passes(u, key):
        index = ops.expand_dims(_element_index(u[:, 0]), 1)
        h = gain(u)
        draws = uniforms(key, _numbers(1, T, len(u.shape)), index)
        return _straight_through(ops.cast(draws < h, "float32"), h + ops.zeros_like(draws))

    return passes


@functools.lru_cache(maxsize=None)
def _split_passes(gain, T):
    @fused
    def passes(early, last, key):
        index = _element_index(last)
        draws = uniforms(key, _numbers(1, T - 1, len(early.shape)), ops.expand_dims(index, 1))
        spikes = ops.cast(draws < gain(ops.stop_gradient(early)), "float32")
        h = gain(last)
        spike = ops.cast(uniforms(key, ops.cast(T, "int32"), index) < h, "float32")
        return spikes, _straight_through(spike, T * h)

    return passes


@functools.lru_cache(maxsize=None)
def _count(gain, T):
    def inverse_cdf(u, key):
        h = gain(u)
        uniform = uniforms(key, ops.cast(1, "int32"), _element_index(u))
        success, failure = [ops.ones_like(h)], [ops.ones_like(h)]
        for _ in range(T):
            success.append(success[-1] * h)
            failure.append(failure[-1] * (1.0 - h))
        cdf, count = 0.0, 0.0
        for k in range(T):
            cdf = cdf + math.comb(T, k) * success[k] * failure[T - k]
            count = count + ops.cast(uniform >= cdf, "float32")
        return _straight_through(count / T, h)

    def summed(u, key):
        h = gain(u)
        index = ops.expand_dims(_element_index(u), -1)
        draws = uniforms(key, ops.arange(1, T + 1, dtype="int32"), index)
        count = ops.sum(ops.cast(draws < ops.expand_dims(h, -1), "float32"), axis=-1)
        return _straight_through(count / T, h)

    return fused(inverse_cdf if T <= _LONGEST_INVERSE_CDF else summed)
