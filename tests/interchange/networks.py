"""Spiking networks with weights as after a training, and the equations of NIR in NumPy."""

import keras
import numpy as np

from binomial_keras.layers import LIF, Evidence, PerPass


def filled(model, seed=0):
    """The model with random weights; batch statistics, scales and offsets as after a training."""
    rng = np.random.default_rng(seed)
    ranges = {"moving_variance": (0.5, 2.0), "gamma": (0.5, 2.0), "moving_mean": (-0.5, 0.5),
              "beta": (0.0, 0.8), "bias": (0.0, 0.5), "decay": (-1.5, 1.5)}
    for weight in model.weights:
        name = weight.path.split("/")[-1]
        if name in ranges:
            weight.assign(rng.uniform(*ranges[name], weight.shape))
    return model


def spikes_of(model, images):
    """Spike trains of every `LIF` of a model, in order."""
    layers = [layer for layer in model.layers if isinstance(layer, LIF)]
    inside = keras.Model(model.input, [layer.output for layer in layers])
    found = inside(images)
    found = found if isinstance(found, (list, tuple)) else [found]
    return [keras.ops.convert_to_numpy(one) for one in found]


def conv_net(T=5, seed=0, **neurons):
    """Convolution, neurons, pooling, flattening, dense layer, neurons, mean over time, dense."""
    initial = {"kernel_initializer": keras.initializers.HeNormal(seed)}
    image = keras.Input((6, 4, 2))
    x = keras.layers.Conv2D(3, 3, padding="same", **initial, name="conv")(image)
    x = LIF(T, **neurons, name="lif1")(x)
    x = PerPass(keras.layers.AveragePooling2D(2, name="pool"))(x)
    x = PerPass(keras.layers.Flatten(name="flat"))(x)
    x = PerPass(keras.layers.Dense(7, **initial, name="dense"))(x)
    x = LIF(**neurons, name="lif2")(x)
    x = Evidence(name="mean")(x)
    return filled(keras.Model(image, keras.layers.Dense(4, **initial, name="logits")(x)), seed)


def euler(node, currents, dt):
    """Spikes `(T, ...)` of a NIR neuron, from its differential equation alone.

    Args:
        node: with the fields of `nir.LIF`, or `tau = None` for `nir.IF`.
        currents: `(T, ...)`.
        dt: seconds per step.
    """
    v, spikes = np.zeros_like(currents[0]), []
    for current in currents:
        drive = node.r * current
        v = v + dt * (drive if node.tau is None else (node.v_leak - v + drive) / node.tau)
        spikes.append((v > node.v_threshold).astype("float32"))
        v = np.where(spikes[-1] > 0, node.v_reset, v)
    return np.stack(spikes)
