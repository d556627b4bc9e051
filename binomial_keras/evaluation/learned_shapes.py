"""The functions that a model's SPLASH layers have learned, as curves and as a figure."""

from typing import Any

import keras
import numpy as np


def activation_shapes(model: keras.Model, reach: float | None = None, points: int = 301) -> Any:
    """Curves of the SPLASH layers of a model.

    Args:
        model: a Keras model.
        reach: number > 0, the curves go from -reach to reach; `None` for 1.4 times a layer's
            outermost hinge (1.4 for a layer with none but that at 0).
        points: integer >= 2.

    Returns:
        Dict from layer names to (x `(points,)`, f(x) `(points,)`, or `(points, channels)` for
        slopes per channel), NumPy arrays.

    Raises:
        ValueError: the model has no SPLASH layer; an argument out of range.
    """
    from keras import ops

    from ..layers import SPLASH
    from ..models.traversal import walk

    if reach is not None and not 0 < reach < np.inf:
        raise ValueError(
            "Invalid value received for argument `reach`. Expected a number > 0. "
            f"Received: reach={reach!r}"
        )
    layers = [layer for layer in walk(model) if isinstance(layer, SPLASH)]
    if not layers:
        raise ValueError(
            "Invalid value received for argument `model`. Expected a model with SPLASH layers. "
            f"Received: {getattr(model, 'name', model)} with none."
        )
    shapes = {}
    for layer in layers:
        far = reach or 1.4 * (layer.hinges[-1] or 1.0)
        x = np.linspace(-far, far, points).astype("float32")
        # Not by a call: every layer has hinges of its own and would compile a kernel for this.
        hinges = np.array(layer.hinges, "float32")
        plus, minus = (ops.convert_to_numpy(slopes) for slopes in (layer.a_plus, layer.a_minus))
        above, below = (np.maximum(0, side[:, None] - hinges) for side in (x, -x))
        shapes[layer.name] = (x, above @ plus + below @ minus)
    return shapes


def plot_shapes(model: keras.Model, reach: float | None = None) -> Any:
    """A figure: the learned function of every SPLASH layer, its hinges, and ReLU to compare.

    Args:
        model, reach: as in `activation_shapes`.

    Returns:
        `matplotlib.figure.Figure`; `figure.savefig(path)` writes it, a notebook shows it.

    Example:

    >>> plot_shapes(binomial_keras.models.lenet5(activation="splash")).savefig("shapes.png")
    """
    from ..models.traversal import walk
    from .picture import Picture

    shapes = activation_shapes(model, reach)
    hinges = {layer.name: layer.hinges for layer in walk(model) if layer.name in shapes}
    columns = min(4, len(shapes))
    rows = -(-len(shapes) // columns)
    figure = Picture(2.6 * columns + 0.4, 2.3 * rows + 0.4)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, (x, y)) in zip(axes, shapes.items()):
        for hinge in {side * b for b in hinges[name] for side in (-1, 1)}:
            axis.axvline(hinge, color="black", linewidth=0.5, alpha=0.25)
        axis.plot(x, np.maximum(x, 0), "--", color="gray", linewidth=1)
        axis.plot(x, y, linewidth=1.5 if y.ndim == 1 else 0.7)
        axis.set_title(name, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.2)
    for axis in axes[len(shapes):]:
        axis.set_axis_off()
    return figure
