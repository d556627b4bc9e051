"""reseed: the same seed, batch and backend give the same draws."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from tests.layer_checks import numpy
from tests.models.networks import IMAGES, small_network


def generators(model):
    return [layer.seed_generator for layer in model.layers if isinstance(layer, bk.layers.BU)]


def test_draws_repeat():
    model = small_network("A")
    assert bk.reseed(model, 7) == 2
    first, second = numpy(model(IMAGES)), numpy(model(IMAGES))
    bk.reseed(model, 7)
    np.testing.assert_array_equal(numpy(model(IMAGES)), first)
    np.testing.assert_array_equal(numpy(model(IMAGES)), second)
    bk.reseed(model, 8)
    assert np.any(numpy(model(IMAGES)) != first)


def test_every_generator_gets_its_own_state():
    model = small_network("A", encode_input=True)
    assert bk.reseed(model, 0) == 3
    states = [tuple(numpy(generator.state).tolist()) for generator in generators(model)]
    assert len(set(states)) == 3
    assert all(calls == 0 for _, calls in states)


def test_nested_models_and_keras_own_generators_are_reached():
    # On PyTorch, Keras' dropout has a generator of its own only where it has a seed.
    seed = 3 if keras.backend.backend() == "torch" else None
    dropout = keras.layers.Dropout(0.5, seed=seed)
    inner = keras.Sequential([keras.Input((5,)), dropout, bk.layers.BU("C")])
    model = keras.Sequential([keras.Input((5,)), inner, bk.layers.PerPass(bk.layers.BU("C"))])
    assert bk.reseed(model, 1) == 3
    x = np.full((40, 5), 0.7, "float32")
    first = numpy(model(x, training=True))
    bk.reseed(model, 1)
    np.testing.assert_array_equal(numpy(model(x, training=True)), first)


def test_a_deterministic_model_has_nothing_to_seed():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    assert bk.reseed(model, 1) == 0


@pytest.mark.parametrize("seed", [-1, 1.5, True, None, "one"])
def test_errors(seed):
    with pytest.raises(ValueError, match="Invalid value received for argument `seed`"):
        bk.reseed(small_network("D"), seed)
