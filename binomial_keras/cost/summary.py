"""The cost of a network, measured on some images."""

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np
from numpy.typing import ArrayLike

from ..backend import seed_states
from ..layers import BU
from ..models import convert
from ..models.rebuild import check_rebuildable
from ..models.traversal import walk
from .energy import joules
from .memory import kept_bits, spike_rate
from .observe import observe
from .operations import operations
from .row import Row
from .table import Summary

BATCH = 32


def summary(
    model: keras.Model,
    x: ArrayLike,
    energy: str | Mapping[str, float] = "float32",
) -> Summary:
    """What a network costs on hardware that adds where it can and multiplies where it must.

    The papers on spiking networks claim cheaper hardware; this counts it, layer by layer, for one
    image. A connection (one weight, one input) costs

    * a multiply-accumulate operation (MAC) where its input is a real number: pixels, type D, ReLU;
    * an addition (AC) for every spike where its input is 0 or 1: a spike adds the weight, nothing
      else. Type A keeps the sum of each neuron from pass to pass and adds only the new spikes, so
      T passes cost what their spikes cost, plus one multiplication per neuron in passes 2..T, by
      1/t. Type B sends J of T spikes in one go: J additions.

    Two counts, and they must not be mixed: **all** connections, as hardware does that takes no
    notice of zeros; and **non-zero**, as event-driven hardware does, on which a zero costs
    nothing. The second is measured on `x`, for real numbers as for spikes: type D has its zeros
    too. Zeros added by padding are no connections in either count.

    Neurons: a bias or a folded batch normalisation is an AC per output and pass, a comparison
    (threshold, random number, maximum of numbers) is an AC, one that is not folded is a MAC; `LIF`
    a MAC and an AC per step; `SPLASH` a MAC and K - 1 comparisons; the mixture of `FlexibleLayer` a
    MAC and two ACs. The maximum of 0/1 spikes, ReLU and reshaping are free. Of layers that are
    not known the table says so.

    Energy: additions and multiplications by Horowitz' figures for 45 nm, in picojoules: float32
    0.9 and 3.7, float16 0.4 and 1.1, int32 0.1 and 3.1, int8 0.03 and 0.2; a MAC is both. Left
    out, and often more than what is counted: reading weights and activations from memory, random
    numbers (their number is given: T per neuron and image for A and B, though this library draws B
    from one), functions such as tanh (their number is given), control and leakage. So this is no
    measurement of a device, but an upper limit to what spikes can save in arithmetic.

    Args:
        model: functional or sequential `keras.Model` with one input and one output, built.
        x: images `(images, ...)`, at least one; rates and non-zero counts are means over them.
            Each is classified once; the model's random generators are left as they were.
        energy: `"float32"`, `"float16"`, `"int32"`, `"int8"`, or `{"ac": joules, "mac": joules}`.

    Returns:
        A `Summary`: prints as a table, in a notebook too; `to_dict()` gives the numbers. If the
        network has units of type A, B or C, it holds the same network as type D for comparison.

    Raises:
        ValueError: a model that is not of this kind, images that do not fit, unknown `energy`.

    Example:

    >>> print(binomial_keras.summary(model, x[:16]))  # doctest: +SKIP

    References:
        Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014.
    """
    label, addition, mac = joules(energy)
    check_rebuildable(model)
    images = _images(model, x)
    states = [(state, keras.ops.convert_to_numpy(state)) for state in seed_states(model)]
    try:
        rows = _rows(model, images)
    finally:
        for state, value in states:
            state.assign(value)
    units = [layer for layer in walk(model) if isinstance(layer, BU)]
    reference = None
    if any(unit.neuron != "D" for unit in units):
        rows_d = _rows(convert(model, "D"), images)
        reference = Summary(f"{model.name}, as type D", rows_d, len(images), label, addition, mac)
    return Summary(model.name, rows, len(images), label, addition, mac, reference)


def _images(model, x):
    expected = tuple(model.inputs[0].shape)[1:]
    array = np.asarray(x, "float32") if isinstance(x, (list, tuple)) else np.asarray(
        keras.ops.convert_to_numpy(x), "float32")
    fits = array.ndim == len(expected) + 1 and len(array) > 0 and all(
        size in (None, found) for size, found in zip(expected, array.shape[1:])
    )
    if not fits:
        raise ValueError(
            "Invalid value received for argument `x`. Expected one or more images of shape "
            f"(images, {', '.join(map(str, expected))}). Received: x with shape={array.shape}"
        )
    return array


def _rows(model, x):
    """Rows of one image, from means over all."""
    total = None
    for start in range(0, len(x), BATCH):
        chunk = x[start : start + BATCH]
        found = [_row(seen, len(chunk)) for seen in observe(model, chunk)]
        total = found if total is None else list(map(_joined, total, found))
    return tuple(_per_image(row, len(x)) for row in total)


def _row(seen, images):
    """Of a chunk of images; rate and count are sums over them."""
    rate = spike_rate(seen)
    count_params = getattr(seen.layer, "count_params", int)
    return Row(
        layer=seen.name,
        kind=type(seen.layer).__name__,
        output=tuple(seen.output.shape[1:]),
        parameters=0 if seen.again else count_params(),
        receives=str(seen.given[0]) if seen.given else "none",
        rate=None if rate is None else rate * images,
        count=operations(seen),
        kept_bits=kept_bits(seen),
        sent_bits=seen.output[0].size // seen.passes * seen.signal.bits,
    )


def _joined(row, other):
    rate = None if row.rate is None else row.rate + other.rate
    count = None if row.count is None else row.count + other.count
    return dataclasses.replace(row, rate=rate, count=count)


def _per_image(row, images):
    rate = None if row.rate is None else row.rate / images
    count = None if row.count is None else row.count.scaled(1 / images)
    return dataclasses.replace(row, rate=rate, count=count)
