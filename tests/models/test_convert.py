"""convert: the same weights under another neuron type."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from tests.layer_checks import numpy
from tests.models.networks import IMAGES, mean_field, small_network

TYPES = "ABCD"


@pytest.fixture(scope="module")
def networks():
    return {neuron: small_network(neuron, T=2, encode_input=True) for neuron in TYPES}


def units(model):
    return [layer for layer in model.layers if isinstance(layer, bk.layers.BU)]


@pytest.mark.parametrize("target", TYPES)
@pytest.mark.parametrize("source", TYPES)
def test_all_pairs(networks, source, target):
    model = networks[source]
    before = model.get_weights()
    converted = bk.convert(model, target, T=3)
    assert [(u.neuron, u.T) for u in units(converted)] == [(target, 3)] * 3
    assert [(u.neuron, u.T) for u in units(model)] == [(source, 2)] * 3
    for a, b in zip(converted.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    # Copied, not shared.
    converted.get_layer("probabilities").kernel.assign(np.zeros((3, 4)))
    for a, b in zip(model.get_weights(), before):
        np.testing.assert_array_equal(a, b)
    rank = 5 if target == "A" else 4
    assert len(converted.get_layer("unit2_1").output.shape) == rank
    # There and back: the deterministic form of both is one function.
    back = bk.convert(bk.convert(model, target, T=3), "D")
    expected = numpy(bk.convert(model, "D")(IMAGES))
    np.testing.assert_array_equal(numpy(back(IMAGES)), expected)


@pytest.mark.parametrize("target", ["A", "B", "C"])
def test_converted_equals_built_as_that_type(target):
    built = small_network(target, T=3)
    converted = bk.convert(small_network("D"), target, T=3)
    for model in (built, converted):
        bk.reseed(model, 9)
    np.testing.assert_array_equal(numpy(converted(IMAGES)), numpy(built(IMAGES)))


def test_trained_as_a_tested_as_d_is_the_mean_field():
    model = small_network("A", T=2)
    found = numpy(bk.convert(model, "D")(IMAGES))
    np.testing.assert_allclose(found, mean_field(model, IMAGES), atol=1e-5)


def test_type_b_with_many_draws_comes_close_to_d():
    # The mean square error falls like 1/T. 6 images x 4 classes x 10 draws: its relative standard
    # error is below 0.2, the ratio of two of them is 16 within a factor of 2.
    model = small_network("D")
    expected = numpy(model(IMAGES))
    errors = []
    for T in (32, 512):
        network = bk.convert(model, "B", T)
        bk.reseed(network, 1)
        draws = np.stack([numpy(network(IMAGES)) for _ in range(10)])
        errors.append(np.mean((draws - expected) ** 2))
    assert 8 < errors[0] / errors[1] < 32


def test_present_follows_the_type():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            bk.layers.Present(3),
            keras.layers.GaussianNoise(0.5),
            bk.layers.EDense(4),
            bk.layers.BU("A", 3),
            bk.layers.Evidence(),
        ]
    )
    for neuron, passes in (("A", 6), ("B", 1), ("D", 1)):
        converted = bk.convert(model, neuron, T=6)
        present = next(x for x in converted.layers if isinstance(x, bk.layers.Present))
        assert present.T == passes
        assert tuple(converted(np.ones((2, 5), "float32")).shape) == (2, 4)


def test_units_of_a_model_inside_a_model():
    image = keras.Input((5,))
    inner_input = keras.Input((5,))
    inner = keras.Model(inner_input, bk.layers.BU("A", 3, seed=1)(bk.layers.EDense(4)(inner_input)))
    model = keras.Model(image, bk.layers.Evidence()(inner(image)))
    converted = bk.convert(model, "D")
    x = np.linspace(-1, 1, 10, dtype="float32").reshape(2, 5)
    kernel, bias = model.get_weights()
    expected = np.maximum(0, np.tanh(x @ kernel + bias))
    np.testing.assert_allclose(numpy(converted(x)), expected, atol=1e-6)


def test_a_unit_that_cannot_be_reached_is_not_passed_over():
    model = keras.Sequential([keras.Input((5,)), bk.layers.PerPass(bk.layers.BU("B", 3))])
    with pytest.raises(ValueError, match="inside another layer"):
        bk.convert(model, "D")


def test_gradient_rule_and_shared_layers_survive():
    image = keras.Input((5,))
    shared = bk.layers.EDense(5, gradient="unrolled")
    x = bk.layers.BU("A", 3, gradient="unrolled")(shared(image))
    x = bk.layers.BU("A", 3, gradient="unrolled")(shared(x))
    model = keras.Model(image, bk.layers.Evidence()(x))
    converted = bk.convert(model, "A", T=4)
    assert len(converted.weights) == 2
    assert all(unit.gradient == "unrolled" for unit in units(converted))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.unit = bk.layers.BU("A")

    def call(self, x):
        return self.unit(x)


def test_errors():
    model = small_network()
    with pytest.raises(ValueError, match=r"argument `neuron`.*'X'"):
        bk.convert(model, "X")
    with pytest.raises(ValueError, match=r"argument `T`.*T=0"):
        bk.convert(model, "B", T=0)
    with pytest.raises(ValueError, match=r"functional or sequential.*Received: Subclassed"):
        bk.convert(Subclassed(), "D")
    with pytest.raises(ValueError, match=r"functional or sequential.*Received: BU"):
        bk.convert(bk.layers.BU("A"), "D")
    plain = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)], name="plain")
    with pytest.raises(ValueError, match=r"at least one BU.*Received: plain"):
        bk.convert(plain, "D")
