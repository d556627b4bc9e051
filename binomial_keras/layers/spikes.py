"""The fused kernels of the binomial unit: probabilities, draws, and the gradient that goes back.

`gain` is a function with an attribute `derivative`, `surrogate` one of `surrogate.py`. Every
kernel is made once per (gain, surrogate, T).
"""

import functools
import math
from typing import Any

from keras import ops

from ..backend import fused
from .random_words import uniforms
from .surrogate import STRAIGHT_THROUGH, soft

# Up to this T the count comes from one uniform number (inverse of the binomial CDF); above it
# the T comparisons are summed, because the powers of a long product would lose precision.
_LONGEST_INVERSE_CDF = 8


def tanh_gain(u: Any) -> Any:
    """`h(u) = max(0, tanh u)`."""
    return ops.relu(ops.tanh(u))


def _tanh_derivative(u):
    return ops.where(u > 0, 1.0 - ops.square(ops.tanh(u)), 0.0)


def unit_gain(u: Any) -> Any:
    """`h(u) = min(max(u, 0), 1)`: the input itself is the probability."""
    return ops.clip(u, 0.0, 1.0)


def _unit_derivative(u):
    return ops.cast(ops.logical_and(u >= 0.0, u <= 1.0), "float32")


tanh_gain.derivative = _tanh_derivative
unit_gain.derivative = _unit_derivative


def expectation(gain, surrogate, u):
    """`h(u)`, what type D emits, with the derivative that the surrogate names."""
    if surrogate == STRAIGHT_THROUGH:
        return gain(u)
    return _straight_through(gain(u), soft(surrogate, gain, u))


def _straight_through(hard, sloped):
    # sloped - stop_gradient(sloped) is exactly zero, so the spikes stay exactly 0 and 1.
    return ops.stop_gradient(hard) + (sloped - ops.stop_gradient(sloped))


def _fired(draws, h):
    return ops.cast(draws < h, "float32")


def element_index(x):
    """The number of every element of a tensor: int32, shaped like it."""
    shape = ops.shape(x)
    return ops.reshape(ops.arange(math.prod(shape), dtype="int32"), shape)


@functools.lru_cache(maxsize=None)
def one_spike(gain, surrogate):
    """`(u, key, t) -> ` the spikes of pass t."""

    @fused
    def spike(u, key, t):
        draws = uniforms(key, ops.cast(t, "int32"), element_index(u))
        return _straight_through(_fired(draws, gain(u)), soft(surrogate, gain, u, draws))

    return spike


def _numbers(first, last, rank):
    """The pass numbers first..last, along axis 1 of a tensor of this rank."""
    return ops.reshape(ops.arange(first, last + 1, dtype="int32"), (1, -1) + (1,) * (rank - 2))


@functools.lru_cache(maxsize=None)
def unrolled_passes(gain, surrogate, T):
    """`(u, key) -> ` the spikes of passes 1..T, each with its own gradient."""

    @fused
    def passes(u, key):
        index = ops.expand_dims(element_index(u[:, 0]), 1)
        draws = uniforms(key, _numbers(1, T, len(u.shape)), index)
        sloped = soft(surrogate, gain, u, draws) + ops.zeros_like(draws)
        return _straight_through(_fired(draws, gain(u)), sloped)

    return passes


@functools.lru_cache(maxsize=None)
def split_passes(gain, surrogate, T):
    """`(early u, last u, key) -> ` the spikes of passes 1..T-1, without gradient, and of T."""

    @fused
    def passes(early, last, key):
        index = element_index(last)
        draws = uniforms(key, _numbers(1, T - 1, len(early.shape)), ops.expand_dims(index, 1))
        spikes = _fired(draws, gain(ops.stop_gradient(early)))
        draws = uniforms(key, ops.cast(T, "int32"), index)
        sloped = T * soft(surrogate, gain, last, draws)
        return spikes, _straight_through(_fired(draws, gain(last)), sloped)

    return passes


@functools.lru_cache(maxsize=None)
def count(gain, surrogate, T):
    """`(u, key) -> J / T` with J binomial."""

    def inverse_cdf(u, key):
        h = gain(u)
        uniform = uniforms(key, ops.cast(1, "int32"), element_index(u))
        success, failure = [ops.ones_like(h)], [ops.ones_like(h)]
        for _ in range(T):
            success.append(success[-1] * h)
            failure.append(failure[-1] * (1.0 - h))
        cdf, spikes = 0.0, 0.0
        for k in range(T):
            cdf = cdf + math.comb(T, k) * success[k] * failure[T - k]
            spikes = spikes + ops.cast(uniform >= cdf, "float32")
        return _straight_through(spikes / T, soft(surrogate, gain, u))

    def summed(u, key):
        index = ops.expand_dims(element_index(u), -1)
        draws = uniforms(key, ops.arange(1, T + 1, dtype="int32"), index)
        spikes = ops.sum(_fired(draws, ops.expand_dims(gain(u), -1)), axis=-1) / T
        if surrogate[0] != "relaxed":
            return _straight_through(spikes, soft(surrogate, gain, u))
        sloped = ops.mean(soft(surrogate, gain, ops.expand_dims(u, -1), draws), axis=-1)
        return _straight_through(spikes, sloped)

    # The relaxation needs the number that drew each spike, which the inverse CDF does not have.
    return fused(
        inverse_cdf if T <= _LONGEST_INVERSE_CDF and surrogate[0] != "relaxed" else summed
    )
