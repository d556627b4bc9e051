"""Pixels as spikes."""

import keras

from .bu import BU
from .spikes import unit_gain


@keras.saving.register_keras_serializable(package="binomial_keras")
class SpikeEncoder(BU):
    """Encode values in [0, 1] as spikes: a `BU` whose probability is the value itself.

    Forward: `O = 1[U < x]` with x clipped to [0, 1]; type A gives one spike per pass, B the mean
    of T draws, C one draw, D the (clipped) value. Gradient: straight-through, 1 inside [0, 1]
    and 0 outside. Shapes, arguments and `convert` as for `BU`.

    The paper leaves open whether the first convolution sees real or sampled pixels; the default
    of `models.binomial_cnn` are real ones, this layer is the other reading.

    Example:

    >>> binomial_keras.layers.SpikeEncoder("A", T=4)(keras.ops.array([[0.0, 1.0]]))
    [[[0., 1.], [0., 1.], [0., 1.], [0., 1.]]]
    """

    gain = staticmethod(unit_gain)
