"""What all corruptions promise: shape, range, seeds, independence of the batch, errors."""

import importlib

import numpy as np
import pytest

from binomial_keras.evaluation.corruptions import (
    CATEGORIES,
    CORRUPTIONS,
    corrupt,
    example_grid,
)
from binomial_keras.evaluation.corruptions.parameters import CIFAR, IMAGENET, parameters_of

RANDOM = set(CORRUPTIONS) - {
    "defocus_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg_compression",
    "gaussian_blur", "saturate",
}  # fmt: skip


def test_names():
    assert len(CORRUPTIONS) == len(set(CORRUPTIONS)) == 19
    assert [len(names) for names in CATEGORIES.values()] == [3, 4, 4, 4, 4]
    for table in (CIFAR, IMAGENET):
        assert set(table) == set(CORRUPTIONS)
        assert all(len(levels) == 5 for levels in table.values())


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(2, 28, 28, 1), (2, 32, 32, 3), (1, 8, 11, 3), (1, 72, 65, 3)])
def test_shape_type_and_range(name, shape, natural):
    x = natural(*shape)
    for severity in (1, 5):
        result = corrupt(x, name, severity)
        assert result.shape == x.shape and result.dtype == np.float32
        assert 0 <= result.min() and result.max() <= 1  # fails for NaN too
        assert not np.shares_memory(result, x)
        unchanged = name == "saturate" and shape[-1] == 1
        assert unchanged == np.array_equal(result, x) or severity == 1
    np.testing.assert_array_equal(x, natural(*shape))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_seed_decides_and_the_batch_does_not(name, natural, monkeypatch):
    x = natural(6, 16, 20, 3)
    whole = corrupt(x, name, 4, seed=3)
    np.testing.assert_array_equal(corrupt(x, name, 4, seed=3), whole)
    parts = [corrupt(x[:2], name, 4, seed=3), corrupt(x[2:], name, 4, seed=3, start=2)]
    # Matrix products of other sizes may add in another order: one unit in the last places.
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    # A limit that cuts the batch inside must not show either.
    module = importlib.import_module("binomial_keras.evaluation.corruptions.corrupt")
    monkeypatch.setattr(module, "_CHUNK", 2 * 16 * 20 * 3)
    np.testing.assert_allclose(corrupt(x, name, 4, seed=3), whole, atol=1e-6)
    differs = np.abs(corrupt(x, name, 4, seed=4) - whole).max() > 1e-3
    moved = np.abs(corrupt(x, name, 4, seed=3, start=1) - whole).max() > 1e-3
    assert differs == moved == (name in RANDOM)


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_equal_images_of_a_batch_get_different_draws(name, natural):
    x = np.repeat(natural(1, 32, 32, 3), 2, axis=0)
    result = corrupt(x, name, 5)
    assert np.abs(result[0] - result[1]).max() > 0.01


@pytest.mark.parametrize("parameters", ["cifar", "imagenet"])
@pytest.mark.parametrize(
    "name",
    ["gaussian_noise", "impulse_noise", "speckle_noise", "shot_noise", "gaussian_blur",
     "defocus_blur", "brightness", "contrast", "jpeg_compression"],
)  # fmt: skip
def test_error_grows_with_severity(name, parameters, natural):
    # These definitions imply it; the others change several things at once. With 64 images and
    # common draws the steps are far above the noise.
    x = natural(64, 32, 32, 3)
    errors = [
        np.mean((corrupt(x, name, severity, parameters=parameters) - x) ** 2)
        for severity in range(1, 6)
    ]
    assert (np.diff(errors) > 0).all(), errors


def test_zoom_blur_grows_with_severity(natural):
    # Of the ImageNet set only: from a 32x32 image 1.06-fold magnification may cut nothing off.
    x = natural(4, 96, 96, 3)
    errors = [np.mean((corrupt(x, "zoom_blur", level) - x) ** 2) for level in range(1, 6)]
    assert (np.diff(errors) > 0).all(), errors


def test_which_parameters(natural):
    assert parameters_of("gaussian_noise", 5, (64, 300)) == 0.10
    assert parameters_of("gaussian_noise", 5, (65, 300)) == 0.38
    assert parameters_of("gaussian_noise", 5, (300, 300), "cifar") == 0.10
    x = natural(1, 32, 32, 3)
    by_size = corrupt(x, "contrast", 2)
    np.testing.assert_array_equal(by_size, corrupt(x, "contrast", 2, parameters="cifar"))
    assert np.abs(by_size - corrupt(x, "contrast", 2, parameters="imagenet")).max() > 0.01


def test_empty_batch_and_other_float_types(natural):
    for name in CORRUPTIONS:
        assert corrupt(np.zeros((0, 32, 32, 3)), name, 1).shape == (0, 32, 32, 3)
    x = natural(1, 16, 16, 3)
    result = corrupt(x.astype("float64"), "fog", 2)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, corrupt(x, "fog", 2))


def test_flat_images_stay_finite():
    for value in (0.0, 1.0):
        x = np.full((1, 32, 32, 3), value, "float32")
        for name in CORRUPTIONS:
            assert np.isfinite(corrupt(x, name, 5)).all()


def test_example_grid(natural):
    image = natural(1, 12, 10, 3)[0]
    grid = example_grid(image, names=("fog", "contrast"), severities=(1, 5))
    assert grid.shape == (2 * 12 + 2, 3 * 10 + 4, 3)
    np.testing.assert_array_equal(grid[:12, :10], image)
    np.testing.assert_array_equal(grid[14:, 24:], corrupt(image[None], "contrast", 5)[0])


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(name="rain"), "`name`. Expected one of.*Received: name='rain'"),
        (dict(name=["fog"]), "argument `name`"),
        (dict(severity=0), "`severity`. Expected an integer from 1 to 5. Received: severity=0"),
        (dict(severity=6), "argument `severity`"),
        (dict(severity=1.0), "argument `severity`"),
        (dict(severity=True), "argument `severity`"),
        (dict(seed=-1), "argument `seed`"),
        (dict(start=-1), "argument `start`"),
        (dict(parameters="mnist"), "`parameters`. Expected one of"),
        (dict(x=np.zeros((32, 32, 3))), "`x`. Expected .images, height, width, channels."),
        (dict(x=np.zeros((1, 32, 32, 4))), "1 or 3 channels. Received: x.shape=.1, 32, 32, 4."),
        (dict(x=np.zeros((1, 32, 7, 3))), "at least 8x8 pixels"),
        (dict(x=np.zeros((1, 32, 32, 3), "uint8")), "float array.*x.dtype=uint8"),
        (dict(x=np.full((1, 32, 32, 3), 1.01)), r"values in \[0, 1\].*1.01"),
        (dict(x=np.full((1, 32, 32, 3), -0.01)), r"values in \[0, 1\]"),
        (dict(x=np.full((1, 32, 32, 3), np.nan)), r"values in \[0, 1\]"),
    ],
)
def test_errors(change, message):
    arguments = dict(x=np.zeros((1, 32, 32, 3)), name="fog", severity=1) | change
    with pytest.raises(ValueError, match=message):
        corrupt(**arguments)
