"""What NIR and this library call differently: units of neurons, order of axes.

NIR describes a neuron by a differential equation, `tau dv/dt = (v_leak - v) + r I`, a spike at
`v > v_threshold` and a jump to v_reset. Every program that reads it integrates by Euler steps of
length dt, `v(t) = v(t-1) + dt/tau (v_leak - v(t-1) + r I(t))`, which with v_leak = 0 is

    u(t) = k v(t-1) + g I(t)      k = 1 - dt/tau,      g = r dt/tau.

So `scale_input`, g = 1 - k, is r = 1; without it, g = 1, r is tau/dt. A decay of 1 has an infinite
tau: NIR's `IF`, `dv/dt = r I`. A gain g that all neurons share changes no spike if the threshold is
divided by it.

Images are (height, width, channels) here and (channels, height, width) there. A flattened image
keeps the order that it was flattened in, so what works on it has to be permuted.
"""

import importlib
import json

import numpy as np

# Seconds per step that the programs which read NIR agree upon: none is stored in a file.
DT = 1e-4
# Key of the metadata that is ours, and what of a `LIF` it holds: NIR has no field for these.
NOTE = "binomial_keras"
NOTED = (
    "decay", "decay_value", "decay_range", "decay_law", "decay_per", "seed", "surrogate",
    "detach_reset",
)
# Of a time constant in float32, as it is stored.
_CLOSE = 1e-6


def require_nir():
    """The package `nir`."""
    try:
        return importlib.import_module("nir")
    except ImportError as error:
        raise ImportError(
            "NIR files need the package `nir`: pip install binomial_keras[nir]"
        ) from error


def noted_in(node):
    """The note of `to_nir` in a node or graph, as a dict; empty for a note of another program."""
    try:
        noted = json.loads((node.metadata or {}).get(NOTE, "{}"))
    except (AttributeError, TypeError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def check_dt(dt):
    """Return the argument `dt` as a float above zero."""
    number = isinstance(dt, (int, float)) and not isinstance(dt, bool)
    if not number or not 0 < dt < float("inf"):
        raise ValueError(
            "Invalid value received for argument `dt`. Expected a finite number > 0, seconds. "
            f"Received: dt={dt!r}"
        )
    return float(dt)


def uniform(values):
    """The one number that all of these are, within float32, or None."""
    values = np.asarray(values, "float64").ravel()
    same = np.allclose(values, values[0], rtol=_CLOSE, atol=0)
    return float(values[0]) if same else None


def close(values, others):
    """Whether decays are the same for numbers that were stored as float32."""
    return np.allclose(values, others, rtol=0, atol=_CLOSE)


def time_constants(decay, scale_input, dt):
    """`(tau, r)` for decays below 1, in float32: float64 would spread through a PyTorch network."""
    tau = dt / (1.0 - np.asarray(decay, "float64"))
    r = np.ones_like(tau) if scale_input else tau / dt
    return tau.astype("float32"), r.astype("float32")


def decay_and_gain(tau, r, dt):
    """`(k, g)` of the Euler steps, float64."""
    share = dt / np.asarray(tau, "float64")
    return 1.0 - share, np.asarray(r, "float64") * share


def channels_first(values):
    """An array of one image's neurons, last axis channels, in NIR's order."""
    values = np.asarray(values)
    return np.moveaxis(values, -1, 0) if values.ndim == 3 else values


def flat_order(image):
    """Where the entries of an image flattened by NIR lie in one flattened by Keras.

    Args:
        image: (height, width, channels), or None for a vector that never was an image.
    """
    if image is None:
        return slice(None)
    return np.arange(np.prod(image)).reshape(image).transpose(2, 0, 1).ravel()


def unflat_order(image):
    """The inverse of `flat_order`."""
    return slice(None) if image is None else np.argsort(flat_order(image))
