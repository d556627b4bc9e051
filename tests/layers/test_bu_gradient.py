"""BU: straight-through gradients, against closed forms and the gradient of expected outputs."""

import itertools

import keras
import numpy as np
import pytest

from binomial_keras import layers
from binomial_keras.layers import BU
from tests.layer_checks import finite_differences, vjp
from tests.layers import reference

U = np.array([[0.7, -0.3, 0.0], [2.0, -2.0, 0.1]], "float32")
SLOPE = np.where(U > 0, 1 - np.tanh(U) ** 2, 0)
COTANGENT = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]], "float32")
TRAIN = np.stack([U, U[::-1], -U], axis=1)
TRAIN_SLOPE = np.where(TRAIN > 0, 1 - np.tanh(TRAIN) ** 2, 0)
TRAIN_COTANGENT = np.stack([COTANGENT, 2 * COTANGENT, 3 * COTANGENT[::-1]], axis=1)


def gradient(unit, u, cotangent):
    unit.build(u.shape)
    return vjp(unit, u, cotangent)[1]


@pytest.mark.parametrize("neuron", ["B", "C", "D"])
def test_slope_of_one_pass(neuron):
    found = gradient(BU(neuron, T=2, seed=1), U, COTANGENT)
    np.testing.assert_allclose(found, SLOPE * COTANGENT, atol=1e-6)
    assert SLOPE[0, 0] == pytest.approx(0.6347, abs=1e-4)
    assert SLOPE[0, 1] == 0


def test_slope_of_a_summed_count():
    found = gradient(BU("B", T=12, seed=1), U, COTANGENT)
    np.testing.assert_allclose(found, SLOPE * COTANGENT, atol=1e-6)


def test_type_d_slope_is_that_of_finite_differences():
    u = U.astype("float64") + 0.01  # away from the kink at 0
    expected = finite_differences(lambda: np.sum(reference.h(u) * COTANGENT), [u])[0]
    found = gradient(BU("D"), u.astype("float32"), COTANGENT)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_type_a_last_pass_only():
    found = gradient(BU("A", T=3, seed=1), TRAIN, TRAIN_COTANGENT)
    expected = np.zeros_like(TRAIN)
    expected[:, 2] = 3 * TRAIN_SLOPE[:, 2] * TRAIN_COTANGENT[:, 2]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_type_a_unrolled():
    found = gradient(BU("A", T=3, seed=1, gradient="unrolled"), TRAIN, TRAIN_COTANGENT)
    np.testing.assert_allclose(found, TRAIN_SLOPE * TRAIN_COTANGENT, atol=1e-5)


@pytest.mark.parametrize("rule", ["last", "unrolled"])
def test_mean_of_the_passes_has_the_slope_of_the_gain(rule):
    # The time axis is added here; all passes see one u, so both rules agree.
    mean = np.repeat(COTANGENT[:, None], 3, axis=1) / 3
    found = gradient(BU("A", T=3, seed=1, gradient=rule), U, mean)
    np.testing.assert_allclose(found, SLOPE * COTANGENT, atol=1e-6)


# From here on: gradients averaged over IMAGES equal draws of one image, against finite
# differences of the expected output. An entry of a gradient is, per image, at most the largest
# factor behind the spikes, C in size: five standard errors are at most 5 * C / (2 sqrt(IMAGES)).
IMAGES = 100_000
X = np.array([0.9, -0.4])
W1 = np.array([[0.8, -0.5, 0.3], [0.2, 0.9, -1.1]])
B1 = np.array([0.1, 1.1, 0.2])
W2 = np.array([[0.7, -0.6], [0.5, 0.9], [-0.8, 0.4]])
B2 = np.array([0.33, 0.17])
C = np.array([1.0, -0.7])
TOLERANCE = 5 * 0.5 / np.sqrt(IMAGES)


def averaged_gradients(network, weights, cotangent):
    network.set_weights(weights)
    images = np.tile(X.astype("float32"), (IMAGES, 1))
    _, first, others = vjp(network, images, cotangent / IMAGES)
    return [first.sum(axis=0, dtype="float64"), *others]


@pytest.mark.parametrize(
    "unit",
    [
        dict(neuron="A", T=2),
        dict(neuron="A", T=2, gradient="unrolled"),
        dict(neuron="B", T=2),
        dict(neuron="C"),
    ],
    ids=["A last", "A unrolled", "B", "C"],
)
def test_one_layer_gradient_is_that_of_the_expected_output(unit):
    """E[m W2 + b2] = h(x W1 + b1) W2 + b2 exactly, so the straight-through gradient is exact."""
    network = keras.Sequential(
        [
            keras.Input((2,)),
            layers.EDense(3),
            BU(seed=3, **unit),
            layers.Evidence(),
            keras.layers.Dense(2),
        ]
    )
    arrays = [a.copy() for a in (X, W1, B1, W2, B2)]
    x, w1, b1, w2, b2 = arrays
    expected = finite_differences(
        lambda: float((reference.h(x @ w1 + b1) @ w2 + b2) @ C), arrays, step=1e-5
    )
    cotangent = np.tile(C, (IMAGES, 1)).astype("float32")
    found = averaged_gradients(network, [W1, B1, W2, B2], cotangent)
    for name, one, other in zip(("x", "W1", "b1", "W2", "b2"), found, expected):
        np.testing.assert_allclose(one, other, atol=TOLERANCE, err_msg=name)
    # What precedes the spikes sees no noise at all: x, W1 and b1 agree to rounding, which in a
    # sum of 100,000 equal float32 numbers is about 0.1 %.
    for one, other in zip(found[:3], expected[:3]):
        np.testing.assert_allclose(one, other, rtol=3e-3)


def expected_second_layer(w2, b2, neuron, last_only):
    """E[output . C] of the two-layer network with T = 2, over all 4**3 pairs of spike vectors."""
    p = reference.h(X @ W1 + B1)
    total = 0.0
    for bits in itertools.product((0, 1), repeat=6):
        first, second = np.array(bits[:3]), np.array(bits[3:])
        weight = np.prod(np.where(first, p, 1 - p)) * np.prod(np.where(second, p, 1 - p))
        at_end = reference.h((first + second) / 2 @ w2 + b2)
        if neuron == "B" or last_only:
            out = at_end
        else:
            out = (reference.h(first @ w2 + b2) + at_end) / 2
        total += weight * float(out @ C)
    return total


@pytest.mark.parametrize(
    ("neuron", "rule"), [("B", "last"), ("A", "last"), ("A", "unrolled")], ids=str
)
def test_second_layer_gradient_is_that_of_the_expected_output(neuron, rule):
    """Exact too: given the spikes of layer 1, layer 2 is a gain of a linear map of them.

    Under the last-pass rule the gradient is that of the expected output of pass T.
    """
    unit = dict(neuron=neuron, T=2, gradient=rule)
    network = keras.Sequential(
        [
            keras.Input((2,)),
            layers.EDense(3, gradient=rule),
            BU(seed=4, **unit),
            layers.EDense(2, gradient=rule),
            BU(seed=5, **unit),
            layers.Evidence(),
        ]
    )
    w2, b2 = W2.copy(), B2.copy()
    # No potential near the kink of the gain, where finite differences say nothing.
    evidence = np.array(list(itertools.product((0, 0.5, 1), repeat=3)))
    assert np.min(np.abs(evidence @ W2 + B2)) > 0.01
    expected = finite_differences(
        lambda: expected_second_layer(w2, b2, neuron, rule == "last"), [w2, b2], step=1e-5
    )
    cotangent = np.tile(C, (IMAGES, 1)).astype("float32")
    found = averaged_gradients(network, [W1, B1, W2, B2], cotangent)
    for one, other in zip(found[3:], expected):
        np.testing.assert_allclose(one, other, atol=TOLERANCE)
    # The other rule's expectation is another one, far outside the tolerance.
    if neuron == "A":
        other_rule = finite_differences(
            lambda: expected_second_layer(w2, b2, neuron, rule != "last"), [w2, b2], step=1e-5
        )
        assert max(np.max(np.abs(a - b)) for a, b in zip(expected, other_rule)) > 2 * TOLERANCE
