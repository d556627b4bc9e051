"""Batch normalisation with a defined rule for the time axis."""

import keras
from keras import ops

from ..backend import fused
from .time_axis import check_gradient, check_input, has_time_axis, join, split_last


@keras.saving.register_keras_serializable(package="binomial_keras")
class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation whose statistics come from the last pass.

    Forward: `y(t) = gamma * (u(t) - mean) / sqrt(variance + epsilon) + beta`, the same mean and
    variance for all passes. In training they are those of pass T over batch and positions, in
    inference the moving averages (which are updated in training as in Keras).

    Why pass T: under the last-pass rule only pass T carries gradient. Statistics over all passes
    would depend on values that carry none, the gradient of a normalised layer would no longer be
    orthogonal to its weights, and the weights and moving averages would drift. Without a time
    axis, and with T = 1, this is `keras.layers.BatchNormalization`.

    Gradient: through pass T, statistics included; with `gradient="unrolled"` through all passes.

    Shapes: the input's. The normalised axis is the last one; masks are not used.

    Args:
        gradient: `"last"` or `"unrolled"`; the same for all layers of a network.
        Everything else: as in `keras.layers.BatchNormalization`.

    Example:

    >>> passes = keras.random.normal((100, 3, 8), mean=5.0, seed=0)
    >>> last = binomial_keras.layers.BatchNormalization()(passes, training=True)[:, -1]
    >>> keras.ops.mean(last), keras.ops.std(last)
    (0.0, 1.0)
    """

    def __init__(self, gradient="last", **kwargs):
        super().__init__(**kwargs)
        self.gradient = check_gradient(gradient)
        if self.axis != -1:
            raise ValueError(
                "Invalid value received for argument `axis`. Expected -1 (channels last). "
                f"Received: axis={self.axis}"
            )
        for name in ("renorm", "synchronized"):
            if getattr(self, name):
                raise ValueError(
                    f"Invalid value received for argument `{name}`. Expected False: it is not "
                    f"defined over a time axis. Received: {name}=True"
                )

    def build(self, input_shape):
        check_input(self, input_shape)
        self._several_passes = has_time_axis(len(input_shape)) and input_shape[1] > 1
        super().build(input_shape)
        # Keras pins the input rank; the weights are the same with and without a time axis.
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs, training=None):
        x = ops.cast(inputs, "float32")
        timed = has_time_axis(len(x.shape))
        early, last = split_last(x) if timed else (None, x)
        mean, variance = self._statistics(last, training)
        scale = ops.rsqrt(variance + self.epsilon)
        if self.scale:
            scale = scale * self.gamma
        offset = -mean * scale
        if self.center:
            offset = offset + self.beta
        if timed and self.gradient == "last":
            cut = ops.stop_gradient
            out = join(_affine(early, cut(scale), cut(offset)), last * scale + offset)
        else:
            out = x * scale + offset
        return ops.cast(out, self.compute_dtype)

    def _statistics(self, x, training):
        if not (training and self.trainable):
            return ops.convert_to_tensor(self.moving_mean), ops.convert_to_tensor(
                self.moving_variance
            )
        # E[x^2] - E[x]^2 reads the data once less than the two-pass form; convolution outputs
        # have means of the size of their deviations, so nothing cancels.
        axes = tuple(range(len(x.shape) - 1))
        mean = ops.mean(x, axis=axes)
        variance = ops.maximum(ops.mean(ops.square(x), axis=axes) - ops.square(mean), 0.0)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(
                average * self.momentum + ops.stop_gradient(value) * (1.0 - self.momentum)
            )
        return mean, variance

    def get_config(self):
        return {**super().get_config(), "gradient": self.gradient}

    def backward_rules(self):
        """Other gradients that an attacker should try, see `BU.backward_rules`."""
        unrollable = self._several_passes and self.gradient == "last"
        return {"unrolled": {"gradient": "unrolled"}} if unrollable else {}


@fused
def _affine(x, scale, offset):
    return x * scale + offset
