"""What has to be remembered from pass to pass."""

import math

import numpy as np

from ..layers import LIF, Evidence, LIFCell, MembraneReadout
from ..layers.time_axis import has_time_axis
from .observe import accumulates
from .signal import REAL_BITS


def kept_bits(seen):
    """Bits per image that a layer keeps between two passes; 0 for a network of one pass.

    * `EConv2D`, `EDense` over a time axis: the accumulated sum of every output.
    * What is computed once and used in all T passes: its value.
    * `LIF`: potentials, and decays that are drawn. `MembraneReadout`: potentials, and the mean or
      the largest so far.
    * `Evidence`: a counter of spikes, or a sum.
    """
    layer, shape = seen.layer, seen.inputs[0].shape
    steps = shape[1] if has_time_axis(len(shape)) else 1
    one_pass = math.prod(seen.output.shape[1:]) // seen.passes
    cell = getattr(layer, "cell", layer)
    if accumulates(seen) or seen.repeated:
        return one_pass * REAL_BITS
    if isinstance(cell, (LIF, LIFCell)) and seen.passes > 1:
        return one_pass * REAL_BITS * (2 if cell.decay == "random" else 1)
    if isinstance(layer, MembraneReadout) and steps > 1:
        return one_pass * REAL_BITS * (1 if layer.mode == "last" else 2)
    if isinstance(layer, Evidence) and steps > 1:
        return one_pass * seen.signal.bits
    return 0


def spike_rate(seen):
    """Mean spikes per neuron and pass (per draw, for type B); None where no spikes are sent."""
    if seen.signal.levels is None:
        return None
    return float(np.mean(seen.output, dtype=np.float64))
