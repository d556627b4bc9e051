"""Activations by name, APL, Maxout."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import ACTIVATIONS, APL, SPLASH, Maxout, activation
from tests.layer_checks import finite_differences, numpy, vjp

RNG = np.random.default_rng(0)
X = RNG.normal(0.0, 2.0, (3, 4, 5, 2)).astype("float32")
WIDE = X.astype("float64")
SIGMOID = 1 / (1 + np.exp(-WIDE))
# What each is before training.
EXPECTED = {
    "relu": np.maximum(WIDE, 0),
    "leaky_relu": np.where(WIDE > 0, WIDE, 0.01 * WIDE),
    "prelu": np.where(WIDE > 0, WIDE, 0.25 * WIDE),
    "tanh": np.tanh(WIDE),
    "sigmoid": SIGMOID,
    "elu": np.where(WIDE > 0, WIDE, np.exp(WIDE) - 1),
    "maxout": WIDE.max(axis=-1, keepdims=True),
    "swish": WIDE * SIGMOID,
    "apl": np.maximum(WIDE, 0),
    "splash": np.maximum(WIDE, 0),
    "softplus": np.log1p(np.exp(WIDE)),
}


def apl(x, a, b):
    return np.maximum(0, x) + sum(p * np.maximum(0, q - x) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize("name", EXPECTED)
def test_values(name):
    layer = activation(name)
    np.testing.assert_allclose(numpy(layer(X)), EXPECTED[name], atol=1e-5)
    assert activation(name) is not layer


def test_the_ten_of_the_paper():
    assert len(ACTIVATIONS) == 10 and set(EXPECTED) == {*ACTIVATIONS, "softplus"}


def test_prelu_has_a_slope_per_channel():
    maps, vectors = activation("prelu"), activation("prelu", rank=2)
    maps.build((None, 4, 5, 2))
    vectors.build((None, 7))
    assert [tuple(w.shape) for layer in (maps, vectors) for w in layer.weights] == [(1, 1, 2), (7,)]


def test_options_and_functions():
    layer = activation("splash", hinges=(0, 3), name="mine")
    assert layer.hinges == (0.0, 3.0) and layer.name == "mine"
    assert activation("leaky_relu", negative_slope=0.2).negative_slope == 0.2
    assert isinstance(activation(lambda: SPLASH(start="linear"), name="own"), SPLASH)
    assert activation("gelu", name="act").name == "act"
    with pytest.raises(ValueError, match=r"argument `activation`. Expected one of \('relu'"):
        activation("rélu")
    with pytest.raises(ValueError, match="argument `activation`"):
        activation(None)
    with pytest.raises(ValueError, match="returns a new layer"):
        activation(lambda: "relu")


@pytest.mark.parametrize("per_channel", [False, True])
def test_apl_against_the_printed_sum(per_channel):
    layer = APL(segments=3, per_channel=per_channel)
    layer.build(X.shape)
    shape = (3, 2) if per_channel else (3,)
    a, b = RNG.normal(size=shape), np.array([-1.0, 0.15, 1.2]).reshape(-1, *[1] * per_channel)
    b = np.broadcast_to(b, shape).copy()
    layer.set_weights([a, b])
    np.testing.assert_allclose(numpy(layer(X)), apl(WIDE, a, b), atol=1e-4)
    # No value within a step of a hinge.
    x = RNG.choice([-2.1, -0.5, 0.6, 0.9, 1.7], (2, 3, 2, 2))
    cotangent = RNG.normal(size=x.shape)
    expected = finite_differences(lambda: (cotangent * apl(x, a, b)).sum(), [x, a, b])
    _, image, weights = vjp(layer, x.astype("float32"), cotangent.astype("float32"))
    for found, wanted in zip([image, *weights], expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_apl_starts_as_a_relu_with_spread_hinges():
    layer = APL(segments=5)
    layer.build((None, 3))
    slopes, places = layer.get_weights()
    assert not slopes.any()
    np.testing.assert_allclose(places, np.repeat([[-2], [-1], [0], [1], [2]], 3, axis=1))
    single = APL(segments=1, per_channel=False, regularizer=keras.regularizers.L2(1.0))
    single.build((None, 3))
    assert single.get_weights()[1].tolist() == [0.0] and len(single.losses) == 1


def test_maxout_by_hand():
    # Unit c is the largest of x[c], x[2 + c], x[4 + c].
    x = np.array([[1.0, 6.0, 3.0, 5.0, 2.0, 7.0]], "float32")
    np.testing.assert_array_equal(numpy(Maxout(3)(x)), [[3.0, 7.0]])
    layer = Maxout(3)
    layer.build(x.shape)
    _, found, _ = vjp(layer, x, np.array([[1.0, 2.0]], "float32"))
    np.testing.assert_array_equal(found, [[0, 0, 1, 0, 0, 2]])


def test_errors():
    for layer, argument, value in (
        (APL, "segments", 0), (APL, "segments", 1001), (APL, "per_channel", 1),
        (Maxout, "pieces", 0),
        (Maxout, "pieces", 1.5),
    ):
        with pytest.raises(ValueError, match=f"argument `{argument}`"):
            layer(**{argument: value})
    with pytest.raises(ValueError, match="multiple of pieces=2"):
        Maxout(2).build((None, 3))
    with pytest.raises(ValueError, match="known number of channels"):
        APL().build((None, None))
