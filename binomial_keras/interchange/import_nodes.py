"""What every node of a NIR graph becomes."""

import dataclasses
import graphlib
import re

import keras
import numpy as np

from ..layers import PerPass, Present
from ..layers.time_axis import has_time_axis
from .conventions import close, decay_and_gain, unflat_order, uniform
from .import_neurons import neurons, rounded, scaling


@dataclasses.dataclass(frozen=True)
class Arrived:
    """What one node hands to the next.

    Attributes:
        tensor: the Keras tensor, channels last.
        image: (height, width, channels) if it is a flattened image, else None.
        potential: arguments of the `MembraneReadout` if it is the current of an `LI`, else None.
    """

    tensor: object
    image: tuple | None = None
    potential: dict | None = None


class Importer:
    """From the nodes of a graph, in order, to the layers of a model.

    Args:
        nir: the package.
        graph: a `nir.NIRGraph` with one input and one output.
        T: number of time steps.
        dt: seconds per step.
        timed: whether the input has a time axis.
    """

    def __init__(self, nir, graph, T, dt, timed):
        self.nir, self.graph, self.T, self.dt, self.timed = nir, graph, T, dt, timed
        self.later = []
        self.kinds = {
            nir.Affine: self._dense,
            nir.Linear: self._dense,
            nir.Conv2d: self._conv,
            nir.AvgPool2d: self._pool,
            nir.SumPool2d: self._pool,
            nir.Flatten: self._flatten,
            nir.Scale: self._scale,
            nir.LIF: self._lif,
            nir.IF: self._lif,
            nir.LI: self._li,
            nir.Output: lambda name, node, value: value,
        }

    def run(self):
        """`(input tensor, Arrived at the output)`."""
        before = {name: [] for name in self.graph.nodes}
        for source, target in self.graph.edges:
            before[target].append(source)
        try:
            order = list(graphlib.TopologicalSorter(before).static_order())
        except graphlib.CycleError:
            raise unknown("graph", "no recurrent edges") from None
        ends = [
            [name for name in order if isinstance(self.graph.nodes[name], kind)]
            for kind in (self.nir.Input, self.nir.Output)
        ]
        if [len(end) for end in ends] != [1, 1]:
            raise unknown("graph", "one input and one output", f"inputs and outputs {ends}")
        image, arrived = self._input(ends[0][0]), {}
        arrived[ends[0][0]] = Arrived(image)
        for name in order:
            if name not in arrived:
                value = self._sum(name, [arrived[source] for source in before[name]])
                arrived[name] = self._one(name, value)
        return image, arrived[ends[1][0]]

    def set_weights(self):
        """Fill the layers, which exist once the model has been built."""
        for layer, weights in self.later:
            layer.set_weights(weights)

    def free(self, name):
        """A name that no layer of a node has."""
        taken = {_named(node) for node in self.graph.nodes}
        while name in taken:
            name += "_"
        return name

    def _input(self, name):
        shape = [int(n) for n in np.ravel(self.graph.nodes[name].input_type["input"])]
        if len(shape) not in (1, 3):
            raise unknown(name, "(features,) or (channels, height, width)", f"shape {shape}")
        shape = (*shape[1:], shape[0])
        return keras.Input((self.T, *shape) if self.timed else shape, name=_named(name))

    def _one(self, name, value):
        node = self.graph.nodes[name]
        if type(node) not in self.kinds:
            known = ", ".join(kind.__name__ for kind in self.kinds)
            raise unknown(name, f"one of {known}", type(node).__name__)
        if value.potential is not None and not isinstance(node, self.nir.Output):
            raise unknown(name, "LI as the last node alone", f"{type(node).__name__} behind it")
        return self.kinds[type(node)](name, node, value)

    def _sum(self, name, values):
        if not values:
            raise unknown(name, "a node that something leads to")
        if len(values) == 1:
            return values[0]
        if len({value.image for value in values}) > 1 or any(v.potential for v in values):
            raise unknown(name, "inputs of one kind to be added")
        tensors = [value.tensor for value in values]
        if len({has_time_axis(len(tensor.shape)) for tensor in tensors}) > 1:
            tensors = [
                t if has_time_axis(len(t.shape)) else Present(self.T)(t) for t in tensors
            ]
        add = keras.layers.Add(name=self.free(f"add_{_named(name)}"))
        return Arrived(add(tensors), values[0].image)

    def _layer(self, layer, value, weights=None, **changes):
        """The layer applied to every step, and its weights to be set later."""
        timed = has_time_axis(len(value.tensor.shape))
        tensor = (PerPass(layer, name=layer.name) if timed else layer)(value.tensor)
        if weights is not None:
            self.later.append((layer, weights))
        return Arrived(tensor, **{"image": value.image, **changes})

    def _dense(self, name, node, value):
        if node.weight.ndim != 2 or self._rank(value) != 1:
            raise unknown(name, "a matrix, and a flattened input")
        kernel = node.weight[:, unflat_order(value.image)].T
        bias = getattr(node, "bias", None)
        layer = keras.layers.Dense(len(node.weight), use_bias=bias is not None, name=_named(name))
        weights = [kernel] if bias is None else [kernel, bias]
        return self._layer(layer, value, weights, image=None)

    def _conv(self, name, node, value):
        if int(node.groups) != 1 or self._rank(value) != 3:
            raise unknown(name, "groups=1, and images")
        stride, dilation = _pair(node.stride), _pair(node.dilation)
        reach = [d * (k - 1) for d, k in zip(dilation, node.weight.shape[2:])]
        padding = node.padding.decode() if isinstance(node.padding, bytes) else node.padding
        if not isinstance(padding, str):
            border = _pair(padding)
            centred = stride == (1, 1) and all(2 * p == r for p, r in zip(border, reach))
            padding = "same" if centred and any(border) else "valid"
            if padding == "valid":
                value = self._bordered(name, value, border)
        biased = bool(np.any(node.bias))
        layer = keras.layers.Conv2D(
            len(node.weight), node.weight.shape[2:], stride, padding, dilation_rate=dilation,
            use_bias=biased, name=_named(name),
        )
        kernel = node.weight.transpose(2, 3, 1, 0)
        return self._layer(layer, value, [kernel, node.bias] if biased else [kernel])

    def _bordered(self, name, value, border):
        if not any(border):
            return value
        layer = keras.layers.ZeroPadding2D(border, name=self.free(f"{_named(name)}_border"))
        return self._layer(layer, value)

    def _pool(self, name, node, value):
        if self._rank(value) != 3:
            raise unknown(name, "images")
        size = _pair(node.kernel_size)
        value = self._bordered(name, value, _pair(node.padding))
        layer = keras.layers.AveragePooling2D(size, _pair(node.stride), name=_named(name))
        value = self._layer(layer, value)
        if isinstance(node, self.nir.SumPool2d):
            factor, sums = float(np.prod(size)), self.free(f"{_named(name)}_sum")
            value = self._layer(keras.layers.Rescaling(factor, name=sums), value)
        return value

    def _flatten(self, name, node, value):
        if self._rank(value) == 1:
            return value
        whole = int(node.start_dim) in (0, -3) and int(node.end_dim) in (-1, 2)
        if not whole:
            raise unknown(name, "all of the image to be flattened",
                          f"start_dim {node.start_dim}, end_dim {node.end_dim}")
        shape = tuple(value.tensor.shape)[-3:]
        image = None if shape[0] * shape[1] == 1 else shape
        return self._layer(keras.layers.Flatten(name=_named(name)), value, image=image)

    def _scale(self, name, node, value):
        scale = uniform(node.scale)
        if scale is None:
            raise unknown(name, "one factor for all")
        return self._layer(keras.layers.Rescaling(scale, name=_named(name)), value)

    def _lif(self, name, node, value):
        threshold = uniform(node.v_threshold)
        if threshold is None:
            raise unknown(name, "one threshold for all neurons of a node")
        self._at_rest(name, node)
        if isinstance(node, self.nir.IF):
            k, g = np.ones(()), np.asarray(node.r, "float64") * self.dt
        else:
            k, g = self._decay_and_gain(name, node)
        scale_input, gain = scaling(k, g)
        if gain is None or not gain > 0 or not threshold > 0:
            raise unknown(name, "one gain r dt/tau > 0, or one r, and a threshold > 0")
        options = {"scale_input": scale_input, "threshold": threshold / gain, "name": _named(name)}
        timed = has_time_axis(len(value.tensor.shape))
        k = self._channels_last(name, k, value)
        layer, weights = neurons(None if timed else self.T, k, options, node)
        tensor = layer(value.tensor)
        if weights is not None:
            self.later.append((layer, weights))
        return Arrived(tensor, value.image)

    def _li(self, name, node, value):
        self._at_rest(name, node)
        k, g = map(uniform, self._decay_and_gain(name, node))
        if k is None or g is None or not (close(g, 1 - k) or close(g, 1.0)):
            raise unknown(name, "one tau, and r = 1 or r = tau/dt")
        tensor = value.tensor
        if not has_time_axis(len(tensor.shape)):
            tensor = Present(self.T)(tensor)
        potential = {
            "decay_value": rounded(k), "scale_input": bool(close(g, 1 - k)), "name": _named(name)
        }
        return Arrived(tensor, value.image, potential)

    def _at_rest(self, name, node):
        for field in ("v_leak", "v_reset"):
            if np.any(getattr(node, field, 0.0)):
                raise unknown(name, f"{field} = 0")

    def _decay_and_gain(self, name, node):
        k, g = decay_and_gain(node.tau, node.r, self.dt)
        if not np.all((k > -1e-6) & (k <= 1)):
            raise unknown(name, f"time constants of at least dt={self.dt:g}",
                          f"tau from {np.min(node.tau):g}")
        return np.clip(k, 0.0, 1.0), g

    def _channels_last(self, name, k, value):
        """Decays in the order of the tensor; one number if all are the same."""
        one = uniform(k)
        if one is not None:
            return one
        shape = tuple(value.tensor.shape)[-self._rank(value):]
        if k.size != np.prod(shape):
            raise unknown(name, f"a time constant for each of {shape}", f"shape {k.shape}")
        if len(shape) == 3:
            return np.moveaxis(k.reshape(shape[-1], *shape[:-1]), 0, -1)
        return k.ravel()[unflat_order(value.image)]

    def _rank(self, value):
        """Of one image in one step."""
        rank = len(value.tensor.shape) - 1
        return rank - 1 if has_time_axis(rank + 1) else rank


def _pair(value):
    pair = [int(v) for v in np.ravel(value)]
    return (pair[0], pair[-1])


def _named(name):
    """The name of a node as one that Keras takes."""
    return re.sub(r"^(?=_|$)", "node", re.sub(r"\W", "_", str(name)))


def unknown(name, expected, received=None):
    """The error for a node that has no counterpart."""
    tail = "" if received is None else f" Received: {received}"
    return ValueError(
        f"Invalid value received for argument `graph`. Node `{name}` cannot be read. "
        f"Expected {expected}.{tail}"
    )


