"""The operations of one layer call."""

import keras
import numpy as np

from ..layers import (
    APL,
    BU,
    LIF,
    SPLASH,
    Evidence,
    FlexibleLayer,
    LIFCell,
    Maxout,
    MembraneReadout,
    PerPass,
    PoissonEncoder,
    Present,
    Threshold,
)
from ..layers.lif_decay import decay_shape
from ..layers.time_axis import has_time_axis
from .count import Count, connections, every_time
from .geometry import fans, pairs, weighted
from .observe import accumulates

_CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
_MAXIMA = (keras.layers.MaxPooling1D, keras.layers.MaxPooling2D, keras.layers.MaxPooling3D)
_MEANS = (keras.layers.AveragePooling1D, keras.layers.AveragePooling2D,
          keras.layers.AveragePooling3D)
_GLOBAL = (keras.layers.GlobalAveragePooling1D, keras.layers.GlobalAveragePooling2D)
# Nothing to compute at inference: data is handed on, or the sign is looked at.
_FREE = (
    keras.layers.Concatenate,
    keras.layers.Cropping2D,
    keras.layers.Dropout,
    keras.layers.Flatten,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.ReLU,
    keras.layers.Reshape,
    keras.layers.UpSampling2D,
    keras.layers.ZeroPadding2D,
    Present,
    Threshold,
)
_FREE_FUNCTIONS = ("linear", "relu")


def operations(seen):
    """The `Count` of an `Observation` over all of its images; `None` for an unknown layer."""
    layer, out = seen.layer, seen.output
    if isinstance(layer, PerPass):
        return _counted(layer.layer, *map(_fold, (seen.inputs[0], out)), seen.given[0], False)
    if isinstance(layer, (BU, PoissonEncoder)):
        return _spiking(layer, out)
    cell = getattr(layer, "cell", layer)
    if isinstance(cell, (LIF, LIFCell)):
        return _lif(cell, out)
    if isinstance(layer, (keras.layers.Add, keras.layers.Subtract)):
        return every_time(acs=(len(seen.inputs) - 1) * out.size)
    timed = has_time_axis(len(seen.inputs[0].shape))
    own = hasattr(layer, "potential") and timed
    given, after = (map(_fold, (seen.inputs[0], out)) if own else (seen.inputs[0], out))
    found = _counted(layer, given, after, seen.given[0], seen.folded)
    if found is not None and accumulates(seen):
        # Passes 2..T divide the accumulated sum by the number of passes.
        found += every_time(macs=out.size // seen.passes * (seen.passes - 1))
    return found


def _fold(x):
    return x.reshape(-1, *x.shape[2:]) if has_time_axis(x.ndim) else x


def _counted(layer, given, out, signal, folded):
    if isinstance(layer, (*_CONVOLUTIONS, keras.layers.Dense, keras.layers.DepthwiseConv2D)):
        return _linear(layer, given, out, signal)
    if isinstance(layer, FlexibleLayer):
        return _flexible(layer, given, out, signal)
    if isinstance(layer, (*_MAXIMA, *_MEANS)):
        return _pooling(layer, given, signal)
    if isinstance(layer, (*_GLOBAL, Evidence)):
        return Count() if isinstance(layer, Evidence) and out.ndim == given.ndim else _sums(
            given, out, signal)
    if isinstance(layer, keras.layers.BatchNormalization):
        # The scale goes into the weights before it, the shift into the bias.
        return every_time(acs=out.size) if folded else every_time(macs=out.size)
    return _pointwise(layer, given, out)


def _pointwise(layer, given, out):
    if isinstance(layer, SPLASH):
        # Which segment, then slope times x plus offset.
        return every_time(macs=out.size, acs=out.size * (len(layer.hinges) - 1))
    if isinstance(layer, APL):
        return every_time(macs=out.size * layer.segments, acs=2 * out.size * layer.segments)
    if isinstance(layer, Maxout):
        return every_time(acs=given.size - out.size)
    if isinstance(layer, MembraneReadout):
        return every_time(macs=given.size, acs=0 if layer.mode == "last" else given.size)
    # Of a normalisation of pixels the factor and the shift are one multiply-accumulate.
    if isinstance(layer, (keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.Rescaling,
                          keras.layers.Normalization)):
        return every_time(macs=out.size)
    if isinstance(layer, (keras.layers.Softmax, keras.layers.ELU)):
        return every_time(evaluations=out.size)
    if isinstance(layer, keras.layers.Activation):
        return _activation(layer.activation, out)
    return Count() if isinstance(layer, _FREE) else None


def _linear(layer, given, out, signal):
    events = (given != 0) if signal.levels is None else np.rint(given / signal.unit)
    if isinstance(layer, keras.layers.Dense):
        number, active = given.size * layer.units, float(events.sum()) * layer.units
    else:
        axes = fans(given.shape[1:-1], layer.kernel_size, layer.strides, layer.dilation_rate,
                    layer.padding)
        channels = given.shape[-1]
        # Into how many maps each value of a window goes.
        maps = out.shape[-1] // (
            channels if isinstance(layer, keras.layers.DepthwiseConv2D) else layer.groups
        )
        number = len(given) * pairs(axes) * channels * maps
        active = weighted(events, axes) * maps
    bias = every_time(acs=out.size if layer.use_bias else 0)
    return connections(signal, number, active) + bias + _activation(layer.activation, out)


def _flexible(layer, given, out, signal):
    axes = fans(given.shape[1:-1], layer.kernel_size, layer.strides, (1, 1), layer.padding)
    share = given.shape[-1] * layer.filters
    events = (given != 0) if signal.levels is None else np.rint(given / signal.unit)
    found = connections(
        signal, len(given) * pairs(axes) * share, weighted(events, axes) * layer.filters
    ) + every_time(acs=out.size if layer.use_bias else 0)
    if layer.threshold is None:
        return found
    windows = out.size // layer.filters
    comparisons = (len(given) * pairs(axes) - windows) * given.shape[-1]
    found += every_time(acs=0 if signal.levels == 1 else comparisons)
    if layer.threshold == "random":
        # An image that is alone has a mask of its own, whatever `mask_per_image` says.
        return found + every_time(random=out.size)
    # T - P, sigma, then C + g (P - C).
    return found + every_time(macs=out.size, acs=2 * out.size, evaluations=out.size)


def _pooling(layer, given, signal):
    sizes = given.shape[1:-1]
    axes = fans(sizes, layer.pool_size, layer.strides, [1] * len(sizes), layer.padding)
    channels = given.shape[-1]
    number = len(given) * pairs(axes) * channels
    if isinstance(layer, _MEANS):
        events = (given != 0) if signal.levels is None else np.rint(given / signal.unit)
        return Count(acs=number * (signal.levels or 1), active_acs=weighted(events, axes))
    # The largest of 0/1 spikes is an OR of single bits.
    outputs = layer.compute_output_shape(given.shape)
    return every_time(acs=0 if signal.levels == 1 else number - int(np.prod(outputs)))


def _sums(given, out, signal):
    if signal.levels is None:
        return Count(acs=given.size, active_acs=float((given != 0).sum()))
    return Count(acs=given.size * signal.levels, active_acs=float(given.sum() / signal.unit))


def _activation(function, out):
    name = getattr(function, "__name__", "linear")
    return Count() if name in _FREE_FUNCTIONS else every_time(evaluations=out.size)


def _spiking(layer, out):
    if isinstance(layer, PoissonEncoder):
        return every_time(acs=out.size, random=out.size)
    gain = 0 if type(layer).gain is not BU.gain else out.size
    if layer.neuron == "D":
        return every_time(evaluations=gain)
    # Type B compares one h(u) with T random numbers.
    drawn = out.size * (layer.T if layer.neuron == "B" else 1)
    return every_time(acs=drawn, evaluations=gain, random=drawn)


def _lif(cell, out):
    """Charge, then compare with the threshold; a reset to zero or by a threshold is no more."""
    found = every_time(macs=out.size, acs=2 * out.size if cell.reset == "soft" else out.size)
    if cell.decay != "random":
        return found
    # An image that is alone has decays of its own, whatever `shared_over_batch` says.
    each = int(np.prod(decay_shape(cell.decay_per, out.shape[2:])))
    return found + every_time(random=each * len(out))
