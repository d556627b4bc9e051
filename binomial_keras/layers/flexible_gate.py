"""The kernels of the flexible layer: pooling, gate and mixture in one pass over the data.

The convolution is left to the backend. Everything else is element-wise or a running maximum, and
bound by memory: compiled as one kernel it costs about what the pooling alone costs in Keras.
"""

import functools
import math
from typing import NamedTuple

from keras import ops

from ..backend import fused
from .random_words import uniforms


class Settings(NamedTuple):
    """What a kernel is compiled for: the layer's arguments under their own names."""

    kernel_size: tuple
    strides: tuple
    padding: str
    filters: int
    max_when: str
    scale: float
    surrogate: tuple
    activation: object


def pooled(x, settings):
    """Max-pooling of float32 images, `(batch, height, width, channels)`.

    As running maxima, over the columns and then over the rows. The gradient goes to the first
    maximum of a window in row-major order, on every backend.
    """
    for axis in (2, 1):
        size, stride = settings.kernel_size[axis - 1], settings.strides[axis - 1]
        if settings.padding == "same":
            x = _padded(x, axis, size, stride)
        x = _running_max(x, axis, size)
        if stride > 1:
            x = x[:, ::stride] if axis == 1 else x[:, :, ::stride]
    return x


def _padded(x, axis, size, stride):
    length = x.shape[axis]
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    width = [(0, 0)] * 4
    width[axis] = (total // 2, total - total // 2)
    return ops.pad(x, width, constant_values=-math.inf) if total else x


def _running_max(x, axis, size):
    """Maxima of all windows of `size` along an axis, by doubling: ~log2(size) comparisons."""
    length, covered = x.shape[axis], 1
    while covered < size:
        step = min(covered, size - covered)
        covered += step
        count = length - covered + 1
        x = _first_max(_cut(x, axis, 0, count), _cut(x, axis, step, count))
    return x


def _cut(x, axis, start, count):
    return x[:, start : start + count] if axis == 1 else x[:, :, start : start + count]


def _first_max(a, b):
    # Not ops.maximum: backends differ in the gradient it has where a == b, and after a ReLU
    # most windows hold several zeros.
    return ops.where(a >= b, a, b)


def gate(P, threshold, settings):
    """Share of max-pooling, in [0, 1]: `sigmoid(s (T - P))`, or with P - T for "above"."""
    excess = threshold - P if settings.max_when == "below" else P - threshold
    exact = ops.sigmoid(settings.scale * excess)
    name = settings.surrogate[0]
    if name == "stopped_gate":
        return ops.stop_gradient(exact)
    if name == "soft_gate":
        soft = ops.sigmoid(settings.surrogate[1] * excess)
        # soft - stop_gradient(soft) is exactly zero: the forward pass is the exact one.
        return ops.stop_gradient(exact) + (soft - ops.stop_gradient(soft))
    return exact


def _branches(x, potential, bias, settings):
    """P and C in float32, with as many channels as can be told apart."""
    x, C = ops.cast(x, "float32"), ops.cast(potential, "float32")
    if bias is not None:
        C = C + ops.cast(bias, "float32")
    if settings.activation is not None:
        C = settings.activation(C)
    P = pooled(x, settings)
    if settings.surrogate[0] == "average_pool":
        mean = ops.average_pool(
            x, settings.kernel_size, settings.strides, settings.padding, "channels_last"
        )
        P = ops.stop_gradient(P) + (mean - ops.stop_gradient(mean))
    return matched(P, settings.filters), C


def _blend(g, P, C):
    # Not C + g (P - C): this one is exactly P at g = 1.
    return g * P + (1.0 - g) * C


def matched(P, filters):
    """The pooled branch with `filters` channels; a single channel is left to broadcasting."""
    channels = P.shape[-1]
    return P if channels in (1, filters) else ops.tile(P, (1, 1, 1, filters // channels))


@functools.lru_cache(maxsize=None)
def gated_mixture(settings):
    """`(x, conv(x), bias, T) -> g P + (1 - g) C`: the two sigmoids of Eq. 1 sum to 1."""

    @fused
    def mixture(x, potential, bias, threshold):
        P, C = _branches(x, potential, bias, settings)
        return _blend(gate(P, threshold, settings), P, C)

    return mixture


@functools.lru_cache(maxsize=None)
def masked_mixture(settings):
    """`(x, conv(x), bias, mask) -> P` where the mask is 1, C where it is 0."""

    @fused
    def mixture(x, potential, bias, mask):
        P, C = _branches(x, potential, bias, settings)
        return _blend(mask, P, C)

    return mixture


@functools.lru_cache(maxsize=None)
def gate_alone(settings):
    """`(x, T) -> ` the gate, for a look at it."""

    @fused
    def alone(x, threshold):
        P = matched(pooled(ops.cast(x, "float32"), settings), settings.filters)
        return gate(P, threshold, settings)

    return alone


@functools.lru_cache(maxsize=None)
def coin_mask(per_image):
    """`(key, units) -> ` fair coins, 0 or 1, of the shape of `units`.

    Without `per_image` the first axis has length 1: one mask for the whole batch.
    """

    @fused
    def mask(key, units):
        shape = tuple(ops.shape(units))
        shape = shape if per_image else (1, *shape[1:])
        index = ops.reshape(ops.arange(math.prod(shape), dtype="int32"), shape)
        return ops.cast(uniforms(key, 1, index) < 0.5, "float32")

    return mask
