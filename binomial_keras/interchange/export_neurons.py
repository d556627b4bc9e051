"""What neurons become in NIR: `LIF`, and the potentials that `MembraneReadout` reads."""

import json

import numpy as np
from keras import ops

from .conventions import NOTE, NOTED, channels_first, flat_order, time_constants
from .graph import refused


def lif(graph, layer, value, number):
    """`LIF` as a NIR node of neurons with a hard reset."""
    if layer.decay == "random":
        raise refused(
            layer.name, "decays that do not change from call to call (see models.with_decay)"
        )
    if layer.reset != "hard":
        raise refused(layer.name, "reset='hard': NIR has no reset by subtraction")
    if value.averaged:
        raise refused(layer.name, "neurons before the mean over time")
    if layer.T is not None:
        graph.steps(layer.T, layer.name)
    k = np.broadcast_to(_decays(layer, value.shape), value.shape)
    k = channels_first(k) if value.image is None else k[flat_order(value.image)]
    nir, rest = graph.nir, np.zeros(k.shape, "float32")
    options = {
        "v_threshold": np.full(k.shape, layer.threshold, "float32"),
        "v_reset": rest,
        "metadata": {NOTE: json.dumps(_note(layer))},
    }
    if np.all(k == 1.0) and not layer.scale_input:
        node = nir.IF(r=np.full(k.shape, 1 / graph.dt, "float32"), **options)
    elif np.any(k == 1.0):
        raise refused(layer.name, "decays below 1, or all 1 and scale_input=False")
    else:
        tau, r = time_constants(k, layer.scale_input, graph.dt)
        node = nir.LIF(tau=tau, r=r, v_leak=rest, **options)
    return graph.add(layer.name, node, value, value.shape, number)


def _decays(layer, shape):
    """Decays of one image's neurons, in double precision where they are known in it."""
    if layer.decay == "fixed":
        return layer.decay_value
    if layer.decay == "learned":
        w = ops.convert_to_numpy(layer.decay_weight)[0].astype("float64")
        return 1 / (1 + np.exp(-w))
    return ops.convert_to_numpy(layer.decays(np.zeros((1, *shape), "float32")))[0]


def _note(layer):
    """What NIR has no field for: how the neurons are trained, and where their decays come from."""
    config = layer.get_config()
    return {name: config[name] for name in NOTED}


def membrane(graph, layer, value, number):
    """`MembraneReadout` as a leaky integrator, its reading noted beside it."""
    if layer.decay_value == 1.0:
        raise refused(layer.name, "a decay below 1")
    graph.readout = layer.mode
    k = np.full(value.shape, layer.decay_value)
    tau, r = map(channels_first, time_constants(k, layer.scale_input, graph.dt))
    node = graph.nir.LI(tau=tau, r=r, v_leak=np.zeros_like(tau))
    return graph.add(layer.name, node, value, value.shape, number, averaged=True)
