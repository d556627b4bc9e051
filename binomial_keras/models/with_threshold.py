"""The same network with another uniform threshold."""

import keras

from ..layers import FlexibleLayer
from ..layers.arguments import check_number
from .rebuild import check_rebuildable, rebuild
from .traversal import walk


def with_threshold(model: keras.Model, value: float) -> keras.Model:
    """A new model with the same weights and another value of its uniform thresholds.

    The paper's Fig. 3: trained at one T, tested at others. The given model is left as it is, the
    weights are copied, not shared. The new model is not compiled.

    Args:
        model: a functional or sequential `keras.Model` with at least one
            `FlexibleLayer(threshold="uniform")`. Flexible layers of other kinds are left alone.
        value: number, the `threshold_value` of all of them.

    Example:

    >>> trained = flexible_small(threshold="uniform", threshold_value=0.1)
    >>> tested = with_threshold(trained, 0.6)
    """
    value = check_number("value", value)
    check_rebuildable(model)
    if not any(map(_is_uniform, walk(model))):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a model with at least one "
            f"FlexibleLayer(threshold='uniform'). Received: {model.name} with none."
        )
    return rebuild(model, lambda layer: {"threshold_value": value} if _is_uniform(layer) else {})


def _is_uniform(layer):
    return isinstance(layer, FlexibleLayer) and layer.threshold == "uniform"
