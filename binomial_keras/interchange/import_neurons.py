"""Leaky integrate-and-fire neurons from the time constants of a NIR node."""

import numpy as np
from keras import ops

from ..layers import LIF
from .conventions import NOTED, close, noted_in, uniform


def neurons(T, k, options, node):
    """A `LIF` with given decays, and its weights to be set (None where there are none).

    Args:
        T: argument of the layer.
        k: a number, or an array of one image's neurons.
        options: further arguments of the layer.
        node: for the note of `to_nir`, which is heeded if it gives these decays.
    """
    noted = {name: value for name, value in noted_in(node).items() if name in NOTED}
    training = {name: noted[name] for name in ("surrogate", "detach_reset") if name in noted}
    if noted.get("decay") == "frozen" and np.ndim(k):
        layer = LIF(T, **{**noted, **options})
        rest = np.zeros((1, *([] if T else [1]), *k.shape), "float32")
        if close(ops.convert_to_numpy(layer.decays(rest))[0], k):
            return layer, None
    if np.ndim(k) == 0 and noted.get("decay", "fixed") == "fixed":
        return LIF(T, decay="fixed", decay_value=rounded(k), **training, **options), None
    return _learned(T, k, {**training, **options}, noted.get("decay_per"))


def _learned(T, k, options, per):
    """Decays as weights, one per channel or layer if the note says so and they are the same."""
    k = np.asarray(k)
    axes = {"channel": tuple(range(k.ndim - 1)), "layer": tuple(range(k.ndim))}.get(per)
    if axes is not None and k.ndim and np.all(np.ptp(k, axis=axes) < 1e-6):
        k = np.mean(k, axis=axes, keepdims=True)
    else:
        per = "neuron"
    k = np.clip(k, 1e-30, 1 - 1e-16)
    w = (np.log(k) - np.log1p(-k)).astype("float32")
    return LIF(T, decay="learned", decay_per=per, **options), [w[None]]


def rounded(k):
    """A decay as it was meant: a time constant in float32 has seven digits."""
    return float(f"{float(k):.6g}")


def scaling(k, g):
    """`(scale_input, gain)`: what is left of the gain for the threshold, None if it differs."""
    if close(g, 1 - k) and not np.all(k == 1.0):
        return True, 1.0
    one = uniform(g)
    if one is not None:
        return False, 1.0 if close(one, 1.0) else one
    return True, uniform(g / (1 - k)) if np.all(k < 1) else None
