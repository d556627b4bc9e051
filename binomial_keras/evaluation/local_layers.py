"""Layers whose output at a place depends on a small window of their input."""

import dataclasses

import keras
from keras import ops

from ..layers import BU, SPLASH, PerPass

_POINTWISE = (
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.ELU,
    keras.layers.Identity,
    keras.layers.LeakyReLU,
    keras.layers.ReLU,
    keras.layers.Rescaling,
    SPLASH,
)
_POOLS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


@dataclasses.dataclass(frozen=True)
class LocalLayer:
    """A layer as a function of windows.

    Output (i, j) depends on the `size` x `size` inputs from `(i, j) * stride - before` on;
    inputs outside the map are zero.

    Attributes:
        size, stride: integers >= 1.
        before: tuple, rows above and columns left of the map that the layer takes for zero.
        apply: function of windows `(n, height, width, channels)` to the outputs whose inputs lie
            all within the window.
    """

    size: int
    stride: int
    before: tuple
    apply: object

    @property
    def pointwise(self):
        """Whether a place of the output depends on the same place of the input alone."""
        return self.size == self.stride == 1

    def reach(self, width):
        """Most outputs, along one axis, that `width` neighbouring inputs have a part in."""
        return (width + self.size - 2) // self.stride + 1

    def side(self, width):
        """Inputs, along one axis, that `width` neighbouring outputs depend on."""
        return (width - 1) * self.stride + self.size

    def first(self, places):
        """The first output that the input at `places` `(n, 2)` has a part in."""
        return (places - self.size + ops.array(self.before)) // self.stride + 1

    def start(self, places):
        """The first input that the output at `places` `(n, 2)` depends on."""
        return places * self.stride - ops.array(self.before)


def local_layer(layer, map_size):
    """The `LocalLayer` of a Keras layer on maps `(height, width)`; `None` if it is none."""
    if isinstance(layer, PerPass):
        layer = layer.layer
    if isinstance(layer, keras.layers.Conv2D) and not isinstance(
        layer, (keras.layers.Conv2DTranspose, keras.layers.DepthwiseConv2D)
    ):
        return _convolution(layer, map_size)
    if isinstance(layer, _POOLS):
        return _pool(layer)
    noiseless = isinstance(layer, BU) and layer.neuron == "D"
    if not (noiseless or isinstance(layer, _POINTWISE)):
        return None
    if getattr(layer, "axis", -1) not in (-1, 3):
        return None
    return LocalLayer(1, 1, (0, 0), lambda x: layer(x, training=False))


def _convolution(layer, map_size):
    (size, width), (stride, across) = layer.kernel_size, layer.strides
    plain = tuple(layer.dilation_rate) == (1, 1) and layer.groups == 1
    if size != width or stride != across or not plain or layer.padding not in ("same", "valid"):
        return None
    if layer.data_format != "channels_last":
        return None

    def apply(windows):
        outputs = ops.conv(windows, layer.kernel, stride, "valid", layer.data_format)
        outputs = outputs + layer.bias if layer.use_bias else outputs
        return outputs if layer.activation is None else layer.activation(outputs)

    before = (0, 0)
    if layer.padding == "same":
        # As TensorFlow pads: what is left over goes below and to the right.
        around = [max((-(-n // stride) - 1) * stride + size - n, 0) for n in map_size]
        before = tuple(n // 2 for n in around)
    return LocalLayer(size, stride, before, apply)


def _pool(layer):
    (size, width), (stride, across) = layer.pool_size, layer.strides
    if size != width or stride != across or layer.padding != "valid":
        return None
    return LocalLayer(size, stride, (0, 0), layer) if layer.data_format == "channels_last" else None
