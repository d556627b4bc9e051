"""What runs between two layers: real numbers, spikes, or counts of spikes."""

import dataclasses
import math

import keras

from ..layers import (
    BU,
    LIF,
    Evidence,
    LIFCell,
    PerPass,
    PoissonEncoder,
    Present,
    Threshold,
)
from ..layers.time_axis import has_time_axis

REAL_BITS = 32
# What hands on values as they are, or the largest of several.
_KEEPING = (
    keras.layers.Cropping2D,
    keras.layers.Dropout,
    keras.layers.Flatten,
    keras.layers.GlobalMaxPooling2D,
    keras.layers.Identity,
    keras.layers.MaxPooling2D,
    keras.layers.Permute,
    keras.layers.Reshape,
    keras.layers.ZeroPadding2D,
    Present,
)


@dataclasses.dataclass(frozen=True)
class Signal:
    """Values `J * unit` with a whole number J of spikes in 0..levels; real if levels is None."""

    levels: int | None = None
    unit: float = 1.0

    @property
    def bits(self):
        """Bits of one value."""
        return REAL_BITS if self.levels is None else math.ceil(math.log2(self.levels + 1))

    def __str__(self):
        if self.levels is None:
            return "real"
        return "0/1" if self.levels == 1 else f"0..{self.levels}"


REAL, SPIKES = Signal(), Signal(1)


def signal_after(layer, given, shape):
    """What a layer hands on. A layer that is not known hands on real numbers.

    Args:
        layer: the layer.
        given: list of the `Signal`s of its inputs.
        shape: shape of its first input.
    """
    if isinstance(layer, PerPass):
        return signal_after(layer.layer, given, (shape[0], *shape[2:]))
    if isinstance(layer, BU):
        return _unit(layer)
    cell = getattr(layer, "cell", None)
    if isinstance(layer, (LIF, PoissonEncoder)) or isinstance(cell, LIFCell):
        return SPIKES
    if isinstance(layer, Threshold):
        return REAL if layer.surrogate[0] == "smooth" else SPIKES
    if isinstance(layer, _KEEPING):
        return given[0]
    if isinstance(layer, keras.layers.Concatenate) and len(set(given)) == 1:
        return given[0]
    counts = all(signal.levels is not None for signal in given)
    if isinstance(layer, keras.layers.Add) and counts and len({s.unit for s in given}) == 1:
        return Signal(sum(signal.levels for signal in given), given[0].unit)
    if isinstance(layer, Evidence) and counts:
        T = shape[1] if has_time_axis(len(shape)) else 1
        return Signal(given[0].levels * T, given[0].unit / T)
    return REAL


def _unit(layer):
    if layer.neuron == "D":
        return REAL
    return Signal(layer.T, 1 / layer.T) if layer.neuron == "B" else SPIKES
