"""Which inputs of a convolution or pooling meet which windows, counted exactly."""

import math

import numpy as np


def fan_out(size, kernel, stride=1, dilation=1, padding="valid"):
    """How many windows look at each of the inputs along one axis.

    Zeros that padding adds are no inputs: at the border a window has fewer taps.

    Args:
        size, kernel, stride, dilation: integers >= 1.
        padding: `"valid"`, `"same"` or `"causal"`, as Keras places the windows.

    Returns:
        Integer array `(size,)`; its sum is the number of (window, input) pairs.
    """
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        windows, before = (size - reach) // stride + 1, 0
    else:
        windows = -(-size // stride)
        missing = max((windows - 1) * stride + reach - size, 0)
        before = reach - 1 if padding == "causal" else missing // 2
    taps = np.arange(windows)[:, None] * stride + np.arange(kernel) * dilation - before
    return np.bincount(taps[(taps >= 0) & (taps < size)], minlength=size)


def fans(sizes, kernels, strides, dilations, padding):
    """`fan_out` of every axis."""
    axes = zip(sizes, kernels, strides, dilations)
    return [fan_out(*axis, padding) for axis in axes]


def pairs(axes):
    """Number of (window, input) pairs of all axes together."""
    return math.prod(int(axis.sum()) for axis in axes)


def weighted(values, axes):
    """Sum over `(images, ..., channels)` of every value times the windows that look at it."""
    total = np.asarray(values, np.float64).sum(axis=(0, -1))
    for axis in axes:
        total = np.tensordot(axis.astype(np.float64), total, 1)
    return float(total)
