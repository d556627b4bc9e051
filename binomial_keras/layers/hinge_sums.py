"""The kernels of SPLASH and APL: sums of hinges in one pass over the data, with cheap gradients.

Written out, a sum of 2K ReLUs is some 6K passes over memory, and its backward pass keeps 2K
tensors of the input's size. Here the forward pass is one fused kernel and keeps the input alone;
the gradient for the input is a second one; the gradient for the weights sums over the hinges,
stacked along a new axis that is never written to memory. The two gradients are
separate kernels, so that an attack, which needs no gradient of the weights, does not pay for it.
"""

import functools
import math

import keras
import numpy as np
from keras import ops

from ..backend import fused


def stacked(*weights):
    """Weights of one shape as one tensor, in float32 at least: half precision is for storage."""
    dtype = keras.backend.standardize_dtype(weights[0].dtype)
    values = [weight.value for weight in weights]
    return ops.cast(ops.stack(values), "float64" if dtype == "float64" else "float32")


def _summed(term, x, g, constants):
    """Sums of `term(x, g, *constants)` over all that shares a weight, without a stack in memory.

    Args:
        term: element-wise function.
        x, g: input and gradient of the output.
        constants: arrays `(S, channels)`, or `(S, 1)` if the channels share their weights.

    Returns:
        Tensor of the constants' shape.
    """
    channels = constants[0].shape[1]
    if keras.backend.backend() == "tensorflow":
        # Its compiler keeps the S sums of one image in a vector register; over more than some
        # 8 million terms at once it writes the stack to memory after all, five times as slow.
        rows = [ops.transpose(row) for row in constants]
        images = [t if len(t.shape) > 1 else ops.reshape(t, (1, -1)) for t in (x, g)]

        def add(i, total):
            image, g = (ops.reshape(t[i], (-1, channels, 1)) for t in images)
            return total + ops.sum(term(image, g, *rows), axis=0)

        zeros = ops.zeros(rows[0].shape, rows[0].dtype)
        return ops.transpose(ops.fori_loop(0, ops.shape(images[0])[0], add, zeros))
    if channels > 1:
        x, g = (ops.reshape(t, (-1, channels)) for t in (x, g))
        return ops.stack([ops.sum(term(x, g, *row), axis=0) for row in zip(*constants)])
    # That of JAX is thirty times faster if an image's rows stay side by side until the end.
    lanes = math.prod(x.shape[2:]) if len(x.shape) > 2 else x.shape[-1]
    x, g = (ops.reshape(t, (-1, 1, lanes)) for t in (x, g))
    return ops.sum(ops.sum(term(x, g, *constants), axis=0), axis=1, keepdims=True)


def _channels(weights):
    return weights.shape[2] if len(weights.shape) == 3 else 1


def _with_gradients(value, input_gradient, weight_gradient):
    """`(x, weights) -> value(x, weights)` with gradients that are given.

    Args:
        value: function of x and of the stacked weights.
        input_gradient: function of x, the output's gradient and the weights to that of x.
        weight_gradient: the same arguments to the gradient of the weights.
    """

    @ops.custom_gradient
    def function(x, weights):
        def gradients(*arguments, upstream=None):
            g = arguments[-1] if upstream is None else upstream
            return input_gradient(x, g, weights), weight_gradient(x, g, weights)

        return value(x, weights), gradients

    return function


@functools.lru_cache(maxsize=None)
def splash(hinges):
    """`(x, [p, m]) -> sum_s p[s] max(0, x - b_s) + m[s] max(0, -x - b_s)`.

    Hinges are symmetric, so one pass over |x| serves both sides, and the sign of x chooses.
    """

    @fused
    def value(x, weights):
        wide = ops.cast(x, weights.dtype)
        size = ops.abs(wide)
        sums = [weights[side, 0] * size for side in (0, 1)]
        for s in range(1, len(hinges)):
            beyond = ops.relu(size - hinges[s])
            sums = [sums[side] + weights[side, s] * beyond for side in (0, 1)]
        return ops.cast(ops.where(wide > 0, *sums), x.dtype)

    @fused
    def input_gradient(x, g, weights):
        wide = ops.cast(x, weights.dtype)
        size = ops.abs(wide)
        slopes = [weights[side, 0] for side in (0, 1)]
        for s in range(1, len(hinges)):
            beyond = size > hinges[s]
            slopes = [slopes[side] + ops.where(beyond, weights[side, s], 0.0) for side in (0, 1)]
        slope = ops.where(wide > 0, slopes[0], ops.where(wide < 0, -slopes[1], 0.0))
        return ops.cast(ops.cast(g, weights.dtype) * slope, x.dtype)

    @fused
    def weight_gradient(x, g, weights):
        shape = (2 * len(hinges), _channels(weights))
        signs, places = (
            ops.convert_to_tensor(np.broadcast_to(np.reshape(row, (-1, 1)), shape), weights.dtype)
            for row in ([1.0] * len(hinges) + [-1.0] * len(hinges), hinges + hinges)
        )
        x, g = (ops.cast(t, weights.dtype) for t in (x, g))
        sums = _summed(lambda x, g, sign, b: g * ops.relu(x * sign - b), x, g, (signs, places))
        return ops.reshape(sums, tuple(weights.shape))

    return _with_gradients(value, input_gradient, weight_gradient)


@functools.lru_cache(maxsize=None)
def apl():
    """`(x, [a, b]) -> max(0, x) + sum_s a[s] max(0, b[s] - x)`."""

    @fused
    def value(x, weights):
        wide = ops.cast(x, weights.dtype)
        total = ops.relu(wide)
        for s in range(weights.shape[1]):
            total = total + weights[0, s] * ops.relu(weights[1, s] - wide)
        return ops.cast(total, x.dtype)

    @fused
    def input_gradient(x, g, weights):
        wide = ops.cast(x, weights.dtype)
        slope = ops.cast(wide > 0, weights.dtype)
        for s in range(weights.shape[1]):
            slope = slope - ops.where(weights[1, s] > wide, weights[0, s], 0.0)
        return ops.cast(ops.cast(g, weights.dtype) * slope, x.dtype)

    @fused
    def weight_gradient(x, g, weights):
        slopes, places = (ops.reshape(weights[k], (-1, _channels(weights))) for k in (0, 1))
        x, g = (ops.cast(t, weights.dtype) for t in (x, g))
        below = _summed(lambda x, g, b: g * ops.relu(b - x), x, g, (places,))
        count = _summed(lambda x, g, b: ops.where(b > x, g, 0.0), x, g, (places,))
        return ops.reshape(ops.stack([below, slopes * count]), tuple(weights.shape))

    return _with_gradients(value, input_gradient, weight_gradient)
