"""HMAX: Gabor filters, responses and distances against plain loops; sizes; forms."""

import math

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import FlexibleLayer
from binomial_keras.layers.gabor import Gabor, gabor_filter
from binomial_keras.layers.patch_distance import PatchDistance
from binomial_keras.models import backward_rules, hmax
from tests.layer_checks import check_config, check_registration, finite_differences, numpy, vjp

SMALL = {"input_shape": (12, 12, 1), "c1_sizes": (4, 6), "patch_sizes": (2, 3), "patches": 5}
X = np.random.default_rng(0).random((3, 12, 12, 1), "float32")


def filter_by_loop(size, wavelength, orientation):
    """The printed formula, one entry at a time."""
    period, theta = 2 * size / wavelength, math.radians(orientation + 90)
    sigma, centre = 0.8 * period, size // 2
    table = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(size):
            x, y = i - centre, j - centre
            if math.sqrt(x * x + y * y) > size / 2:
                continue
            u = x * math.cos(theta) + y * math.sin(theta)
            v = -x * math.sin(theta) + y * math.cos(theta)
            envelope = math.exp(-(u * u + 0.09 * v * v) / (2 * sigma * sigma))
            table[i][j] = envelope * math.cos(2 * math.pi * u / period)
    mean = sum(map(sum, table)) / size**2
    norm = math.sqrt(sum((value - mean) ** 2 for row in table for value in row))
    return np.array([[(value - mean) / norm for value in row] for row in table])


@pytest.mark.parametrize("size, wavelength", [(7, 4.0), (9, 3.95), (37, 3.25)])
@pytest.mark.parametrize("orientation", [90, -45, 0, 45])
def test_gabor_filters_follow_the_formula(size, wavelength, orientation):
    found = gabor_filter(size, wavelength, orientation)
    np.testing.assert_allclose(found, filter_by_loop(size, wavelength, orientation), atol=1e-12)
    assert abs(found.sum()) < 1e-12 and np.linalg.norm(found) == pytest.approx(1)


def test_gabor_responses_by_loop():
    layer = Gabor(5, 3.9)
    found = numpy(layer(X))
    filters = [filter_by_loop(5, 3.9, o) for o in (90, -45, 0, 45)]
    wide = np.pad(X[..., 0], [(0, 0), (2, 2), (2, 2)])
    for place in [(0, 0, 0), (1, 5, 6), (2, 11, 3), (0, 11, 11)]:
        image, i, j = place
        window = wide[image, i : i + 5, j : j + 5]
        expected = [abs((f * window).sum()) / np.linalg.norm(window) for f in filters]
        np.testing.assert_allclose(found[place], expected, atol=1e-5)
    assert found.min() >= 0 and found.max() <= 1 + 1e-5
    assert not numpy(layer(np.zeros_like(X))).any()
    _, slope, _ = vjp(layer, np.zeros_like(X), np.ones_like(found))
    assert np.all(np.isfinite(slope))


def test_orientation_is_that_of_the_edge():
    rows = np.zeros((1, 15, 15, 1), "float32")
    rows[:, ::4] = rows[:, 1::4] = 1.0
    for image, strong, weak in ((rows, 90, 0), (rows.transpose(0, 2, 1, 3), 0, 90)):
        response = {o: numpy(Gabor(7, 3.5, (o,))(image))[0, 7, :, 0].mean() for o in (0, 90)}
        assert response[strong] > 3 * response[weak]


@pytest.mark.parametrize("size", [2, 3])
def test_patch_distance_by_loop_and_its_gradient(size):
    rng = np.random.default_rng(1)
    x, cotangent = rng.random((1, 4, 3, 2)), rng.normal(size=(1, 4, 3, 3))
    patches = rng.random((size, size, 2, 3))
    layer = PatchDistance(3, size, 0.7)
    layer.build(x.shape)
    layer.set_weights([patches])
    before = (size - 1) // 2

    def loop():
        wide = np.pad(x, [(0, 0), (before, size), (before, size), (0, 0)])
        found = np.zeros((1, 4, 3, 3))
        for _, i, j, p in np.ndindex(found.shape):
            gap = wide[0, i : i + size, j : j + size] - patches[..., p]
            found[0, i, j, p] = np.exp(-(gap**2).sum() / (2 * 0.7**2))
        return found

    output, slope, weights = vjp(layer, x.astype("float32"), cotangent.astype("float32"))
    np.testing.assert_allclose(output, loop(), atol=1e-5)
    expected = finite_differences(lambda: (cotangent * loop()).sum(), [x, patches])
    for found, wanted in zip([slope, *weights], expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_a_patch_of_the_map_itself_gives_one():
    x = np.random.default_rng(2).random((1, 6, 6, 4), "float32")
    layer = PatchDistance(1, 3)
    layer.build(x.shape)
    layer.set_weights([x[0, 1:4, 2:5, :, None]])
    found = numpy(layer(x))[0, ..., 0]
    assert found[2, 3] == pytest.approx(1, abs=1e-5) and found.max() <= 1
    assert np.sort(found.ravel())[-2] < 0.99


@pytest.mark.architecture
def test_sizes_and_parameters_of_the_default():
    """Sides after C1: 28 // (k // 2) + 1. By hand, for 4 orientations and 100 patches a size."""
    thresholds = 4 * (8 * 8 + 6 * 6 + 5 * 5 + 5 * 5)
    kernels = 16 * (64 + 100 + 144 + 196) + 4 * 4
    patches = 100 * 4 * (4 + 16 + 36 + 64)
    dense = 400 * 10 + 10
    expected = {
        "baseline": patches + dense,
        "convolutional": patches + dense + kernels,
        "flexible": patches + dense + kernels + thresholds,
    }
    assert expected["flexible"] == 60_690
    for form, count in expected.items():
        model = hmax(form=form)
        assert model.count_params() == count
        sides = [tuple(model.get_layer(f"c1_{k}").output.shape) for k in (8, 10, 12, 14)]
        assert sides == [(None, side, side, 4) for side in (8, 6, 5, 5)]
        assert tuple(model.get_layer("c2").output.shape) == (None, 400)
        scales = [x.size for x in model.layers if isinstance(x, Gabor)]
        assert scales == [7, 9, 11, 13, 15, 17, 19, 21]
        waves = [x.wavelength for x in model.layers if isinstance(x, Gabor)]
        np.testing.assert_allclose(waves, [4, 3.95, 3.9, 3.85, 3.8, 3.75, 3.7, 3.65])


@pytest.mark.architecture
def test_published_scales():
    model = hmax(c1_sizes=range(8, 24, 2), patch_sizes=(2, 4), patches=4)
    scales = [(x.size, x.wavelength) for x in model.layers if isinstance(x, Gabor)]
    assert len(scales) == 16 and scales[-1] == (37, pytest.approx(3.25))
    assert [x.kernel_size[0] for x in model.layers if isinstance(x, FlexibleLayer)] == [
        8, 10, 12, 14, 16, 18, 20, 22
    ]


def test_the_baseline_pools_what_the_flexible_layer_pools():
    base = hmax(form="baseline", seed=1, **SMALL)
    pooled = hmax(threshold="uniform", threshold_value=-1e3, seed=1, **SMALL)
    for name in ("c1_4", "c1_6"):
        one, other = (
            keras.Model(m.inputs[0], m.get_layer(name).output)(X) for m in (base, pooled)
        )
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-6)


def test_c2_is_the_largest_response():
    model = hmax(form="baseline", seed=1, **SMALL)
    c1 = [model.get_layer(f"c1_{k}").output for k in (4, 6)]
    layer = model.get_layer("s2_3")
    found = keras.Model(model.inputs[0], model.get_layer("c2_3").output)(X)
    maps = [numpy(layer(m)) for m in keras.Model(model.inputs[0], c1)(X)]
    expected = np.max([m.max(axis=(1, 2)) for m in maps], axis=0)
    np.testing.assert_allclose(numpy(found), expected, atol=1e-6)
    assert layer.sigma == 0.75 and model.get_layer("s2_2").sigma == 0.5


@pytest.mark.parametrize("form", ["baseline", "convolutional", "flexible"])
def test_forms_train_save_and_load(form, tmp_path):
    # One scale and one size of patches: every further one is traced and compiled too.
    tiny = {**SMALL, "c1_sizes": (4,), "patch_sizes": (2,)}
    model = hmax(classes=2, form=form, seed=1, l2=1e-4, **tiny)
    x, y = np.concatenate([X, X.transpose(0, 2, 1, 3) ** 3]), np.repeat([0, 1], 3)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    losses = model.fit(x, y, batch_size=6, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < losses[0] - 0.05
    kinds = [layer for layer in model.layers if isinstance(layer, FlexibleLayer)]
    assert len(kinds) == (form != "baseline")
    assert {k.threshold for k in kinds} <= ({"learned"} if form == "flexible" else {None})
    assert bool(backward_rules(model)) == (form == "flexible")
    model.save(tmp_path / "m.keras")
    np.testing.assert_allclose(numpy(bk.load(tmp_path / "m.keras")(X)), numpy(model(X)), atol=1e-6)


def test_its_layers_follow_the_grammar():
    check_config(Gabor, {"size": 5, "wavelength": 3.0, "orientations": (0.0, 30.0)})
    check_config(
        PatchDistance,
        {"patches": 3, "size": 2, "sigma": 0.5, "initializer": "ones", "regularizer": "l2"},
    )
    for layer in (Gabor, PatchDistance):
        check_registration(layer)
    assert Gabor(5, 4.0).compute_output_shape((2, 8, 9, 1)) == (2, 8, 9, 4)
    assert PatchDistance(7, 2).compute_output_shape((2, 8, 9, 4)) == (2, 8, 9, 7)


@pytest.mark.parametrize("build, message", [
    (lambda: Gabor(6, 4.0), "argument `size`. Expected an odd integer"),
    (lambda: Gabor(5, 0.0), "argument `wavelength`"),
    (lambda: Gabor(5, 4.0)(np.zeros((1, 8, 8, 3))), r"Expected \(batch, height, width, 1\)"),
    (lambda: PatchDistance(0, 2), "argument `patches`"),
    (lambda: PatchDistance(3, 2, sigma=-1), "argument `sigma`"),
    (lambda: PatchDistance(3, 2)(np.zeros((8, 3))), r"Expected \(batch, height, width, channels"),
    (lambda: hmax(form="deep"), "argument `form`.*'baseline', 'convolutional', 'flexible'"),
    (lambda: hmax(c1_sizes=(8, 9)), "argument `c1_sizes`"),
    (lambda: hmax(patch_sizes=()), "argument `patch_sizes`"),
    (lambda: hmax((28, 28, 3), mean=0, std=1), r"Expected \(batch, height, width, 1\)"),
])
def test_errors(build, message):
    with pytest.raises(ValueError, match=message):
        build()
