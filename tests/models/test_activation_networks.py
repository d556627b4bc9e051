"""The networks of SPLASH's paper against their published sizes, with every activation."""

import functools

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import ACTIVATIONS, SPLASH
from binomial_keras.models import all_cnn, lenet5, network_in_network, place_hinges, resnet20
from tests.layer_checks import numpy

BUILDERS = [lenet5, resnet20, all_cnn, network_in_network]
RNG = np.random.default_rng(0)
X = RNG.random((4, 32, 32, 3), "float32")


def small(build, **options):
    """A narrow form for 32x32 colour images."""
    width = {} if build is lenet5 else {"width": 0.05}
    return build((32, 32, 3), 10, seed=1, **{**width, **options})


@functools.lru_cache(maxsize=None)
def shared(build):
    """A network with SPLASH and a penalty, for the tests that only look at it."""
    normalized = {"batch_normalization": True} if build is lenet5 else {}
    return small(build, activation="splash", l2=0.01, **normalized)


def trained(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def shape_of(model, name):
    return tuple(model.get_layer(name).output.shape)[1:]


@pytest.mark.architecture
def test_resnet20_has_the_published_size():
    model = resnet20()
    # 3x3 convolutions: 3 to 16; 6 from 16 to 16; 16 to 32, 5 at 32; 32 to 64, 5 at 64; head.
    kernels = 9 * (3 * 16 + 6 * 16**2 + 16 * 32 + 5 * 32**2 + 32 * 64 + 5 * 64**2)
    assert kernels == 267_696
    # Scale and offset of 7 layers of 16 maps, 6 of 32, 6 of 64. "0.27 M" in its Table 6.
    assert trained(model) == kernels + 650 + 2 * (7 * 16 + 6 * 32 + 6 * 64) == 269_722
    convs = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    assert len(convs) == 19 and not any(conv.use_bias for conv in convs)
    sides = [shape_of(model, f"activation{s}_3b") for s in (1, 2, 3)]
    assert sides == [(32, 32, 16), (16, 16, 32), (8, 8, 64)]


def test_shortcut_subsamples_and_pads_with_zeros():
    model = small(resnet20, width=1.0)
    tap = keras.Model(
        model.inputs[0],
        [model.get_layer(n).output for n in (
            "activation1_3b", "padded2_1", "add2_1", "norm_conv2_1b")],
    )
    before, shortcut, total, branch = map(numpy, tap(X))
    expected = np.concatenate([before[:, ::2, ::2], np.zeros((4, 16, 16, 16))], axis=-1)
    np.testing.assert_allclose(shortcut, expected, atol=1e-6)
    np.testing.assert_allclose(total, shortcut + branch, atol=1e-5)


@pytest.mark.architecture
def test_all_cnn_has_the_published_size():
    model = all_cnn(batch_normalization=False)
    kernels = 9 * (3 * 96 + 2 * 96**2 + 96 * 192 + 3 * 192**2) + 192**2 + 192 * 10
    # "1.4 M" in its Table 4.
    assert trained(model) == kernels + 3 * 96 + 5 * 192 + 10 == 1_369_738
    assert shape_of(model, "activation6") == (8, 8, 192)
    assert shape_of(model, "scores") == (6, 6, 10)
    # Two numbers per map in place of a bias.
    assert trained(all_cnn()) == 1_369_738 + 3 * 96 + 5 * 192
    assert [x.rate for x in model.layers if hasattr(x, "rate")] == [0.2, 0.5, 0.5]


@pytest.mark.architecture
def test_network_in_network_has_the_published_size():
    model = network_in_network(batch_normalization=False)
    kernels = (25 * 3 * 192 + 192 * 160 + 160 * 96) + (25 * 96 * 192 + 2 * 192**2)
    kernels += 9 * 192 * 192 + 192**2 + 192 * 10
    biases = 192 + 160 + 96 + 3 * 192 + 2 * 192 + 10
    assert trained(model) == kernels + biases == 966_986
    assert [shape_of(model, name) for name in ("pool1", "pool2", "scores")] == [
        (16, 16, 96), (8, 8, 192), (8, 8, 10)
    ]


@pytest.mark.architecture
@pytest.mark.parametrize("build", BUILDERS)
def test_normalisation_is_directly_before_the_activation(build):
    model = shared(build)
    found = 0
    for layer in model.layers:
        if isinstance(layer, SPLASH):
            before = layer.input._keras_history.operation
            found += 1
            # After a residual block the sum lies between.
            assert isinstance(before, (keras.layers.BatchNormalization, keras.layers.Add))
    assert found == {"lenet5": 4, "resnet20": 19, "all_cnn": 8, "network_in_network": 8}[
        build.__name__
    ]


@pytest.mark.parametrize("build, activation", [
    *((lenet5, name) for name in ACTIVATIONS),
    (all_cnn, "maxout"), (network_in_network, "apl"),
])
def test_any_activation(build, activation):
    model = small(build, activation=activation)
    assert model.output_shape == (None, 10)
    if build is lenet5:
        answers = numpy(model(X))
        np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
        assert np.ptp(answers, axis=0).max() > 0
    else:
        kinds = [type(layer).__name__ for layer in model.layers]
        assert kinds.count({"maxout": "Maxout", "apl": "APL"}[activation]) == 8


def test_maxout_adds_the_shortcut_to_the_largest_piece():
    model = small(resnet20, activation="maxout", width=0.25)
    names = ("activation0", "norm_conv1_1b", "activation1_1b")
    tap = keras.Model(model.inputs[0], [model.get_layer(name).output for name in names])
    before, pieces, after = map(numpy, tap(X))
    assert pieces.shape[-1] == 2 * after.shape[-1] == 8
    expected = before + np.maximum(pieces[..., :4], pieces[..., 4:])
    np.testing.assert_allclose(after, expected, atol=1e-5)


@pytest.mark.parametrize("build", BUILDERS)
def test_penalty_is_on_kernels_alone(build):
    model = shared(build)
    kernels = [numpy(w) for w in model.trainable_weights if w.name == "kernel"]
    expected = 0.01 * sum((kernel**2).sum() for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("build", BUILDERS[1:])
def test_normalisation_is_inside(build):
    model = shared(build)
    first = model.get_layer("normalized")
    expected = (X - [0.4914, 0.4822, 0.4465]) / [0.2470, 0.2435, 0.2616]
    np.testing.assert_allclose(numpy(first(X)), expected, atol=1e-5)


def test_saved_and_loaded_and_seeds_fix_the_weights(tmp_path):
    model, same = shared(resnet20), small(resnet20, activation="splash")
    for a, b in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.save(tmp_path / "net.keras")
    loaded = bk.load(tmp_path / "net.keras")
    np.testing.assert_allclose(numpy(loaded(X)), numpy(model(X)), atol=1e-6)


def test_logits_are_found():
    model = shared(all_cnn)
    estimator = bk.evaluation.ARTClassifier(model, batch_size=4)
    logits = estimator.predict(X)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax = shifted / shifted.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, numpy(model(X)), atol=1e-5)


def test_hinges_are_placed_by_what_enters_each_layer():
    model = lenet5((32, 32, 3), activation="splash", batch_normalization=True, seed=0)
    before = [w.copy() for w in model.get_weights()]
    placed = place_hinges(model, X, 4)
    for a, b in zip(placed.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    # By hand for the first layer: the statistics of these images.
    u = numpy(model.get_layer("conv1")(X))
    u = (u - u.mean(axis=(0, 1, 2))) / np.sqrt(u.var(axis=(0, 1, 2)) + 1e-5)
    expected = bk.layers.hinges_from(u, 4)
    np.testing.assert_allclose(placed.get_layer("activation1").hinges, expected, rtol=1e-3)
    others = {placed.get_layer(f"activation{n}").hinges for n in (1, 2, 3, 4)}
    assert len(others) == 4
    moving = place_hinges(model, X, quantiles=(0.3, 0.6, 0.9), training=False)
    u = numpy(model.get_layer("conv1")(X)) / np.sqrt(1 + 1e-5)
    expected = np.quantile(np.abs(u), [0.3, 0.6, 0.9])
    np.testing.assert_allclose(moving.get_layer("activation1").hinges[1:], expected, rtol=1e-3)


def test_place_hinges_errors():
    with pytest.raises(ValueError, match="argument `model`. Expected a model with SPLASH layers"):
        place_hinges(lenet5((32, 32, 3)), X)
    model = lenet5((32, 32, 3), activation="splash")
    with pytest.raises(ValueError, match=r"argument `count`. Expected .*\[4\]"):
        place_hinges(model, X, 3)


@pytest.mark.parametrize("arguments", [
    {"input_shape": (32, 32)}, {"input_shape": (6, 6, 3)}, {"classes": 1}, {"activation": "none"},
    {"seed": -1}, {"l2": -1.0}, {"width": 0}, {"mean": (0.1, 0.2)},
], ids=str)
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    for build in BUILDERS:
        if name not in ("width", "mean") or build is not lenet5:
            with pytest.raises(ValueError, match=f"argument `{name}`"):
                build(**arguments)
