"""What every layer becomes in NIR."""

import json

import keras
import numpy as np
from keras import ops

from .. import layers
from .conventions import NOTE, NOTED, channels_first, flat_order, time_constants
from .graph import refused

_LINEAR = "a layer without activation"


def export(graph, call, values):
    """Add one layer call of the model to the graph; returns the `Value` that it gives."""
    return _export(graph, call.layer, values, call.output)


def _export(graph, layer, values, number):
    # Of exactly these classes: a subclass, such as `EConv2D`, may compute something else.
    write = _KINDS.get(type(layer))
    if write is None:
        raise refused(
            layer.name,
            "LIF, Conv2D, Dense, batch normalisation, average-pooling, flattening, addition, "
            f"Evidence or MembraneReadout. Received: {type(layer).__name__}",
        )
    if write is _add:
        return _add(graph, layer, values, number)
    if len(values) != 1:
        raise refused(layer.name, "a layer with one input")
    return write(graph, layer, values[0], number)


def _per_pass(graph, layer, value, number):
    return _export(graph, layer.layer, [value], number)


def _same(graph, layer, value, number):
    return _renumbered(value, number)


def _renumbered(value, number, **changes):
    return type(value)(**{**vars(value), "number": number, **changes})


def _present(graph, layer, value, number):
    graph.steps(layer.T, layer.name)
    return _renumbered(value, number)


def _poisson(graph, layer, value, number):
    if value.sources != ("input",):
        raise refused(layer.name, "spikes to be drawn from the input alone")
    graph.steps(layer.T, layer.name)
    graph.timed = True
    return _renumbered(value, number)


def _lif(graph, layer, value, number):
    if layer.decay == "random":
        raise refused(
            layer.name, "decays that do not change from call to call (see models.with_decay)"
        )
    if layer.reset != "hard":
        raise refused(layer.name, "reset='hard': NIR has no reset by subtraction")
    if value.averaged:
        raise refused(layer.name, "neurons before the mean over time")
    if layer.T is not None:
        graph.steps(layer.T, layer.name)
    k = np.broadcast_to(_decays(layer, value.shape), value.shape)
    k = channels_first(k) if value.image is None else k[flat_order(value.image)]
    nir, rest = graph.nir, np.zeros(k.shape, "float32")
    options = {
        "v_threshold": np.full(k.shape, layer.threshold, "float32"),
        "v_reset": rest,
        "metadata": {NOTE: json.dumps(_note(layer))},
    }
    if np.all(k == 1.0) and not layer.scale_input:
        node = nir.IF(r=np.full(k.shape, 1 / graph.dt, "float32"), **options)
    elif np.any(k == 1.0):
        raise refused(layer.name, "decays below 1, or all 1 and scale_input=False")
    else:
        tau, r = time_constants(k, layer.scale_input, graph.dt)
        node = nir.LIF(tau=tau, r=r, v_leak=rest, **options)
    return graph.add(layer.name, node, value, value.shape, number)


def _decays(layer, shape):
    """Decays of one image's neurons, in double precision where they are known in it."""
    if layer.decay == "fixed":
        return layer.decay_value
    if layer.decay == "learned":
        w = ops.convert_to_numpy(layer.decay_weight)[0].astype("float64")
        return 1 / (1 + np.exp(-w))
    return ops.convert_to_numpy(layer.decays(np.zeros((1, *shape), "float32")))[0]


def _note(layer):
    """What NIR has no field for: how the neurons are trained, and where their decays come from."""
    config = layer.get_config()
    return {name: config[name] for name in NOTED}


def _conv(graph, layer, value, number):
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
    return graph.add(layer.name, node, _renumbered(value, None, border=(0, 0)), shape, number)


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


def _dense(graph, layer, value, number):
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


def _batch_normalization(graph, layer, value, number):
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
    return _renumbered(value, number)


def _normalization(graph, layer, value, number):
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


def _pool(graph, layer, value, number):
    size, strides, border = layer.pool_size, layer.strides, value.border
    height, width = (n + 2 * p for n, p in zip(value.shape, border))
    if layer.padding == "same":
        whole = all(
            max((-(-n // s) - 1) * s + k - n, 0) == 0
            for n, k, s in zip((height, width), size, strides)
        )
        if not whole:
            raise refused(layer.name, "padding='valid', or windows that fill the image")
    shape = layer.compute_output_shape((1, height, width, value.shape[-1]))[1:]
    return _average(graph, layer, value, number, size, strides, border, shape)


def _average(graph, layer, value, number, size, strides, border, shape):
    node = graph.nir.AvgPool2d(
        kernel_size=np.array(size), stride=np.array(strides), padding=np.array(border)
    )
    return graph.add(layer.name, node, _renumbered(value, None, border=(0, 0)), shape, number)


def _global_pool(graph, layer, value, number):
    size, channels = tuple(value.shape[:2]), value.shape[-1]
    pooled = _average(graph, layer, value, number, size, size, (0, 0), (1, 1, channels))
    return pooled if layer.keepdims else _flatten(graph, layer, pooled, number)


def _flatten(graph, layer, value, number):
    if len(value.shape) == 1:
        return _renumbered(value, number)
    height, width, channels = value.shape
    node = graph.nir.Flatten({"input": np.array((channels, height, width))}, 0, -1)
    # One pixel has one order.
    image = None if height * width == 1 else tuple(value.shape)
    name = layer.name if isinstance(layer, keras.layers.Flatten) else f"{layer.name}_flat"
    return graph.add(name, node, value, (int(np.prod(value.shape)),), number, image=image)


def _zero_padding(graph, layer, value, number):
    (top, bottom), (left, right) = layer.padding
    if top != bottom or left != right or value.border != (0, 0):
        raise refused(layer.name, "padding that is the same on both sides")
    return _renumbered(value, number, border=(top, left))


def _add(graph, layer, values, number):
    first, sources = values[0], [name for value in values for name in value.sources]
    alike = {(v.shape, v.image, v.border, v.averaged) for v in values}
    if len(alike) != 1 or first.border != (0, 0) or len(set(sources)) < len(sources):
        raise refused(layer.name, "different values of one shape to be added")
    return _renumbered(first, number, sources=tuple(sources))


def _evidence(graph, layer, value, number):
    return _renumbered(value, number, averaged=True)


def _membrane(graph, layer, value, number):
    if layer.decay_value == 1.0:
        raise refused(layer.name, "a decay below 1")
    graph.readout = layer.mode
    k = np.full(value.shape, layer.decay_value)
    tau, r = map(channels_first, time_constants(k, layer.scale_input, graph.dt))
    node = graph.nir.LI(tau=tau, r=r, v_leak=np.zeros_like(tau))
    return graph.add(layer.name, node, value, value.shape, number, averaged=True)


def _softmax(graph, layer, value, number):
    if number != graph.result or layer.axis != -1:
        raise refused(layer.name, "a softmax at the end alone")
    graph.activation = "softmax"
    return _renumbered(value, number)


_KINDS = {
    layers.PerPass: _per_pass,
    layers.LIF: _lif,
    layers.PoissonEncoder: _poisson,
    layers.Present: _present,
    layers.Evidence: _evidence,
    layers.MembraneReadout: _membrane,
    layers.BatchNormalization: _batch_normalization,
    keras.layers.BatchNormalization: _batch_normalization,
    keras.layers.Normalization: _normalization,
    keras.layers.Conv2D: _conv,
    keras.layers.Dense: _dense,
    keras.layers.AveragePooling2D: _pool,
    keras.layers.GlobalAveragePooling2D: _global_pool,
    keras.layers.Flatten: _flatten,
    keras.layers.ZeroPadding2D: _zero_padding,
    keras.layers.Add: _add,
    keras.layers.Softmax: _softmax,
    keras.layers.Dropout: _same,
    keras.layers.SpatialDropout2D: _same,
}
