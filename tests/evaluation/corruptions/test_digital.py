"""Digital corruptions against closed forms, Pillow and SciPy."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from binomial_keras.evaluation.corruptions import corrupt
from binomial_keras.evaluation.corruptions.digital import affine_places
from binomial_keras.evaluation.corruptions.generators import generators, uniform
from binomial_keras.evaluation.corruptions.resample import bilinear, mirror, reflect

CASES = [(chosen, severity) for chosen in ("cifar", "imagenet") for severity in range(1, 6)]


@pytest.mark.parametrize("chosen, severity", CASES)
def test_contrast_formula(chosen, severity, natural):
    factors = {"cifar": (0.75, 0.5, 0.4, 0.3, 0.15), "imagenet": (0.4, 0.3, 0.2, 0.1, 0.05)}
    factor = factors[chosen][severity - 1]
    x = natural(2, 16, 18, 3)
    result = corrupt(x, "contrast", severity, parameters=chosen)
    for image in range(2):
        for channel in range(3):
            plane = x[image, :, :, channel].astype("float64")
            expected = plane.mean() + factor * (plane - plane.mean())
            np.testing.assert_allclose(result[image, :, :, channel], expected, atol=1e-6)


@pytest.mark.parametrize("chosen, severity", CASES)
@pytest.mark.parametrize("channels", [1, 3])
def test_pixelate_is_pillows(chosen, severity, channels, natural):
    share = {"cifar": (0.95, 0.9, 0.85, 0.75, 0.65), "imagenet": (0.6, 0.5, 0.4, 0.3, 0.25)}
    share = share[chosen][severity - 1]
    x = natural(2, 32, 28, channels)
    result = corrupt(x, "pixelate", severity, parameters=chosen)
    small = (int(28 * share), int(32 * share))
    for image, ours in zip(x, result):
        for channel in range(channels):
            plane = Image.fromarray(image[..., channel])  # floats: no rounding in Pillow either
            plane = plane.resize(small, Image.BOX).resize((28, 32), Image.BOX)
            np.testing.assert_allclose(ours[..., channel], np.asarray(plane), atol=1e-6)
    # The original works on 8 bits: two resizings of two passes, each rounded.
    mode = "L" if channels == 1 else "RGB"
    eight = Image.fromarray(np.rint(x[0].squeeze() * 255).astype("uint8"))
    assert eight.mode == mode
    eight = eight.resize(small, Image.BOX).resize((28, 32), Image.BOX)
    np.testing.assert_allclose(result[0].squeeze(), np.asarray(eight) / 255, atol=2.1 / 255)


@pytest.mark.parametrize("chosen, severity", CASES)
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows(chosen, severity, channels, natural):
    quality = {"cifar": (80, 65, 58, 50, 40), "imagenet": (25, 18, 15, 10, 7)}[chosen][severity - 1]
    x = natural(2, 32, 30, channels)
    result = corrupt(x, "jpeg_compression", severity, parameters=chosen)
    for image, ours in zip(x, result):
        file = io.BytesIO()
        Image.fromarray(np.uint8(np.round(image.squeeze() * 255))).save(
            file, format="JPEG", quality=quality
        )
        expected = np.asarray(Image.open(file), "float32").reshape(image.shape) / 255
        np.testing.assert_allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize("fold, mode", [(mirror, "mirror"), (reflect, "reflect")])
def test_bilinear_is_scipys(fold, mode):
    rng = np.random.default_rng(0)
    x = rng.random((3, 9, 12, 2))
    rows, columns = rng.uniform(-20, 30, (2, 3, 7, 8))
    result = bilinear(x, rows, columns, fold)
    for image, r, c, ours in zip(x, rows, columns, result):
        for channel in range(2):
            expected = ndimage.map_coordinates(image[..., channel], [r, c], order=1, mode=mode)
            np.testing.assert_allclose(ours[..., channel], expected, atol=1e-12)


def test_affine_map_moves_its_three_points():
    shifts = np.random.default_rng(0).uniform(-2, 2, (4, 3, 2))
    rows, columns = affine_places((24, 30), shifts)
    for shift, row, column in zip(shifts, rows, columns):
        # Fit the map from distorted to given image, and look where the moved points come from.
        grid = np.stack([*np.mgrid[:24, :30][::-1], np.ones((24, 30))], axis=-1).reshape(-1, 3)
        places = np.stack([column, row], axis=-1).reshape(-1, 2)
        matrix, residue, *_ = np.linalg.lstsq(grid, places, rcond=None)
        assert residue.max() < 1e-15 * len(grid) or np.allclose(grid @ matrix, places)
        points = np.array([[20, 23], [20, 7], [4, 7]], "float64")
        moved = np.concatenate([points + shift, np.ones((3, 1))], axis=1)
        np.testing.assert_allclose(moved @ matrix, points, atol=1e-9)


@pytest.mark.parametrize("severity", range(1, 6))
@pytest.mark.parametrize("side", [28, 32])
def test_elastic_is_scipys_on_one_image(severity, side, natural):
    amplitude, sigma, corner = (
        side * share
        for share in (
            (0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05),
            (0.1, 0.03, 0.03),
        )[severity - 1]
    )  # fmt: skip
    x = natural(2, side, side, 3).astype("float64")
    result = corrupt(x, "elastic_transform", severity, seed=9)
    rngs = generators(9, "elastic_transform", 0, 2)
    shifts = corner * (2 * uniform(rngs, (3, 2)).astype("float64") - 1)
    moves = 2 * uniform(rngs, (2, side, side)).astype("float64") - 1
    places = affine_places((side, side), shifts)
    for k in range(2):
        across, down = (
            amplitude * ndimage.gaussian_filter(field, sigma, mode="reflect", truncate=3)
            for field in moves[k]
        )
        rows, columns = np.mgrid[:side, :side]
        for channel in range(3):
            plane = ndimage.map_coordinates(
                x[k, ..., channel], [places[0][k], places[1][k]], order=1, mode="mirror"
            )
            plane = ndimage.map_coordinates(
                plane, [rows + down, columns + across], order=1, mode="reflect"
            )
            np.testing.assert_allclose(result[k, ..., channel], plane, atol=1e-4)


def test_elastic_imagenet_amplitude(natural):
    # Severities 3 to 5 of the large set differ in the amplitude alone (0.05, 0.07, 0.12 of 244
    # pixels for a side of 224), so with common draws the error grows.
    x = natural(4, 96, 96, 1)
    errors = [np.mean((corrupt(x, "elastic_transform", level) - x) ** 2) for level in (3, 4, 5)]
    assert (np.diff(errors) > 0).all(), errors
