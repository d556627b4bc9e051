"""From one neuron type to another, with the same weights."""

import keras

from ..layers import BU, Present
from ..layers.bu import NEURONS
from ..layers.time_axis import check_passes
from .rebuild import check_rebuildable, rebuild
from .traversal import walk


def convert(model: keras.Model, neuron: str = "B", T: int = 5) -> keras.Model:
    """A new model with the same weights, whose units are of another type.

    The papers' "train as X, test as Y": every `BU` (and `SpikeEncoder`) gets the type and T,
    every `Present` the T that goes with them; all other layers are copied. The given model is
    left as it is, the weights are copied, not shared. The new model is not compiled.

    Args:
        model: a functional or sequential `keras.Model` with at least one `BU`.
        neuron: `"A"`, `"B"`, `"C"` or `"D"`.
        T: integer >= 1; types C and D have no use for it.

    Example:

    >>> trained = binomial_keras.models.binomial_cnn((28, 28, 1), widths=(8, 8), neuron="A", T=2)
    >>> tested = convert(trained, "D")
    """
    if neuron not in NEURONS:
        raise ValueError(
            f"Invalid value received for argument `neuron`. Expected one of {NEURONS}. "
            f"Received: neuron={neuron!r}"
        )
    T = check_passes(T)
    check_rebuildable(model)
    if not any(isinstance(layer, BU) for layer in walk(model)):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a model with at least one BU "
            f"layer. Received: {model.name} with none."
        )

    def changes(layer):
        if isinstance(layer, BU):
            return {"neuron": neuron, "T": T}
        if isinstance(layer, Present):
            return {"T": T if neuron == "A" else 1}
        return {}

    converted = rebuild(model, changes)
    missed = [u.name for u in walk(converted) if isinstance(u, BU) and u.neuron != neuron]
    if missed:
        raise ValueError(
            "Invalid value received for argument `model`. Expected units that are layers of a "
            f"functional or sequential model. Received: {missed} inside another layer."
        )
    return converted
