"""A small network with nothing at its initial value, and its mean field in NumPy."""

import keras
import numpy as np

import binomial_keras as bk
from tests.layer_checks import numpy
from tests.layers import reference

IMAGES = np.random.default_rng(1).random((6, 8, 8, 1), dtype="float32")


def small_network(neuron="A", T=3, **options):
    """Two stages of 2 and 3 maps, 4 classes, random weights and moving averages."""
    options = {"convolutions": 1, "seed": 3, **options}
    model = bk.models.binomial_cnn((8, 8, 1), 4, (2, 3), neuron, T, **options)
    rng = np.random.default_rng(2)
    for weight in model.weights:
        value = rng.normal(0.0, 0.7, weight.shape)
        if weight.name in ("bias", "beta", "moving_mean"):
            value = 0.4 * value
        elif weight.name in ("gamma", "moving_variance"):
            value = 0.8 + np.abs(value)
        weight.assign(value)
    if options.get("batch_normalization", True):
        # Logits around zero: the classes are close, and every draw counts.
        head = model.get_layer("probabilities")
        kernel = rng.normal(0.0, 5.0, (3, 4))
        head.set_weights([kernel, -features(model, IMAGES).mean(axis=0) @ kernel])
    return model


def unit_outputs(model, x):
    """Outputs of all units of a model, by name, from one call."""
    units = [layer for layer in model.layers if isinstance(layer, bk.layers.BU)]
    tap = keras.Model(model.inputs[0], [unit.output for unit in units])
    return {unit.name: numpy(value) for unit, value in zip(units, tap(x))}


def features(model, x):
    """What the softmax layer sees if every spike is replaced by its probability."""
    for stage in (1, 2):
        conv, norm = model.get_layer(f"conv{stage}_1"), model.get_layer(f"norm{stage}_1")
        gamma, beta, mean, variance = norm.get_weights()
        u = reference.conv2d(x, *conv.get_weights(), stride=stage)
        x = reference.h(gamma * (u - mean) / np.sqrt(variance + 1e-3) + beta)
    return x.mean(axis=(1, 2))


def mean_field(model, x):
    """The output of the network as type D."""
    kernel, bias = model.get_layer("probabilities").get_weights()
    return reference.softmax(features(model, x) @ kernel + bias)
