"""Whole networks against the paper's Algorithm 1, written as NumPy loops (`reference`).

Forward: spike by spike, with the uniform numbers computed anew from the documented hash.
Backward: finite differences of `m := h(u) + constant` in pass T (Eq. 11), or, for the unrolled
rule, of `spike := h(u) + constant` in every pass.
"""

import keras
import numpy as np
import pytest

from binomial_keras import layers
from tests.layer_checks import finite_differences, numpy, vjp
from tests.layers import reference

T, BATCH, CLASSES = 3, 4, 3
LABELS = np.array([0, 2, 1, 1])
SEEDS = (21, 22)


def cross_entropy(probabilities):
    """Mean over the batch, of a tensor of the backend."""
    rows = keras.ops.one_hot(LABELS, CLASSES)
    return -keras.ops.sum(keras.ops.log(probabilities) * rows) / BATCH


def numpy_cross_entropy(probabilities):
    return -np.mean(np.log(probabilities[np.arange(BATCH), LABELS]))


def reset(model):
    """Every unit's next call is its first one."""
    units = [layer for layer in model.layers if isinstance(layer, layers.BU)]
    for unit, seed in zip(units, SEEDS, strict=True):
        unit.seed_generator.state.assign(np.array([seed, 0], "uint32"))
    return units


def unit_outputs(model, x, training=False):
    units = reset(model)
    tap = keras.Model(model.inputs[0], [unit.output for unit in units])
    return [numpy(spikes) for spikes in tap(x, training=training)]


def random_weights(model):
    rng = np.random.default_rng(5)
    for weight in model.weights:
        value = rng.normal(0.0, 0.7, weight.shape)
        if weight.name != "kernel":
            value = 0.3 + 0.3 * np.abs(value)
        if weight.name == "gamma":
            value = value + 1
        weight.assign(value)


def dense_network(rule):
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.EDense(6, gradient=rule),
            layers.BU("A", T, gradient=rule),
            layers.EDense(4, gradient=rule),
            layers.BU("A", T, gradient=rule),
            layers.Evidence(),
            keras.layers.Dense(CLASSES, "softmax"),
        ]
    )
    random_weights(model)
    weights = [numpy(weight).astype("float64") for weight in model.weights]
    net = reference.BinomialNet(
        [lambda m, w: m @ w[0] + w[1], lambda m, w: m @ w[2] + w[3]],
        lambda m, w: reference.softmax(m @ w[4] + w[5]),
        weights,
        SEEDS,
        T,
    )
    return model, net, np.random.default_rng(6).random((BATCH, 5))


def conv_network(rule, training=False):
    """Two convolutions, the second with stride, each with batch normalisation."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.EConv2D(3, 3, padding="same", gradient=rule, name="c1"),
            layers.BatchNormalization(gradient=rule, name="n1"),
            layers.BU("A", T, gradient=rule),
            layers.EConv2D(4, 3, strides=2, padding="same", use_bias=False, gradient=rule),
            layers.BatchNormalization(gradient=rule, name="n2"),
            layers.BU("A", T, gradient=rule),
            layers.Evidence(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(CLASSES, "softmax"),
        ]
    )
    random_weights(model)
    moving = [[numpy(w) for w in model.get_layer(name).weights[2:]] for name in ("n1", "n2")]

    def normalised(u, gamma, beta, stored):
        mean, variance = (u.mean(axis=(0, 1, 2)), u.var(axis=(0, 1, 2))) if training else stored
        return gamma * (u - mean) / np.sqrt(variance + 1e-3) + beta

    def first(m, w):
        return normalised(reference.conv2d(m, w[0], w[1]), w[2], w[3], moving[0])

    def second(m, w):
        return normalised(reference.conv2d(m, w[4], stride=2), w[5], w[6], moving[1])

    weights = [numpy(weight).astype("float64") for weight in model.trainable_variables]
    net = reference.BinomialNet(
        [first, second],
        lambda m, w: reference.softmax(m.mean(axis=(1, 2)) @ w[7] + w[8]),
        weights,
        SEEDS,
        T,
    )
    return model, net, np.random.default_rng(7).random((BATCH, 6, 6, 2))


def check_gradients(model, net, x, constants, rule, training=False):
    function = net.last_pass if rule == "last" else net.unrolled
    x = x.copy()
    expected = finite_differences(
        lambda: numpy_cross_entropy(function(x, constants)), [x, *net.weights], step=1e-5
    )
    reset(model)
    output, first, others = vjp(model, x.astype("float32"), loss=cross_entropy, training=training)
    np.testing.assert_allclose(output, function(x, constants), atol=1e-5)
    for name, one, other in zip(
        ["x", *(v.path for v in model.trainable_variables)], [first, *others], expected
    ):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-5, err_msg=name)
        # A batch-normalised bias has no gradient; everything else has.
        if not (training and name.endswith("c1/bias")):
            assert np.max(np.abs(other)) > 1e-3, name


@pytest.mark.parametrize("rule", ["last", "unrolled"])
@pytest.mark.parametrize("network", [dense_network, conv_network], ids=["dense", "conv"])
def test_forward_and_backward(network, rule):
    model, net, x = network(rule)
    output, trains, membrane = net.run(x)
    for found, passes in zip(unit_outputs(model, x.astype("float32")), trains):
        np.testing.assert_array_equal(found, np.stack(passes, axis=1))
        assert 0.05 < found.mean() < 0.95
    check_gradients(model, net, x, net.constants(trains, membrane, rule), rule)
    np.testing.assert_allclose(net.last_pass(x, net.constants(trains, membrane, "last")), output)


def test_the_two_rules_differ():
    gradients = []
    for rule in ("last", "unrolled"):
        model, _, x = dense_network(rule)
        reset(model)
        gradients.append(vjp(model, x.astype("float32"), loss=cross_entropy)[2])
    assert np.max(np.abs(gradients[0][0] - gradients[1][0])) > 0.1 * np.max(np.abs(gradients[0][0]))
    # The read-out sees the same evidence under both.
    np.testing.assert_allclose(gradients[0][4], gradients[1][4], atol=1e-6)


def test_training_with_batch_normalisation_from_the_last_pass():
    """All passes are normalised with the statistics of pass T, which alone carries gradient."""
    model, net, x = conv_network("last", training=True)
    kept = [numpy(w) for w in model.weights]
    trains = unit_outputs(model, x.astype("float32"), training=True)
    model.set_weights(kept)

    constants, evidence = [], x
    for potential, spikes in zip(net.potentials, trains):
        mean = spikes.mean(axis=1, dtype="float64")
        constants.append(mean - reference.h(potential(evidence, net.weights)))
        evidence = mean

    # Forward of layer 2, pass by pass: statistics of the convolution in pass T.
    w = net.weights
    counts = np.cumsum(trains[0], axis=1)
    u = [reference.conv2d(counts[:, t] / (t + 1), w[4], stride=2) for t in range(T)]
    mean, variance = u[-1].mean(axis=(0, 1, 2)), u[-1].var(axis=(0, 1, 2))
    for t in range(T):
        normalised = w[5] * (u[t] - mean) / np.sqrt(variance + 1e-3) + w[6]
        expected = reference.spikes(normalised, SEEDS[1], 0, t + 1)
        np.testing.assert_array_equal(trains[1][:, t], expected)
    check_gradients(model, net, x, constants, "last", training=True)
