"""What layers with weights become in NIR: convolutions, dense layers, normalisation."""

import keras
import numpy as np
from keras import ops

from .conventions import flat_order
from .graph import refused

_LINEAR = "a layer without activation"


def conv(graph, layer, value, number):
    """A convolution as `nir.Conv2d`; "same" padding is written out."""
    _check_linear(layer)
    kernel = ops.convert_to_numpy(layer.kernel).transpose(3, 2, 0, 1)
    if layer.groups != 1 or kernel.shape[2] != kernel.shape[3]:
        raise refused(layer.name, "a square kernel and groups=1, which NIR's shapes are made for")
    padding = value.border
    if layer.padding == "same":
        if value.border != (0, 0):
            raise refused(layer.name, "zero-padding before padding='valid' alone")
        kernel, padding = _same_padding(layer, kernel, value.shape)
    node = graph.nir.Conv2d(
        input_shape=tuple(value.shape[:2]),
        weight=np.ascontiguousarray(kernel, "float32"),
        stride=tuple(layer.strides),
        padding=tuple(padding),
        dilation=tuple(layer.dilation_rate),
        groups=1,
        bias=_bias(layer, kernel.shape[0]),
    )
    shape = _conv_shape(layer, value)
    return graph.add(layer.name, node, value.renumbered(None, border=(0, 0)), shape, number)


def _conv_shape(layer, value):
    height, width = (n + 2 * p for n, p in zip(value.shape, value.border))
    return layer.compute_output_shape((1, height, width, value.shape[-1]))[1:]


def _same_padding(layer, kernel, shape):
    """Kernel and symmetric padding that do what Keras' "same" does.

    Where a stride leaves one more row of zeros behind the image than before it, the kernel gets a
    row of zeros in front and the padding is the larger one on both sides.
    """
    padding = []
    for axis, (n, stride, dilation) in enumerate(
        zip(shape, layer.strides, layer.dilation_rate), 2
    ):
        reach = dilation * (kernel.shape[axis] - 1) + 1
        total = max((-(-n // stride) - 1) * stride + reach - n, 0)
        padding.append(total - total // 2)
        if total % 2:
            if dilation != 1:
                raise refused(layer.name, "padding that is the same on both sides, with dilation")
            widths = [(1, 0) if a == axis else (0, 0) for a in range(4)]
            kernel = np.pad(kernel, widths)
    if kernel.shape[2] != kernel.shape[3]:
        raise refused(layer.name, "padding that is of one kind along height and width")
    return kernel, tuple(padding)


def dense(graph, layer, value, number):
    """A dense layer as `nir.Affine` or `nir.Linear`."""
    if len(value.shape) != 1:
        raise refused(layer.name, "a flattened input")
    if layer.activation is keras.activations.softmax and number == graph.result:
        graph.activation = "softmax"
    else:
        _check_linear(layer)
    weight = ops.convert_to_numpy(layer.kernel).T[:, flat_order(value.image)]
    weight = np.ascontiguousarray(weight, "float32")
    nir = graph.nir
    if layer.use_bias:
        node = nir.Affine(weight=weight, bias=_bias(layer, len(weight)))
    else:
        node = nir.Linear(weight=weight)
    return graph.add(layer.name, node, value, (len(weight),), number, image=None)


def _bias(layer, units):
    if not layer.use_bias:
        return np.zeros(units, "float32")
    return ops.convert_to_numpy(layer.bias).astype("float32")


def _check_linear(layer):
    if layer.activation is not keras.activations.linear:
        raise refused(layer.name, _LINEAR)


def batch_normalization(graph, layer, value, number):
    """Inference: `gamma (x - mean) / sqrt(variance + epsilon) + beta`, per channel."""
    if layer.axis not in (-1, len(value.shape)):
        raise refused(layer.name, "channels last")
    mean, variance = map(ops.convert_to_numpy, (layer.moving_mean, layer.moving_variance))
    scale = 1 / np.sqrt(variance.astype("float64") + layer.epsilon)
    scale = scale * ops.convert_to_numpy(layer.gamma) if layer.scale else scale
    offset = -mean * scale + (ops.convert_to_numpy(layer.beta) if layer.center else 0.0)
    node = graph.foldable(value)
    if node is None or (isinstance(node, graph.nir.Linear) and np.any(offset)):
        return _per_channel(graph, layer, value, number, scale, offset)
    node.weight = (node.weight * scale.reshape(-1, *[1] * (node.weight.ndim - 1))).astype("float32")
    if not isinstance(node, graph.nir.Linear):
        node.bias = (node.bias * scale + offset).astype("float32")
    return value.renumbered(number)


def normalization(graph, layer, value, number):
    """Normalisation of the input: an affine map per channel."""
    mean, variance = (
        np.broadcast_to(np.ravel(ops.convert_to_numpy(v)), value.shape[-1:])
        for v in (layer.mean, layer.variance)
    )
    # As Keras has it: the deviation is not smaller than its epsilon.
    scale = 1 / np.maximum(np.sqrt(variance.astype("float64")), keras.config.epsilon())
    return _per_channel(graph, layer, value, number, scale, -mean * scale)


def _per_channel(graph, layer, value, number, scale, offset):
    """`scale x + offset` as a node of its own."""
    scale, offset = scale.astype("float32"), offset.astype("float32")
    if len(value.shape) == 3:
        one = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
        node = graph.nir.Conv2d(
            input_shape=tuple(value.shape[:2]), weight=np.diag(scale)[:, :, None, None],
            bias=offset, **one,
        )
    else:
        order = flat_order(value.image)
        node = graph.nir.Affine(weight=np.diag(scale[order]), bias=offset[order])
    return graph.add(layer.name, node, value, value.shape, number)
