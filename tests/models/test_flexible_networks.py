"""The networks of the flexible-layer paper against its supplement: layers, sizes, parameters.

Every number below is worked out by hand from the supplement's list of layers: a convolution
k x k from a to b maps has k k a b + b parameters, a dense layer a b + b, batch normalisation of
a maps 2 a (and 2 a moving averages), a threshold height x width x maps.
"""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import FlexibleLayer
from binomial_keras.models import (
    backward_rules,
    conv_substitute,
    flexible_small,
    flexible_vgg16,
    with_threshold,
)
from tests.layer_checks import numpy

CONVS = {
    (3, 64): 1_792, (64, 64): 36_928, (64, 128): 73_856, (128, 128): 147_584,
    (128, 256): 295_168, (256, 256): 590_080, (256, 512): 1_180_160, (512, 512): 2_359_808,
}
# 1792 + 36928 + 73856 + 147584 + 295168 + 2 * 590080 + 1180160 + 5 * 2359808
VGG_CONVOLUTIONS = 14_714_688
# 512 * 100 + 100 + 100 * 10 + 10
VGG_DENSE = 52_310
# 2 * (2 * 64 + 2 * 128 + 3 * 256 + 6 * 512 + 100) trained, as many moving averages
VGG_NORMALISATION = 8_648
MAPS = (64, 64, 128, 128, *[256] * 3, *[512] * 6)


def trained(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def sides(model, prefix):
    return [tuple(x.output.shape)[1] for x in model.layers if x.name.startswith(prefix)]


def flexible_names(model):
    return [x.name for x in model.layers if isinstance(x, FlexibleLayer)]


def test_small_network():
    model = flexible_small()
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "InputLayer", "Normalization", "FlexibleLayer", "ReLU", "Flatten", *["Dense"] * 3
    ]
    assert tuple(model.get_layer("flexible").output.shape) == (None, 24, 24, 12)
    assert tuple(model.get_layer("flat").output.shape) == (None, 6912)
    assert [layer.units for layer in model.layers[-3:]] == [120, 60, 10]
    # 5*5*1*12 + 12, 6912*120 + 120, 120*60 + 60, 60*10 + 10, and T: 24*24*12
    assert trained(model) == 312 + 829_560 + 7_260 + 610 + 6_912 == 844_654
    assert trained(flexible_small(threshold=None)) == 837_742
    flexible = model.get_layer("flexible")
    assert (flexible.max_when, flexible.scale, flexible.threshold) == ("below", 50.0, "learned")


@pytest.mark.architecture
def test_the_single_layer_vgg16_is_the_list_of_the_supplement():
    model = flexible_vgg16()
    stack = ["Conv2D", "BatchNormalization", "ReLU"]
    flexible = ["FlexibleLayer", "BatchNormalization", "ReLU"]
    pool = ["MaxPooling2D", "SpatialDropout2D"]
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "InputLayer", "Normalization", *stack, *flexible, "SpatialDropout2D",
        *stack * 2, *pool, *stack * 3, *pool, *stack * 3, *pool, *stack * 3, *pool, "Flatten",
        "Dense", "Dropout", "BatchNormalization", "ReLU", "Dropout", "Dense",
    ]
    # The supplement's list has 54 entries; its last one is the softmax's dense layer, and it
    # leaves out input, normalisation and flattening.
    assert len(kinds) == 54 + 3
    drops = [layer.rate for layer in model.layers if hasattr(layer, "rate")]
    assert drops == [0.3, 0.4, 0.4, 0.4, 0.5, 0.5, 0.5]
    norms = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.9, 1e-5)}
    assert sides(model, "norm_")[:-1] == [32, 30, *[30] * 2, *[15] * 3, *[7] * 3, *[3] * 3]
    assert sides(model, "pool") == [15, 7, 3, 1]
    assert tuple(model.get_layer("flat").output.shape) == (None, 512)
    convs = [x for x in model.layers if x.name.startswith(("conv", "flexible"))]
    for conv, a, b in zip(convs, (3, *MAPS[:-1]), MAPS, strict=True):
        assert int(np.prod(conv.kernel.shape)) + conv.bias.shape[0] == CONVS[a, b]
    threshold = 30 * 30 * 64
    assert trained(model) == VGG_CONVOLUTIONS + VGG_DENSE + VGG_NORMALISATION + threshold
    assert model.count_params() == trained(model) + VGG_NORMALISATION
    assert tuple(model.get_layer("flexible1_2").threshold_weight.shape) == (1, 30, 30, 64)
    assert model.get_layer("flexible1_2").max_when == "above"


@pytest.mark.architecture
def test_all_layers():
    model = flexible_vgg16(flexible_layers="all", width=1 / 16)
    assert flexible_names(model) == [
        f"flexible{place}" for place in ("1_2", "2_2", "3_2", "3_3", "4_2", "4_3",
                                         "5_1", "5_2", "5_3")
    ]
    assert sides(model, "pool") == [15, 7, 3, 1]
    one = flexible_vgg16(width=1 / 16)
    # A sixteenth of the maps: 8, 16, 32 where the single network has 128, 256, 512.
    more = 30 * 30 * 8 + 2 * 15 * 15 * 16 + 2 * 7 * 7 * 32 + 3 * 3 * 3 * 32
    assert trained(model) - trained(one) == more == 18_400


@pytest.mark.architecture
def test_last_layers():
    model = flexible_vgg16(flexible_layers="last", width=1 / 16)
    names = ["flexible1_2", "flexible2_2", "flexible3_3", "flexible4_3"]
    assert flexible_names(model) == names
    expected = [30, 28, 26, 24, 22, 20, 20, 8, 6, 4, 2, 2, 2]
    assert sides(model, "norm_")[:-1] == expected
    assert sides(model, "pool") == [10, 2, 1]
    base = flexible_vgg16(flexible_layers="last", width=1 / 16, threshold=None)
    # 28*28*4 + 24*24*8 + 20*20*16 + 4*4*32
    assert trained(model) - trained(base) == 3_136 + 4_608 + 6_400 + 512


@pytest.mark.architecture
def test_width_scales_the_maps_and_keeps_the_head():
    model = flexible_vgg16(width=0.25, threshold="uniform")
    maps = [x.filters for x in model.layers if x.name.startswith(("conv", "flexible"))]
    assert maps == [16, 16, 32, 32, 64, 64, 64, *[128] * 6]
    assert model.get_layer("dense").units == 100
    with pytest.raises(ValueError, match="argument `width`"):
        flexible_vgg16(width=0)
    for wrong in (-0.1, 1.5, True):
        with pytest.raises(ValueError, match="argument `dropout`"):
            flexible_vgg16(dropout=wrong)


@pytest.mark.parametrize("factor", [0, 0.5, 1])
def test_dropout_scales_every_rate(factor):
    model = flexible_vgg16(width=1 / 16, dropout=factor)
    rates = [layer.rate for layer in model.layers if layer.name.startswith("dropout")]
    assert rates == [factor * rate for rate in (0.3, 0.4, 0.4, 0.4, 0.5, 0.5, 0.5)]


def test_conv_substitute():
    model = conv_substitute()
    # Listed: 1792 + 36928 + 73856 + 147584, Linear(8192, 256), Linear(256, 10)
    assert trained(model) == 260_160 + 2_097_408 + 2_570 == model.count_params()
    assert tuple(model.get_layer("flat").output.shape) == (None, 8192)
    assert sides(model, "conv") == [32, 32, 16, 16]
    names = [x.activation.__name__ for x in model.layers if hasattr(x, "activation")]
    assert names == [*["relu"] * 5, "softmax"]
    assert trained(conv_substitute(width=0.25)) < trained(model) / 14


@pytest.mark.parametrize("build", [flexible_small, flexible_vgg16, conv_substitute])
def test_initial_values_are_those_of_pytorch(build):
    model = build(seed=1)
    x = next(layer for layer in model.layers if hasattr(layer, "kernel"))
    fan_in = np.prod(x.kernel.shape[:-1])
    dense = model.get_layer("probabilities")
    for layer, n in ((x, fan_in), (dense, dense.kernel.shape[0])):
        values = numpy(layer.kernel).ravel()
        bound = 1 / np.sqrt(n)
        # Uniform on +-bound: the largest of 300 or more exceeds 0.95 bound (chance 2e-7).
        assert 0.95 * bound < np.abs(values).max() <= bound
        assert np.abs(numpy(layer.bias)).max() <= bound


@pytest.mark.parametrize("build, options", [
    (flexible_small, {}), (flexible_vgg16, {"width": 1 / 16}), (conv_substitute, {"width": 1 / 16}),
])
def test_penalty_is_on_everything_but_the_threshold(build, options):
    model = build(l2=0.003, seed=1, **options)
    named = {w.path: numpy(w) for w in model.trainable_weights}
    expected = 0.003 * sum((w**2).sum() for p, w in named.items() if not p.endswith("threshold"))
    assert float(sum(model.losses)) == pytest.approx(float(expected), rel=1e-5)
    assert not build(l2=0, **options).losses


def test_normalisation_is_inside_the_model():
    model = flexible_vgg16(width=1 / 16)
    pixels = np.random.default_rng(0).random((2, 32, 32, 3), "float32")
    found = numpy(model.get_layer("normalized")(pixels))
    for channel, (mean, std) in enumerate(
        [(0.4914, 0.2470), (0.4822, 0.2435), (0.4465, 0.2616)]
    ):
        expected = (pixels[..., channel] - mean) / std
        np.testing.assert_allclose(found[..., channel], expected, atol=1e-5)
    small = flexible_small(mean=0.5, std=[0.2])
    ones = np.ones((1, 28, 28, 1), "float32")
    np.testing.assert_allclose(numpy(small.get_layer("normalized")(ones)), 2.5, atol=1e-5)


def test_seed_fixes_weights_and_masks():
    options = {"input_shape": (8, 8, 1), "kernel_size": 3, "threshold": "random"}
    one, two, other = (flexible_small(seed=s, **options) for s in (3, 3, 4))
    for a, b in zip(one.get_weights(), two.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert np.any(one.get_weights()[-2] != other.get_weights()[-2])
    x = np.random.default_rng(0).random((4, 8, 8, 1), "float32")
    np.testing.assert_array_equal(numpy(one(x)), numpy(two(x)))


def test_with_threshold():
    build = {"input_shape": (8, 8, 1), "kernel_size": 3, "seed": 1}
    model = flexible_small(threshold="uniform", threshold_value=0.1, **build)
    moved = with_threshold(model, 0.6)
    # The largest of nine such pixels is near 0.45, that is 0.46 after normalisation.
    x = 0.5 * np.random.default_rng(0).random((4, 8, 8, 1), "float32")
    before = numpy(model(x))
    twin = flexible_small(threshold="uniform", threshold_value=0.6, **build)
    np.testing.assert_allclose(numpy(moved(x)), numpy(twin(x)), atol=1e-6)
    assert np.abs(numpy(moved(x)) - before).max() > 1e-4
    np.testing.assert_array_equal(numpy(model(x)), before)
    for kind in ("learned", None):
        with pytest.raises(ValueError, match="argument `model`. Expected .*none"):
            with_threshold(flexible_small(threshold=kind, **build), 0.6)
    with pytest.raises(ValueError, match="argument `value`"):
        with_threshold(model, None)


@pytest.mark.parametrize("threshold", ["uniform", "random"])
def test_saved_and_loaded(threshold, tmp_path):
    model = flexible_vgg16(width=1 / 16, threshold=threshold, threshold_value=0.6, seed=1)
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = bk.load(path)
    x = np.random.default_rng(0).random((2, 32, 32, 3), "float32")
    for each in (model, loaded):
        bk.reseed(each, 1)
    np.testing.assert_allclose(numpy(loaded(x)), numpy(model(x)), atol=1e-6)
    assert loaded.get_layer("flexible1_2").threshold_value == 0.6


def test_backward_rules_reach_the_network():
    assert "soft gate 2" in backward_rules(flexible_vgg16(width=1 / 16))
    assert "mean mask" in backward_rules(flexible_small(threshold="random"))
    assert backward_rules(flexible_small(threshold=None)) == []


@pytest.mark.parametrize("arguments", [
    {"input_shape": (28, 28)}, {"classes": 1}, {"threshold": "on"}, {"max_when": "never"},
    {"scale": -1}, {"mean": (0.1, 0.2)}, {"std": 0.0}, {"seed": -1}, {"l2": -1.0},
], ids=str)
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    for build in (flexible_small, flexible_vgg16):
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            build(**arguments)
    if name not in ("threshold", "max_when", "scale"):
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            conv_substitute(**arguments)


def test_bad_choice_of_layers():
    with pytest.raises(ValueError, match=r"argument `flexible_layers`.*'one', 'all', 'last'"):
        flexible_vgg16(flexible_layers="two")
    with pytest.raises(ValueError, match="at least as large as kernel_size"):
        flexible_small((4, 4, 1))
