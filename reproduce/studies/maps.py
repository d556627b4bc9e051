"""Activation maps of the convolutions of a network, as pictures."""

import re

import numpy as np

# Of every layer so many channels are shown.
CHANNELS = 4
_LAYER = re.compile(r"(?:conv|flexible)(\d+)_\d+$|flexible$")


def activation_maps(model, image):
    """Maps of the last convolution or flexible layer of every block, for one image.

    Args:
        model: a functional `keras.Model`.
        image: `(height, width, channels)`.

    Returns:
        Dict from layer names to bytes `(height, width, CHANNELS)`, every channel stretched to
        0..255; a channel of one value is 0.
    """
    import keras

    last = {}
    for layer in model.layers:
        found = _LAYER.match(layer.name)
        if found and len(layer.output.shape) == 4:
            last[found[1]] = layer
    inner = keras.Model(model.input, [layer.output for layer in last.values()])
    outputs = inner(np.asarray(image, "float32")[None], training=False)
    return {
        layer.name: _bytes(np.asarray(keras.ops.convert_to_numpy(output))[0])
        for layer, output in zip(last.values(), keras.tree.flatten(outputs))
        if min(output.shape[1:3]) > 1
    }


def _bytes(maps):
    maps = maps[..., :CHANNELS]
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    width = np.where(high > low, high - low, 1)
    return np.rint(255 * (maps - low) / width).astype("uint8")
