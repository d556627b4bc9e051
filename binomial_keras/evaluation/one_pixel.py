"""Outputs for images of which one pixel is replaced, without the whole forward pass."""

import math

import keras
import numpy as np
from keras import ops

from .. import backend
from ..models.traversal import walk
from .batches import in_batches
from .local_layers import local_layer

# A window that covers more of a map than this is no longer worth its gathering.
_LARGEST_PART = 0.6


class OnePixel:
    """A deterministic convolutional model on images that differ from others in one pixel.

    A pixel reaches a few places of the first maps, and a few more of the next. In the layers
    from the image on where these are less than 0.6 of a map, only they are computed: from the new
    values around the pixel and the maps of the unchanged image, which are computed once. The rest
    of the model sees whole maps. Up to rounding the outputs are those of the model.

    What can be computed in this way are convolutions, pooling and what acts on every place for
    itself (`local_layers.py`); the model has to be a chain of layers.

    Args:
        model: a deterministic `keras.Model`, images `(height, width, channels)`.

    Attributes:
        worthwhile: whether there is a layer to be gained from.
        room: so many images need the memory of one that passes through the whole model.

    Example:

    >>> known = OnePixel(model).of(x, batch_size=64)
    >>> known(owners=[0, 0], rows=[3, 4], columns=[5, 5], values=[[0.0], [1.0]])
    """

    def __init__(self, model):
        self._before, self._stages, self._rest = [], [], []
        self.worthwhile, self.room = False, 1
        exact = all(layer.compute_dtype == "float32" for layer in walk(model))
        chain = _chain(model)
        if exact and chain and len(model.input_shape) == 4 and None not in model.input_shape[1:]:
            self._plan(model, chain)

    def _plan(self, model, chain):
        width, maps = 1, [model.inputs[0]]
        for number, (layer, outputs) in enumerate(chain):
            tensor = chain[number - 1][1] if number else model.inputs[0]
            local = local_layer(layer, tensor.shape[1:3]) if len(tensor.shape) == 4 else None
            if local is None:
                break
            if not local.pointwise:
                height, across = outputs.shape[1:3]
                if local.reach(width) ** 2 > _LARGEST_PART * height * across:
                    break
                width = local.reach(width)
                self._stages.append((local, [], width))
                maps.append(outputs)
            else:
                (self._stages[-1][1] if self._stages else self._before).append(local.apply)
                maps[-1] = outputs
        self.worthwhile = bool(self._stages)
        self._rest = [layer for layer, _ in chain[number:]]
        self.room = self._room(maps, [outputs for _, outputs in chain], number)
        # The maps that every stage reads, and those that the rest of the model does.
        self._maps = backend.compile_maps(keras.Model(model.inputs, maps))
        self._function = backend.compile_arrays(self._outputs, model)

    def _room(self, maps, outputs, cut):
        sizes = [math.prod(tensor.shape[1:]) for tensor in (maps[0], *outputs)]
        needed = sizes[cut:] + [
            local.side(width) ** 2 * tensor.shape[-1]
            for (local, _, width), tensor in zip(self._stages, maps)
        ]
        return max(1, max(sizes) // max(needed))

    def of(self, x, batch_size):
        """A function that answers for images `x` with a pixel replaced (see the class).

        Its arguments are `owners`, `rows`, `columns` `(n,)` and `values` `(n, channels)`; it
        returns a float32 array `(n, outputs)`. At most `room * batch_size` rows are computed at
        once.
        """
        maps = self._maps(np.ascontiguousarray(x, np.float32))

        def answer(owners, rows, columns, values):
            places = np.stack([rows, columns], axis=1).astype("int32")
            return in_batches(
                lambda *arrays: self._function(*arrays, *maps), self.room * batch_size,
                np.asarray(owners, "int32"), places, np.asarray(values, "float32"),
            )  # fmt: skip

        return answer

    def _outputs(self, owners, places, values, *maps):
        patch = values[:, None, None, :]
        for apply in self._before:
            patch = apply(patch)
        for (local, pointwise, width), known in zip(self._stages, maps):
            first = local.first(places)
            window = _window(known, owners, local, first, local.side(width), patch, places)
            patch = local.apply(window)
            places = first
            for apply in pointwise:
                patch = apply(patch)
        whole = _replaced(maps[-1], owners, patch, places)
        for layer in self._rest:
            whole = layer(whole, training=False)
        return ops.cast(whole, "float32")


def _chain(model):
    """The layers from input to output with their outputs; `None` where one has several inputs."""
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) != 1 or len(model.inputs) != 1:
        return None
    chain, tensor = [], outputs[0]
    while tensor is not model.inputs[0]:
        layer, node, _ = tensor._keras_history
        inputs = layer._inbound_nodes[node].input_tensors
        if len(inputs) != 1:
            return None
        chain.append((layer, tensor))
        tensor = inputs[0]
    return chain[::-1]


def _window(known, owners, local, first, side, patch, places):
    """Windows of the known maps, zero outside of them, with the patches put in."""
    height, width, channels = known.shape[1:]
    along = local.start(first)[:, :, None] + ops.arange(side)
    rows, columns = along[:, 0, :, None], along[:, 1, None, :]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    index = (owners[:, None, None] * height + rows) * width + columns
    flat = ops.reshape(known, (-1, channels))
    around = ops.take(flat, ops.where(inside, index, 0), axis=0)
    if local.stride == 1:
        # The patch stands in the middle of its window.
        beside = local.size - 1
        edges = [[0, 0], [beside, beside], [beside, beside], [0, 0]]
        filled = ops.pad(patch, edges)
        middle = np.zeros((1, side, side, 1), bool)
        middle[:, beside:-beside or None, beside:-beside or None] = True
        seen = ops.where(middle, filled, around)
    else:
        seen = _put(around, patch, places, rows, columns)
    return seen * ops.cast(inside, seen.dtype)[..., None]


def _replaced(known, owners, patch, places):
    """The whole known maps with the patches put in."""
    height, width = known.shape[1:3]
    rows, columns = ops.arange(height)[None, :, None], ops.arange(width)[None, None, :]
    return _put(ops.take(known, owners, axis=0), patch, places, rows, columns)


def _put(maps, patch, places, rows, columns):
    """`maps`, seen at places (rows, columns), with the patches that begin at `places`."""
    side, channels = patch.shape[1], patch.shape[-1]
    down, right = rows - places[:, 0, None, None], columns - places[:, 1, None, None]
    covered = (down >= 0) & (down < side) & (right >= 0) & (right < side)
    number = ops.arange(ops.shape(patch)[0])[:, None, None]
    index = ops.where(covered, (number * side + down) * side + right, 0)
    filled = ops.take(ops.reshape(patch, (-1, channels)), index, axis=0)
    return ops.where(covered[..., None], filled, maps)
