"""The decay of leaky integrate-and-fire neurons: where it comes from, and its laws.

The decay k in [0, 1] is what a neuron keeps of its potential from step to step, `1 - 1/tau` for a
time constant of tau steps. Its laws on a range [low, high], with U uniform on [0, 1):

* `"uniform"`: `k = low + (high - low) U`.
* `"uniform_tau"`: `k = 1 - 1/tau` with tau uniform between `1/(1 - low)` and `1/(1 - high)`;
  high must be below 1.
* `("logit_normal", sigma)`: `k = low + (high - low) sigmoid(sigma z)`, z standard normal.
"""

import math
from typing import NamedTuple

from keras import ops

from .arguments import invalid
from .random_words import uniforms

KINDS = ("fixed", "learned", "random", "frozen")
LAWS = ("uniform", "uniform_tau", "logit_normal")
SHARED = ("neuron", "channel", "layer")


class Decay(NamedTuple):
    """What decides the decay of a layer.

    Attributes:
        kind: one of `KINDS`.
        value: the number of a fixed one.
        low, high: range of a drawn one.
        law: tuple, one of `LAWS` with its parameter.
        per: which neurons have a decay of their own, one of `SHARED`.
        per_image: whether every image of a batch has draws of its own.
    """

    kind: str
    value: float
    low: float
    high: float
    law: tuple
    per: str
    per_image: bool

    @property
    def mean(self):
        """Mean of the law (of a drawn decay), or the fixed value."""
        if self.kind not in ("random", "frozen"):
            return self.value
        if self.law[0] == "uniform_tau" and self.high > self.low:
            shortest, longest = 1 / (1 - self.low), 1 / (1 - self.high)
            return 1 - math.log(longest / shortest) / (longest - shortest)
        return 0.5 * (self.low + self.high)


def check_fraction(name, value):
    """Return a number in [0, 1] as a float."""
    if not _is_number(value) or not 0 <= value <= 1:
        raise invalid(name, "a number in [0, 1]", value)
    return float(value)


def check_range(decay_range, law):
    """Return (low, high) with 0 <= low <= high <= 1."""
    pair = tuple(decay_range) if isinstance(decay_range, (tuple, list)) else ()
    top = "< 1" if law[0] == "uniform_tau" else "<= 1"
    fits = len(pair) == 2 and all(map(_is_number, pair)) and 0 <= pair[0] <= pair[1] <= 1
    if not fits or (law[0] == "uniform_tau" and pair[1] == 1):
        raise invalid("decay_range", f"(low, high) with 0 <= low <= high {top}", decay_range)
    return float(pair[0]), float(pair[1])


def check_law(law):
    """Return the argument `decay_law` as a tuple."""
    value = (law,) if isinstance(law, str) else law
    value = tuple(value) if isinstance(value, (tuple, list)) else (None,)
    name, *given = value or (None,)
    if name == "logit_normal":
        fits = len(given) == 1 and _is_number(given[0]) and given[0] > 0
    else:
        fits = name in LAWS and not given
    if not fits:
        raise invalid(
            "decay_law", "'uniform', 'uniform_tau' or ('logit_normal', sigma > 0)", law
        )
    return value


def _is_number(value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value)


def decay_shape(per, neurons):
    """Shape of the decay of one image, with a batch axis of 1.

    Args:
        per: one of `SHARED`.
        neurons: shape of one image's neurons.
    """
    if per == "neuron":
        return (1, *neurons)
    ones = (1,) * (len(neurons) - 1)
    return (1, *ones, neurons[-1] if per == "channel" else 1)


def drawn(decay, current, source=None):
    """The decay of every neuron: a number, or a float32 tensor to broadcast with one step.

    Args:
        decay: a `Decay`.
        current: tensor of one time step, for its shape.
        source: key of a drawn decay, or the tensor of a learned one.
    """
    if decay.kind == "fixed":
        return decay.value
    if decay.kind == "learned":
        return source
    shape = tuple(ops.shape(current))
    shape = (shape[0] if decay.per_image else 1, *decay_shape(decay.per, shape[1:])[1:])
    index = ops.reshape(ops.arange(math.prod(shape), dtype="int32"), shape)
    return _by_law(decay, uniforms(source, 1, index))


def _by_law(decay, uniform):
    low, high, name = decay.low, decay.high, decay.law[0]
    if name == "uniform":
        return low + (high - low) * uniform
    if name == "uniform_tau":
        shortest, longest = 1 / (1 - low), 1 / (1 - high)
        return 1.0 - 1.0 / (shortest + (longest - shortest) * uniform)
    # The uniform numbers are multiples of 2**-24: half a step away from 0 and 1.
    normal = math.sqrt(2.0) * ops.erfinv(2.0 * uniform - (1.0 - 2.0**-24))
    return low + (high - low) * ops.sigmoid(decay.law[1] * normal)
