"""Export to NIR."""

from typing import Any

import keras

from ..layers import LIF
from ..models.program import trace
from .conventions import DT, check_dt, require_nir
from .export_layers import export
from .graph import GraphInProgress


def to_nir(model: keras.Model, dt: float = DT) -> Any:
    """The NIR graph of a spiking network: what one time step computes, weights included.

    The graph gets the model's input (the pixel currents, the same in every step, or the spikes of
    the step) and gives what the model averages over time, or its membrane read-out per step, before
    the softmax. Number of steps, read-out and softmax are no part of NIR: they are kept in the
    graph's metadata, where `from_nir` looks for them. Units and order of axes:
    `binomial_keras.interchange.conventions`.

    * `LIF` with fixed, learned or frozen decays becomes `nir.LIF` (`nir.IF` for a decay of 1), with
      a value per neuron, hard reset. NIR spikes above the threshold, `LIF` at or above it.
    * `Conv2D` and `Dense` become `nir.Conv2d`, `nir.Affine` or `nir.Linear`. Padding that is not
      the same on both sides (strided "same" convolutions) becomes zeros of a larger kernel.
    * Batch normalisation is folded into the layer before it; normalised pixels, and a
      normalisation that follows anything else, become a 1x1 convolution or a diagonal `nir.Affine`.
    * Average-pooling, global average-pooling, flattening, zero-padding before a convolution or a
      pooling, additions (several edges into one node), `Evidence`, `MembraneReadout` (`nir.LI`),
      dropout (left out), and any of these in `PerPass`.
    * A `PoissonEncoder` at the start is left out: the graph gets its spikes.

    Args:
        model: functional or sequential `keras.Model` with one input and one output.
        dt: seconds per time step; the programs that read NIR expect 1e-4.

    Returns:
        A `nir.NIRGraph`, to be written with `nir.write(path, graph)`.

    Raises:
        ValueError: for what NIR has no words for: soft reset, random decays (see
            `binomial_keras.models.with_decay`), maximum pooling, other activations than LIF, ...
        ImportError: the package `nir` is not installed.

    Example:

    >>> import nir
    >>> graph = to_nir(binomial_keras.models.lif_small(decay="frozen", seed=1))
    >>> nir.write("network.nir", graph)

    References:
        Pedersen et al., "Neuromorphic intermediate representation", Nature Communications 15
        (2024).
    """
    nir, dt = require_nir(), check_dt(dt)
    calls, source, result = trace(model)
    graph = GraphInProgress(nir, dt, [number for call in calls for number in call.inputs], result)
    shape = tuple(model.inputs[0].shape)[1:]
    timed = len(shape) in (2, 4)
    if timed:
        graph.steps(shape[0], "input")
        shape = shape[1:]
    graph.timed = timed
    if None in shape:
        raise ValueError(
            "Invalid value received for argument `model`. Expected an input of known shape. "
            f"Received: shape={tuple(model.inputs[0].shape)}"
        )
    values = {source: graph.start(shape)}
    for call in calls:
        values[call.output] = export(graph, call, [values[number] for number in call.inputs])
    if not any(isinstance(_inner(call.layer), LIF) for call in calls):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a model with at least one LIF "
            f"layer. Received: layers {sorted({type(call.layer).__name__ for call in calls})}"
        )
    return graph.finished(values[result])


def _inner(layer):
    return getattr(layer, "layer", layer)


