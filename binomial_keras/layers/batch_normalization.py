"""Batch normalisation with a defined rule for the time axis."""

from typing import Any

import keras
from keras import ops

from ..backend import fused
from .arguments import check_choice
from .normalization_kernel import normalize
from .time_axis import check_gradient, check_input, has_time_axis, join, split_last

STATISTICS = ("last", "all")


@keras.saving.register_keras_serializable(package="binomial_keras")
class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation whose statistics come from the last pass, or from all passes.

    Forward: `y(t) = gamma * (u(t) - mean) / sqrt(variance + epsilon) + beta`, the same mean and
    variance for all passes. In training they are those of pass T over batch and positions, in
    inference the moving averages (which are updated in training as in Keras). With
    `statistics="all"` they are taken over batch, passes and positions.

    Why pass T: under the last-pass rule only pass T carries gradient. Statistics over all passes
    would depend on values that carry none, the gradient of a normalised layer would no longer be
    orthogonal to its weights, and the weights and moving averages would drift. Networks that are
    trained through time, such as those of `LIF`, have gradient in every pass: `"all"` is theirs.
    Without a time axis, and with T = 1, this is `keras.layers.BatchNormalization`, as one kernel
    for the forward and one for the backward pass where the backend can.

    Gradient: through pass T, statistics included; with `gradient="unrolled"` or
    `statistics="all"` through all passes.

    Shapes: the input's. The normalised axis is the last one; masks are not used.

    Args:
        gradient: `"last"` or `"unrolled"`; the same for all layers of a network.
        statistics: `"last"` or `"all"`.
        Everything else: as in `keras.layers.BatchNormalization`.

    Example:

    >>> passes = keras.random.normal((100, 3, 8), mean=5.0, seed=0)
    >>> last = binomial_keras.layers.BatchNormalization()(passes, training=True)[:, -1]
    >>> keras.ops.mean(last), keras.ops.std(last)
    (0.0, 1.0)
    """

    def __init__(self, gradient: str = "last", statistics: str = "last", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gradient = check_gradient(gradient)
        self.statistics = check_choice("statistics", statistics, STATISTICS)
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

    def build(self, input_shape: tuple) -> None:
        check_input(self, input_shape)
        self._several_passes = has_time_axis(len(input_shape)) and input_shape[1] > 1
        super().build(input_shape)
        # Keras pins the input rank; the weights are the same with and without a time axis.
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = ops.cast(inputs, "float32")
        training = training and self.trainable
        if not has_time_axis(len(x.shape)) or self.statistics == "all":
            out = self._by_its_own(x) if training else self._averaged(x)
        elif self.gradient == "last":
            out = self._by_last_pass(x, training)
        else:
            out = self._unrolled(x) if training else self._averaged(x)
        return ops.cast(out, self.compute_dtype)

    def _by_its_own(self, x):
        """Normalised by the statistics of x."""
        out, mean, variance = self._normalize(x)
        self._remember(mean, variance)
        return out

    def _by_last_pass(self, x, training):
        """No gradient but through pass T."""
        early, last = split_last(x)
        if training:
            out, mean, variance = self._normalize(last)
            self._remember(mean, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
            out = self._averaged(last)
        return join(_affine(early, *map(ops.stop_gradient, self._factors(mean, variance))), out)

    def _unrolled(self, x):
        """Gradient through all passes, and through the statistics, which are those of pass T."""
        last = split_last(x)[1]
        axes = tuple(range(len(last.shape) - 1))
        mean = ops.mean(last, axis=axes)
        variance = ops.maximum(ops.mean(ops.square(last), axis=axes) - ops.square(mean), 0.0)
        self._remember(mean, variance)
        scale, offset = self._factors(mean, variance)
        return x * scale + offset

    def _averaged(self, x):
        """Normalised by the moving averages."""
        scale, offset = self._factors(self.moving_mean, self.moving_variance)
        return x * scale + offset

    def _normalize(self, x):
        gamma = self.gamma if self.scale else ops.ones(self.moving_mean.shape)
        beta = self.beta if self.center else ops.zeros(self.moving_mean.shape)
        return normalize(self.epsilon)(x, gamma, beta)

    def _factors(self, mean, variance):
        scale = ops.rsqrt(variance + self.epsilon)
        if self.scale:
            scale = scale * self.gamma
        offset = -mean * scale
        return scale, offset + self.beta if self.center else offset

    def _remember(self, mean, variance):
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(
                average * self.momentum + ops.stop_gradient(value) * (1.0 - self.momentum)
            )

    def get_config(self) -> dict[str, Any]:
        config = {"gradient": self.gradient, "statistics": self.statistics}
        return {**super().get_config(), **config}

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try, see `BU.backward_rules`."""
        unrollable = (
            self._several_passes and self.gradient == "last" and self.statistics == "last"
        )
        return {"unrolled": {"gradient": "unrolled"}} if unrollable else {}


@fused
def _affine(x, scale, offset):
    return x * scale + offset
