"""Import from NIR."""

import os
from typing import Any

import keras

from ..layers import Evidence, MembraneReadout
from ..layers.arguments import check_choice
from ..layers.time_axis import check_passes, has_time_axis
from .conventions import DT, check_dt, noted_in, require_nir
from .import_nodes import Importer

_READOUTS = ("rate", "last", "mean", "max", None)
_ACTIVATIONS = ("softmax", None)
_NOTED = "as noted"


def from_nir(
    graph: Any,
    T: int | None = None,
    dt: float = DT,
    *,
    timed: Any = _NOTED,
    readout: Any = _NOTED,
    activation: Any = _NOTED,
) -> keras.Model:
    """A functional `keras.Model` that computes what a NIR graph describes, ready for training.

    `Conv2d`, `Affine`, `Linear`, `AvgPool2d`, `SumPool2d`, `Flatten`, `LIF`, `IF`, `LI` (as the
    last node) and `Scale` (one factor) become layers of the same names; several edges into a node
    become `Add`. Neurons start at rest and reset to 0. Time constants that differ become learned
    decays. A resistance that is neither 1 nor tau/dt becomes a threshold, see
    `binomial_keras.interchange.conventions`.

    What NIR does not hold is taken from the note that `to_nir` leaves in the graph, as long as it
    agrees with the nodes, otherwise from the arguments: T, the read-out, the surrogate gradients,
    where decays come from. `"as noted"` stands for what the note says, `None` without a note.

    Args:
        graph: a `nir.NIRGraph`, or the path of a file.
        T: integer >= 1, number of time steps; `None` for the noted one.
        dt: seconds per time step, 1e-4 in the programs that write NIR.
        timed: whether the input has a time axis, `(batch, T, ...)`. Otherwise, and by default, one
            image is the current of every step.
        readout: `"rate"`, the mean over time; `"last"`, `"mean"` or `"max"`, of the potentials of
            a last node `LI`; `None`, what every step gives. By default `None`, or `"last"` for an
            `LI`.
        activation: `"softmax"` or `None` (default).

    Returns:
        A `keras.Model` for images `(batch, height, width, channels)` or vectors, channels last: the
        weights behind a flattened image are permuted. A flattened image as the output has Keras'
        order.

    Raises:
        ValueError: for what these layers cannot compute: recurrent edges, `CubaLIF`, potentials
            that rest or reset elsewhere than at 0, thresholds that differ within a node, ...
        ImportError: the package `nir` is not installed.

    Example:

    >>> graph = to_nir(binomial_keras.models.lif_small(decay="frozen", seed=1))
    >>> model = from_nir(graph, T=10)  # or the name of a file
    """
    nir, dt = require_nir(), check_dt(dt)
    if isinstance(graph, (str, os.PathLike)):
        graph = nir.read(graph, type_check=False)
    noted = noted_in(graph)
    T = noted.get("T") if T is None else T
    given = {"timed": timed, "readout": readout, "activation": activation}
    about = {
        name: noted.get(name) if value == _NOTED else value for name, value in given.items()
    }
    check_choice("readout", about["readout"], _READOUTS)
    check_choice("activation", about["activation"], _ACTIVATIONS)
    if T is None:
        raise ValueError(
            "Invalid value received for argument `T`. Expected a number of time steps: the graph "
            "has no note of one. Received: T=None"
        )
    importer = Importer(nir, graph, check_passes(T), dt, bool(about["timed"]))
    image, value = importer.run()
    x = _read_out(importer, value, about["readout"])
    if about["activation"] == "softmax":
        x = keras.layers.Softmax(name=importer.free("softmax"))(x)
    model = keras.Model(image, x, name="from_nir")
    importer.set_weights()
    return model


def _read_out(importer, value, readout):
    """The output tensor, from what arrives at the output node."""
    if value.potential is not None:
        mode = "last" if readout is None else readout
        if mode == "rate":
            mode = "mean"
        return MembraneReadout(mode, **value.potential)(value.tensor)
    if readout in ("last", "mean", "max"):
        raise ValueError(
            "Invalid value received for argument `readout`. Expected 'rate' or None for a graph "
            f"whose last node is not LI. Received: readout={readout!r}"
        )
    if not has_time_axis(len(value.tensor.shape)):
        return value.tensor
    if readout is None:
        return value.tensor
    return Evidence(name=importer.free("rate"))(value.tensor)


