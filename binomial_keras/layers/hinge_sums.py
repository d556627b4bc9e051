"""The kernels of SPLASH and APL: sums of hinges in one pass over the data, with cheap gradients.

Written out, a sum of 2K ReLUs is some 6K passes over memory, and its backward pass keeps 2K
tensors of the input's size. Here the forward pass is one fused kernel and keeps the input alone;
the gradient for the input is a second one; the gradient for the weights is a contraction of the
hinges, stacked along a new last axis that is never written to memory. The two gradients are
separate kernels, so that an attack, which needs no gradient of the weights, does not pay for it.
"""

import functools

import keras
from keras import ops

from ..backend import fused


def stacked(*weights):
    """Weights of one shape as one tensor, in float32 at least: half precision is for storage."""
    dtype = keras.backend.standardize_dtype(weights[0].dtype)
    values = [weight.value for weight in weights]
    return ops.cast(ops.stack(values), "float64" if dtype == "float64" else "float32")


def _rows(x, weights):
    """`x` as (n, channels, 1), or (n, 1, 1) for weights that all channels share."""
    channels = weights.shape[2] if len(weights.shape) == 3 else 1
    return ops.reshape(ops.cast(x, weights.dtype), (-1, channels, 1))


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
        count = len(hinges)
        signs = ops.convert_to_tensor([1.0] * count + [-1.0] * count, weights.dtype)
        places = ops.convert_to_tensor(hinges + hinges, weights.dtype)
        x, g = _rows(x, weights), _rows(g, weights)
        sums = ops.sum(g * ops.relu(x * signs - places), axis=0)
        return ops.reshape(ops.transpose(sums), tuple(weights.shape))

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
        x, g = _rows(x, weights), _rows(g, weights)
        slopes, places = (
            ops.transpose(ops.reshape(weights[k], (weights.shape[1], -1))) for k in (0, 1)
        )
        below = ops.sum(g * ops.relu(places - x), axis=0)
        moved = slopes * ops.sum(ops.where(places > x, g, 0.0), axis=0)
        sums = ops.stack([ops.transpose(below), ops.transpose(moved)])
        return ops.reshape(sums, tuple(weights.shape))

    return _with_gradients(value, input_gradient, weight_gradient)
