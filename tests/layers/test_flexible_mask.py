"""FlexibleLayer with random masks: their law, who shares one, seeds, and the mean network.

All draws are seeded. A comparison of n fair coins with 1/2 has a limit of 5 standard errors,
2.5 / sqrt(n): a right layer fails in one of a million seeds.
"""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.evaluation.draws import Draws
from binomial_keras.layers import FlexibleLayer
from binomial_keras.models import with_backward
from tests.layer_checks import numpy, vjp
from tests.layers.flexible_reference import branches

X = np.random.default_rng(0).normal(size=(4, 9, 8, 3)).astype("float32")


def random_layer(**options):
    layer = FlexibleLayer(3, 3, threshold="random", seed=1, **options)
    layer.build(X.shape)
    return layer


def model_of(layer, shape=(9, 8, 3)):
    image = keras.Input(shape)
    return keras.Model(image, layer(image))


def chosen(layer, output):
    """1 where the output is the maximum, 0 where it is the convolution, from the loop's values."""
    C, P = branches(X, *[np.asarray(w, "float64") for w in layer.get_weights()])
    is_max, is_conv = np.isclose(output, P, atol=1e-5), np.isclose(output, C, atol=1e-5)
    assert np.all(is_max ^ is_conv)
    return is_max.astype(int)


@pytest.mark.parametrize("per_image", [False, True])
def test_every_unit_is_one_of_the_two_and_draws_anew(per_image):
    layer = random_layer(mask_per_image=per_image)
    first, second = (chosen(layer, numpy(layer(X))) for _ in range(2))
    assert np.any(first != second)
    assert np.all(first == first[:1]) != per_image
    assert 0.2 < first.mean() < 0.8


@pytest.mark.parametrize("per_image", [False, True])
def test_masks_are_independent_fair_coins(per_image):
    layer = FlexibleLayer(16, 3, threshold="random", mask_per_image=per_image, seed=2)
    x = np.zeros((8, 34, 34, 1), "float32")
    masks = np.stack([numpy(layer.mask(x)) for _ in range(4)])
    assert set(np.unique(masks)) == {0.0, 1.0}
    if not per_image:
        np.testing.assert_array_equal(masks, masks[:, :1].repeat(8, axis=1))
        masks = masks[:, :1]
    # 65,536 coins (524,288 per image). Two neighbours agree as often as not, along every axis.
    assert abs(masks.mean() - 0.5) < 2.5 / np.sqrt(masks.size)
    for axis in range(masks.ndim):
        if masks.shape[axis] > 1:
            one, other = np.delete(masks, 0, axis), np.delete(masks, -1, axis)
            assert abs((one == other).mean() - 0.5) < 2.5 / np.sqrt(one.size), axis


def test_seeds_and_reseed():
    one, two = random_layer(), random_layer()
    two.set_weights(one.get_weights())
    for _ in range(2):
        np.testing.assert_array_equal(numpy(one(X)), numpy(two(X)))
    assert bk.reseed(one, 5) == 1
    first = numpy(one(X))
    bk.reseed(one, 6)
    assert np.any(numpy(one(X)) != first)
    bk.reseed(one, 5)
    np.testing.assert_array_equal(numpy(one(X)), first)


def test_draws_differ_between_calls_of_a_compiled_model():
    model = model_of(random_layer())
    first, second = (model.predict(X, verbose=0) for _ in range(2))
    assert np.any(first != second)


def test_the_other_kinds_draw_nothing():
    for threshold in ("learned", "uniform", None):
        layer = FlexibleLayer(3, 3, threshold=threshold, seed=1)
        np.testing.assert_array_equal(numpy(layer(X)), numpy(layer(X)))
        np.testing.assert_array_equal(numpy(layer.mask(X)), numpy(layer.mask(X)))


@pytest.mark.parametrize("per_image", [False, True])
def test_draws_share_a_batch_only_if_images_share_no_mask(per_image):
    draws = Draws(model_of(random_layer(mask_per_image=per_image)), 4, 64)
    assert draws.stochastic
    assert draws.foldable == per_image


def test_the_gradient_follows_the_mask():
    layer = random_layer()
    layer.set_weights([np.zeros((3, 3, 3, 3)), np.zeros(3)])
    bk.reseed(layer, 3)
    mask = numpy(layer.mask(X))
    bk.reseed(layer, 3)
    # The convolution is zero: what is left is the number of units that pool, once each.
    _, slope, _ = vjp(layer, X, np.ones((4, 7, 6, 3), "float32"))
    assert slope.sum() == pytest.approx(mask.sum())


def test_mean_mask_is_the_mean_of_the_branches():
    model = model_of(random_layer())
    mean = with_backward(model, "mean mask")
    C, P = branches(X, *[np.asarray(w, "float64") for w in model.get_weights()])
    np.testing.assert_allclose(numpy(mean(X)), (P + C) / 2, atol=1e-5)
    np.testing.assert_array_equal(numpy(mean(X)), numpy(mean(X)))
    np.testing.assert_array_equal(numpy(mean.layers[-1].mask(X)), 0.5)


def test_rules_of_every_kind():
    rules = {kind: set(FlexibleLayer(3, 3, threshold=kind).backward_rules())
             for kind in ("learned", "uniform", "random", None)}
    soft = {"soft gate 1", "soft gate 2", "soft gate 5", "soft gate 10"}
    assert rules["learned"] == rules["uniform"] == {*soft, "stopped gate", "average pool"}
    assert rules["random"] == {"average pool", "mean mask"}
    assert rules[None] == set()


@pytest.mark.parametrize("kind, rule", [
    ("learned", "soft gate 5"), ("uniform", "stopped gate"), ("random", "average pool"),
])
def test_a_rule_keeps_weights_and_output_and_changes_the_gradient(kind, rule):
    # A scale at which the exact gate is not flat.
    layer = FlexibleLayer(3, 3, threshold=kind, scale=20.0, threshold_value=1.0, seed=1)
    model = model_of(layer)
    other = with_backward(model, rule)
    found = []
    for each in (model, other):
        bk.reseed(each, 4)
        found.append(vjp(each, X, np.ones((4, 7, 6, 3), "float32"))[:2])
    (output, slope), (other_output, other_slope) = found
    np.testing.assert_array_equal(other_output, output)
    assert np.abs(other_slope - slope).max() > 0.01 * np.abs(slope).max()
