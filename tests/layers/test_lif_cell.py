"""LIFCell: the layer step by step, in keras.layers.RNN, error messages."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import LIFCell
from tests.layer_checks import numpy, vjp
from tests.layers import lif_reference as reference
from tests.layers.test_lif import COTANGENTS, IMAGES, TRAIN, VARIANTS, built


def by_cell(cell, x):
    """The outputs of a cell, step by step."""
    states = cell.get_initial_state(x.shape[0])
    outputs = []
    for t in range(x.shape[1]):
        spikes, states = cell(x[:, t], states)
        outputs.append(spikes)
    return keras.ops.stack(outputs, axis=1)


@pytest.mark.parametrize("options, decay", [
    *((options, "learned") for options in VARIANTS), (VARIANTS[1], "fixed"),
    (VARIANTS[3], "random"), (VARIANTS[6], "random"), (VARIANTS[5], "frozen"),
], ids=str)
def test_layer_is_the_cell_step_by_step(options, decay):
    """The cell's gradient is derived by the backend, the layer's is written by hand."""
    options = {**options, "decay": decay, "seed": 4, "surrogate": "arctan"}
    layer, cell = built(IMAGES, **options), LIFCell((3, 2, 2), **options)
    cell.build(IMAGES[:, 0].shape)

    class Loop(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.cell = cell

        def call(self, x):
            return by_cell(self.cell, x)

    loop = Loop()
    loop.build(IMAGES.shape)
    for each in (layer, cell):
        bk.reseed(each, 2)
    cotangent = COTANGENTS[IMAGES.shape]
    one, two = vjp(layer, IMAGES, cotangent), vjp(loop, IMAGES, cotangent)
    np.testing.assert_array_equal(one[0], two[0])
    for a, b in zip([one[1], *one[2]], [two[1], *two[2]], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("decay", ["fixed", "random", "frozen"])
def test_cell_in_keras_rnn(decay):
    options = {"decay": decay, "seed": 7, "threshold": 0.6}
    rnn = keras.layers.RNN(LIFCell(4, **options), return_sequences=True, return_state=True)
    output, v, *rest = rnn(TRAIN)
    layer = built(TRAIN, **options)
    np.testing.assert_array_equal(numpy(output), numpy(layer(TRAIN)))
    k = 0.5
    if rest:
        layer = built(TRAIN, **options)
        np.testing.assert_allclose(numpy(rest[0]), k := numpy(layer.decays(TRAIN)), rtol=1e-6)
    last = reference.over_neurons(
        lambda current, k: (np.zeros(5), reference.run(current, k, 0.6)[2][-1]), TRAIN, k
    )[1]
    np.testing.assert_allclose(numpy(v), last, atol=1e-5)


def test_cell_in_keras_rnn_trains():
    inputs = keras.Input((5, 4))
    x = keras.layers.RNN(LIFCell(4, decay="random"), return_sequences=True)(inputs)
    x = keras.layers.Dense(2, activation="softmax")(bk.layers.Evidence()(x))
    model = keras.Model(inputs, x)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(TRAIN, np.array([0, 1, 0]), batch_size=2, epochs=1, verbose=0)
    assert np.isfinite(model.predict(TRAIN, verbose=0)).all()


@pytest.mark.parametrize("units", [0, -1, (3, 0), 2.5])
def test_bad_units(units):
    with pytest.raises(ValueError, match="argument `units`. Expected an integer >= 1"):
        LIFCell(units)


def test_bad_input():
    cell = LIFCell(3)
    with pytest.raises(ValueError, match=r"Expected \(batch, \*units\) with units=3"):
        cell(np.zeros((2, 4)), cell.get_initial_state(2))
