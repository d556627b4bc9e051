"""EConv2D: the convolution of the evidence so far."""

import keras
import numpy as np
import pytest

from binomial_keras.layers import EConv2D
from tests.layer_checks import numpy, vjp
from tests.layers import reference

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((4, 3, 6, 6, 2)) < 0.4).astype("float32")
OUT = RNG.normal(size=(4, 3, 3, 3, 3)).astype("float32")
SAME = {"strides": 2, "padding": "same", "bias_initializer": "random_normal"}


def evidence(spikes):
    """`m(t)` by the loop of Algorithm 1."""
    total, means = 0.0, []
    for t in range(spikes.shape[1]):
        total = total + spikes[:, t]
        means.append(total / (t + 1))
    return means


class ExplicitLoop(keras.layers.Layer):
    """The same sum over passes in `keras.ops`, one ordinary layer call per pass."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return keras.ops.stack([self.layer(m) for m in evidence(x)], axis=1)


def plain_twin(layer, shape):
    """A `keras.layers.Conv2D` with the same weights."""
    twin = keras.layers.Conv2D(3, 3, strides=2, padding="same")
    twin.build(shape)
    twin.set_weights(layer.get_weights())
    return twin


@pytest.mark.parametrize("rule", ["last", "unrolled"])
@pytest.mark.parametrize("stride, same", [(2, True), (1, True), (1, False)])
def test_values_are_those_of_the_loop(rule, stride, same):
    layer = EConv2D(
        3,
        3,
        strides=stride,
        padding="same" if same else "valid",
        gradient=rule,
        bias_initializer="random_normal",
    )
    found = numpy(layer(SPIKES))
    kernel, bias = layer.get_weights()
    for t, m in enumerate(evidence(SPIKES)):
        expected = reference.conv2d(m, kernel, bias, stride, same)
        np.testing.assert_allclose(found[:, t], expected, atol=1e-5)


def test_activation_is_applied_after_the_convolution():
    layer = EConv2D(3, 3, activation="relu")
    found = numpy(layer(SPIKES))
    layer.activation = None
    np.testing.assert_allclose(found, np.maximum(numpy(layer(SPIKES)), 0), atol=1e-6)
    assert found.max() > 0


def test_without_time_axis_it_is_conv2d():
    layer = EConv2D(3, 3, **SAME)
    image = SPIKES[:, 0]
    layer.build(image.shape)
    ours = vjp(layer, image, OUT[:, 0])
    theirs = vjp(plain_twin(layer, image.shape), image, OUT[:, 0])
    for one, other in zip([*ours[:2], *ours[2]], [*theirs[:2], *theirs[2]]):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_one_pass_is_the_ordinary_convolution_too():
    layer = EConv2D(3, 3, **SAME)
    one = SPIKES[:, :1]
    found = numpy(layer(one))
    np.testing.assert_allclose(found[:, 0], numpy(layer(one[:, 0])), atol=1e-6)


def test_last_pass_gradient():
    """Weights: a plain convolution of m(T) with pass T's cotangent. Input: 1/T of it, in pass T."""
    layer = EConv2D(3, 3, **SAME)
    layer.build(SPIKES.shape)
    _, spikes, weights = vjp(layer, SPIKES, OUT)
    last = evidence(SPIKES)[-1]
    _, image, expected = vjp(plain_twin(layer, last.shape), last, OUT[:, -1])
    for one, other in zip(weights, expected):
        np.testing.assert_allclose(one, other, atol=1e-4)
    np.testing.assert_array_equal(spikes[:, :-1], 0)
    np.testing.assert_allclose(spikes[:, -1], image / 3, atol=1e-5)


def test_unrolled_gradient_is_that_of_the_loop():
    layer = EConv2D(3, 3, gradient="unrolled", **SAME)
    layer.build(SPIKES.shape)
    loop = ExplicitLoop(plain_twin(layer, SPIKES[:, 0].shape))
    loop.build(SPIKES.shape)
    ours, theirs = vjp(layer, SPIKES, OUT), vjp(loop, SPIKES, OUT)
    for one, other in zip([*ours[:2], *ours[2]], [*theirs[:2], *theirs[2]], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert np.all(np.any(ours[1] != 0, axis=(0, 2, 3, 4)))


def test_errors():
    with pytest.raises(ValueError, match=r"argument `data_format`.*'channels_first'"):
        EConv2D(3, 3, data_format="channels_first")
    with pytest.raises(ValueError, match=r"argument `gradient`.*gradient='all'"):
        EConv2D(3, 3, gradient="all")
    with pytest.raises(ValueError, match=r"Expected \(batch, features\)"):
        EConv2D(3, 3)(np.zeros((2, 3, 4, 5, 6, 7), "float32"))
    for shape in ((4, 5), (4, 3, 5)):
        with pytest.raises(ValueError):
            EConv2D(3, 3)(np.zeros(shape, "float32"))
