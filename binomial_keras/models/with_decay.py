"""The same spiking network with decays from elsewhere."""

import numbers

import keras
import numpy as np

from ..layers.arguments import check_choice, invalid
from ..layers.lif_decay import check_fraction
from ..layers.lif_neuron import LIFNeuron
from .rebuild import check_rebuildable, rebuild
from .traversal import walk

_KINDS = ("fixed", "random", "frozen")


def with_decay(
    model: keras.Model,
    decay: str,
    value: float | None = None,
    seed: int | None = None,
) -> keras.Model:
    """A new model with the same weights, whose neurons get their decay in another way.

    Trained with random decays, tested with frozen ones (neurons that differ, no randomness) or
    fixed ones, and the other way round: what heterogeneity does, and what randomness does. The
    given model is left as it is, the weights are copied, not shared. The new model is not compiled.

    Args:
        model: a functional or sequential `keras.Model` with at least one `LIF`, none of them with
            a learned decay (which is a weight that the others do not have).
        decay: `"fixed"`, `"random"` or `"frozen"`.
        value: number in [0, 1] for `"fixed"`; `None` for the mean of each layer's own law.
        seed: integer >= 0: every layer gets a seed of its own that follows from it; `None` for
            the layers' own seeds. Decides the frozen decays.

    Example:

    >>> trained = binomial_keras.models.lif_small((28, 28, 1), decay="random")
    >>> twin = with_decay(trained, "fixed")
    """
    check_choice("decay", decay, _KINDS)
    value = value if value is None else check_fraction("value", value)
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    if seed is not None and not (whole and seed >= 0):
        raise invalid("seed", "`None` or an integer >= 0", seed)
    check_rebuildable(model)
    neurons = [layer for layer in walk(model) if isinstance(layer, LIFNeuron)]
    if not neurons or any(layer.decay == "learned" for layer in neurons):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a model with at least one LIF "
            "layer, and none with a learned decay. Received: decays "
            f"{sorted({layer.decay for layer in neurons})}"
        )
    states = np.random.SeedSequence(seed).generate_state(len(neurons))
    seeds = {layer.name: int(state) for layer, state in zip(neurons, states)}

    def changes(layer):
        if not isinstance(layer, LIFNeuron):
            return {}
        found = {"decay": decay}
        if decay == "fixed":
            found["decay_value"] = layer.law.mean if value is None else value
        return found if seed is None else {**found, "seed": seeds[layer.name]}

    changed = rebuild(model, changes)
    missed = [n.name for n in walk(changed) if isinstance(n, LIFNeuron) and n.decay != decay]
    if missed:
        raise ValueError(
            "Invalid value received for argument `model`. Expected neurons that are layers of a "
            f"functional or sequential model. Received: {missed} inside another layer."
        )
    return changed
