"""The networks of the likelihood-ratio papers."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import Threshold
from binomial_keras.models import glr_mlp, relu_mlp


def test_the_generation_of_2021():
    model = glr_mlp(seed=0)
    kernel, bias, out = model.get_weights()
    assert kernel.shape == (784, 50) and bias.shape == (50,) and out.shape == (50, 10)
    # N(0, 1) 2 / sqrt(n): 39,200 weights, six standard errors of a standard deviation.
    assert np.std(kernel) == pytest.approx(2 / 785**0.5, rel=6 / (2 * 39200) ** 0.5)
    assert np.std(out) == pytest.approx(2 / 50**0.5, rel=6 / 1000**0.5)
    assert np.std(bias) > 0
    unit = model.get_layer("threshold1")
    assert (unit.noise, unit.scale) == ("laplace", 1.0)
    penalty = 0.5e-4 * sum(np.sum(w**2) for w in (kernel, bias, out))
    assert float(sum(model.losses)) == pytest.approx(penalty, rel=1e-5)


def test_the_generation_of_2019():
    model = glr_mlp(generation="v2019", seed=0)
    shapes = [w.shape for w in model.get_weights()]
    assert shapes == [(196, 20), (20,), (20, 10), (10,)]
    assert np.std(model.get_weights()[0]) == pytest.approx(0.1, rel=6 / 7840**0.5)
    unit = model.get_layer("threshold1")
    assert (unit.noise, unit.scale, len(model.losses)) == ("gaussian", 2.0, 0)
    image = np.arange(784, dtype="float32").reshape(1, 28, 28, 1) / 784
    small = keras.ops.convert_to_numpy(model.get_layer("shrunk")(image))
    np.testing.assert_allclose(small[0, 1, 2, 0], image[0, 2:4, 4:6, 0].mean(), rtol=1e-6)


@pytest.mark.parametrize("activation", ["threshold", "sigmoid", "relu"])
def test_forward_by_hand(activation):
    model = glr_mlp((4, 4, 1), 3, activation, hidden=(5, 6), seed=1)
    x = np.random.default_rng(0).random((7, 4, 4, 1), "float32")
    one, bias, two, out = model.get_weights()
    unit = {
        "threshold": lambda v: v > 0,
        "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
        "relu": lambda v: np.maximum(v, 0),
    }[activation]
    logits = unit(unit(x.reshape(7, 16) @ one + bias) @ two) @ out
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x)), expected, atol=1e-5)
    assert sum(isinstance(layer, Threshold) for layer in model.layers) == 2 * (
        activation == "threshold"
    )


def test_source_of_transfers():
    model = relu_mlp(seed=0)
    assert [w.shape for w in model.get_weights()[::2]] == [(784, 100), (100, 50), (50, 10)]
    for kernel, bias in zip(model.get_weights()[::2], model.get_weights()[1::2]):
        limit = len(kernel) ** -0.5
        for weights in (kernel, bias):
            assert 0.5 * limit < np.abs(weights).max() <= limit
    earlier = relu_mlp(hidden=(300, 100), pool=2)
    assert earlier.get_weights()[0].shape == (196, 300)


def test_saved_and_loaded(tmp_path):
    model = glr_mlp((8, 8, 1), generation="v2019", scale=0.5, seed=1)
    x = np.random.default_rng(0).random((3, 8, 8, 1), "float32")
    model.save(tmp_path / "net.keras")
    again = bk.load(tmp_path / "net.keras")
    np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(m(x)) for m in (model, again)))
    assert again.get_layer("threshold1").scale == 0.5
    same = glr_mlp((8, 8, 1), generation="v2019", seed=1).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), same))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"activation": "tanh"}, "activation"), ({"generation": "v2020"}, "generation"),
     ({"hidden": (0,)}, "hidden"), ({"classes": 1}, "classes"), ({"noise": "cauchy"}, "noise"),
     ({"scale": -1.0}, "scale")],
)
def test_errors(arguments, named):
    with pytest.raises(ValueError, match=f"argument `{named}`"):
        glr_mlp(**arguments)
    with pytest.raises(ValueError, match="`hidden`, `classes` or `pool`"):
        relu_mlp(hidden=(0,))
