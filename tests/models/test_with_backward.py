"""Other gradients for the same network."""

import keras
import numpy as np
import pytest

from binomial_keras import layers
from binomial_keras.models import backward_rules, binomial_cnn, convert, reseed, with_backward
from tests.layer_checks import vjp

LEAKY = ["leaky 0.01", "leaky 0.1", "leaky 0.3", "leaky 1.0"]
RELAXED = ["relaxed 0.1", "relaxed 0.5", "relaxed 1.0"]
X = np.random.default_rng(0).random((3, 8, 8, 1), "float32")


def network(neuron, T=2, **options):
    return binomial_cnn((8, 8, 1), 3, (4, 6), neuron, T, seed=1, **options)


def input_gradient(model):
    reseed(model, 5)
    cotangent = np.array([[1.0, -2.0, 0.5]], "float32") * np.ones((len(X), 1), "float32")
    output, slope, _ = vjp(model, X, cotangent)
    return output, slope


@pytest.mark.parametrize("neuron, T, rules", [
    ("A", 3, {*LEAKY, *RELAXED, "twin", "unrolled"}),
    ("A", 1, {*LEAKY, *RELAXED, "twin"}),
    ("B", 3, {*LEAKY, *RELAXED, "twin"}),
    ("C", 1, {*LEAKY, *RELAXED, "twin"}),
    ("D", 1, set(LEAKY)),
])
def test_rules_of_every_type(neuron, T, rules):
    assert set(backward_rules(network(neuron, T))) == rules


def test_a_network_without_stochastic_layers_offers_nothing():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    assert backward_rules(model) == []
    assert with_backward(model, "own") is model
    with pytest.raises(ValueError, match=r"`backward`. Expected one of \['own'\]"):
        with_backward(model, "twin")


@pytest.mark.parametrize("rule", ["leaky 0.3", "relaxed 0.5", "unrolled"])
def test_the_spikes_stay_and_the_gradient_changes(rule):
    model = network("A")
    output, slope = input_gradient(model)
    other_output, other_slope = input_gradient(with_backward(model, rule))
    np.testing.assert_array_equal(other_output, output)
    assert np.abs(other_slope - slope).max() > 1e-3 * np.abs(slope).max()


@pytest.mark.parametrize("neuron", "ABC")
def test_the_twin_is_the_type_d_network(neuron):
    model = network(neuron)
    twin = input_gradient(with_backward(model, "twin"))
    for found, expected in zip(twin, input_gradient(convert(model, "D"))):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_unrolled_reaches_every_layer():
    model = with_backward(network("A"), "unrolled")
    kinds = (layers.BU, layers.EConv2D, layers.BatchNormalization)
    found = {layer.name: layer.gradient for layer in model.layers if isinstance(layer, kinds)}
    # What precedes the first unit has no time axis and no passes to unroll.
    assert {name for name, rule in found.items() if rule == "last"} == {"conv1_1", "norm1_1"}


def test_a_layer_of_the_users_own_is_found():
    class Step(keras.layers.Layer):
        def __init__(self, slope=0.0, **kwargs):
            super().__init__(**kwargs)
            self.slope = slope

        def call(self, x):
            step = keras.ops.cast(x > 0, "float32")
            sloped = self.slope * x
            return keras.ops.stop_gradient(step - sloped) + sloped

        def get_config(self):
            return {**super().get_config(), "slope": self.slope}

        def backward_rules(self):
            return {"identity": {"slope": 1.0}}

    image = keras.Input((4,))
    model = keras.Model(image, Step()(image))
    assert backward_rules(model) == ["identity"]
    x, ones = np.ones((2, 4), "float32"), np.ones((2, 4), "float32")
    assert not vjp(model, x, ones)[1].any()
    np.testing.assert_allclose(vjp(with_backward(model, "identity"), x, ones)[1], 1.0)
