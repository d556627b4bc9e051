"""Normalisation with the statistics of its own input, forward and backward, as one kernel each.

For x with one row per place and one column per channel, n rows, `z = (x - mean) / sigma`,
`sigma = sqrt(variance + epsilon)` and the cotangent c:

    y = gamma z + beta
    dL/dbeta = sum c                dL/dgamma = sum c z
    dL/dx = gamma / sigma (c - dL/dbeta / n - z dL/dgamma / n)

The backward kernel keeps nothing of the forward one but x and the statistics.
"""

import functools

from keras import ops

from ..backend import fused
from ..given_gradient import with_gradient


def _rows(x):
    return ops.reshape(x, (-1, x.shape[-1]))


@functools.lru_cache(maxsize=None)
def normalize(epsilon):
    """`(x, gamma, beta) -> (y, mean, variance)`, the statistics over all axes but the last.

    The gradient is that of y; the statistics that it returns carry none.
    """

    @fused
    def forward(x, gamma, beta):
        rows = _rows(x)
        # E[x^2] - E[x]^2 reads the data once less than the two-pass form; convolution outputs
        # have means of the size of their deviations, so nothing cancels.
        mean = ops.mean(rows, axis=0)
        variance = ops.maximum(ops.mean(ops.square(rows), axis=0) - ops.square(mean), 0.0)
        scale = gamma * ops.rsqrt(variance + epsilon)
        return ops.reshape((rows - mean) * scale + beta, ops.shape(x)), mean, variance

    @fused
    def backward(x, gamma, mean, variance, cotangent):
        rows, c = _rows(x), _rows(cotangent)
        n = ops.cast(ops.shape(rows)[0], "float32")
        inverse = ops.rsqrt(variance + epsilon)
        z = (rows - mean) * inverse
        to_beta, to_gamma = ops.sum(c, axis=0), ops.sum(c * z, axis=0)
        to_x = gamma * inverse * (c - to_beta / n - z * (to_gamma / n))
        return ops.reshape(to_x, ops.shape(x)), to_gamma, to_beta

    def pull(inputs, outputs, cotangents):
        x, gamma, _ = inputs
        _, mean, variance = outputs
        return tuple(backward(x, gamma, mean, variance, cotangents[0]))

    return with_gradient(lambda x, gamma, beta: tuple(forward(x, gamma, beta)), pull)
