"""What every layer becomes in NIR."""

import keras
import numpy as np

from .. import layers
from .export_neurons import lif, membrane
from .export_weights import batch_normalization, conv, dense, normalization
from .graph import refused


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
    return value.renumbered(number)


def _present(graph, layer, value, number):
    graph.steps(layer.T, layer.name)
    return value.renumbered(number)


def _poisson(graph, layer, value, number):
    if value.sources != ("input",):
        raise refused(layer.name, "spikes to be drawn from the input alone")
    graph.steps(layer.T, layer.name)
    graph.timed = True
    return value.renumbered(number)


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
    return graph.add(layer.name, node, value.renumbered(None, border=(0, 0)), shape, number)


def _global_pool(graph, layer, value, number):
    size, channels = tuple(value.shape[:2]), value.shape[-1]
    pooled = _average(graph, layer, value, number, size, size, (0, 0), (1, 1, channels))
    return pooled if layer.keepdims else _flatten(graph, layer, pooled, number)


def _flatten(graph, layer, value, number):
    if len(value.shape) == 1:
        return value.renumbered(number)
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
    return value.renumbered(number, border=(top, left))


def _add(graph, layer, values, number):
    first, sources = values[0], [name for value in values for name in value.sources]
    alike = {(v.shape, v.image, v.border, v.averaged) for v in values}
    if len(alike) != 1 or first.border != (0, 0) or len(set(sources)) < len(sources):
        raise refused(layer.name, "different values of one shape to be added")
    return first.renumbered(number, sources=tuple(sources))


def _evidence(graph, layer, value, number):
    return value.renumbered(number, averaged=True)


def _softmax(graph, layer, value, number):
    if number != graph.result or layer.axis != -1:
        raise refused(layer.name, "a softmax at the end alone")
    graph.activation = "softmax"
    return value.renumbered(number)


_KINDS = {
    layers.PerPass: _per_pass,
    layers.LIF: lif,
    layers.PoissonEncoder: _poisson,
    layers.Present: _present,
    layers.Evidence: _evidence,
    layers.MembraneReadout: membrane,
    layers.BatchNormalization: batch_normalization,
    keras.layers.BatchNormalization: batch_normalization,
    keras.layers.Normalization: normalization,
    keras.layers.Conv2D: conv,
    keras.layers.Dense: dense,
    keras.layers.AveragePooling2D: _pool,
    keras.layers.GlobalAveragePooling2D: _global_pool,
    keras.layers.Flatten: _flatten,
    keras.layers.ZeroPadding2D: _zero_padding,
    keras.layers.Add: _add,
    keras.layers.Softmax: _softmax,
    keras.layers.Dropout: _same,
    keras.layers.SpatialDropout2D: _same,
}
