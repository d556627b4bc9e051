"""Hinges of a model's SPLASH layers from data."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from ..layers import SPLASH, hinges_from
from .rebuild import rebuild
from .traversal import walk


def place_hinges(
    model: keras.Model,
    x: np.ndarray,
    count: int = 4,
    quantiles: Sequence[float] | None = None,
    training: bool = True,
) -> keras.Model:
    """A new model with the same weights, whose SPLASH layers have their hinges from data.

    Runs the images once through a copy of the model and gives every SPLASH layer the hinges that
    `layers.hinges_from` makes of what enters it. All layers are measured in one run, with the
    hinges that they have: right for an untrained network that starts as ReLU, linear or leaky,
    whose functions do not depend on the hinges. In a trained one the functions change.

    Args:
        model: a functional or sequential `keras.Model` with at least one `SPLASH`, the layers not
            inside a nested model.
        x: images, in one batch; some hundreds will do.
        count, quantiles: as in `layers.hinges_from`; all layers keep `count` weights per side, so
            that `count` has to be the number of hinges that the model has.
        training: whether batch normalisation uses the statistics of these images (an untrained
            one knows no others) or its moving averages. The given model's are left as they are.

    Raises:
        ValueError: no SPLASH layer; another number of hinges; values without spread.

    Example:

    >>> images = np.random.default_rng(0).random((100, 28, 28, 1))
    >>> model = place_hinges(binomial_keras.models.lenet5(activation="splash"), images)
    """
    layers = [layer for layer in walk(model) if isinstance(layer, SPLASH)]
    if not layers or any(layer not in model.layers for layer in layers):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a model with SPLASH layers of "
            f"its own, none in a nested model. Received: {model.name} with {len(layers)}."
        )
    total = count if quantiles is None else len(quantiles) + 1
    if any(len(layer.hinges) != total for layer in layers):
        raise ValueError(
            f"Invalid value received for argument `count`. Expected the number of hinges of the "
            f"SPLASH layers, {sorted({len(layer.hinges) for layer in layers})}. Received: {total}"
        )
    copy = rebuild(model, lambda layer: {})
    tap = keras.Model(copy.inputs[0], [copy.get_layer(layer.name).input for layer in layers])
    values = tap(ops.convert_to_tensor(np.asarray(x, "float32")), training=training)
    hinges = {
        layer.name: hinges_from(ops.convert_to_numpy(value), total, quantiles)
        for layer, value in zip(layers, values)
    }
    return rebuild(
        model,
        lambda layer: {"hinges": hinges[layer.name]} if isinstance(layer, SPLASH) else {},
    )
