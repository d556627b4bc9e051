"""Spatter and saturate against scikit-image and plain definitions."""

import numpy as np
import pytest
from scipy import ndimage

from binomial_keras.evaluation.corruptions import corrupt
from binomial_keras.evaluation.corruptions.extra import _distance, _equalised, water
from binomial_keras.evaluation.corruptions.generators import generators, normal

CASES = [(chosen, severity) for chosen in ("cifar", "imagenet") for severity in range(1, 6)]


@pytest.mark.parametrize("chosen, severity", CASES)
def test_saturate_through_scikit_images_hsv(chosen, severity, natural):
    from skimage import color

    factor, summand = {
        "cifar": ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
        "imagenet": ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
    }[chosen][severity - 1]
    x = natural(2, 16, 16, 3)
    x[0, :2] = 0
    x[0, 2:4] = 1
    x[1, :3] = x[1, :3, :, :1]  # grey: hue 0
    hsv = color.rgb2hsv(x.astype("float64"))
    hsv[..., 1] = np.clip(factor * hsv[..., 1] + summand, 0, 1)
    result = corrupt(x, "saturate", severity, parameters=chosen)
    np.testing.assert_allclose(result, color.hsv2rgb(hsv), atol=1e-5)


def test_saturate_leaves_one_channel_alone(natural):
    x = natural(2, 16, 16, 1)
    np.testing.assert_array_equal(corrupt(x, "saturate", 5), x)


def test_distance_in_steps():
    # Shortest paths of straight, diagonal and knight's moves, by repeated relaxation.
    rng = np.random.default_rng(0)
    lines = rng.random((3, 15, 17)) < 0.03
    lines[1] = False
    result = _distance(lines)
    assert (result[1] == 20).all()
    moves = {(a, b): 1.0 for a, b in ((0, 1), (1, 0))} | {(1, 1): 1.4}
    moves |= {(1, 2): 2.1969, (2, 1): 2.1969}
    for k in (0, 2):
        length = np.where(lines[k], 0.0, 20.0)
        for _ in range(20):
            padded = np.pad(length, 2, constant_values=20.0)
            for (a, b), cost in moves.items():
                for r in {a, -a}:
                    for c in {b, -b}:
                        shifted = padded[2 + r : 17 + r, 2 + c : 19 + c]
                        length = np.minimum(length, shifted + cost)
        # The nearest line as the crow flies is now and then not the nearest in such steps.
        difference = result[k] - length
        assert difference.min() > -1e-9 and difference.max() < 0.5
        assert np.mean(difference > 1e-9) < 0.05
    assert (_distance(np.zeros((2, 8, 8), bool)) == 20).all()


def test_equalisation_of_a_known_histogram():
    levels = np.array([[[0, 0, 1, 1], [1, 1, 3, 9]], [[4, 4, 4, 4], [4, 4, 4, 4]]])
    # Counts 2, 4, 1, 1 of 8: (cumulated - 2) / 6 * 255.
    expected = [[0, 0, 170, 170], [170, 170, 212, 255]]
    result = _equalised(levels)
    np.testing.assert_allclose(result[0], np.rint(expected), atol=0.51)
    np.testing.assert_array_equal(result[1], levels[1])  # one level only


def test_water_without_drops_and_on_a_drop():
    layer = np.zeros((2, 32, 32))
    assert not water(layer).any()
    rows, columns = np.mgrid[:32, :32] - 15.5
    layer[1, np.hypot(rows, columns) < 8] = 0.8
    cover = water(layer)
    assert not cover[0].any() and not cover[1][layer[1] == 0].any()
    assert cover[1].max() > 0
    # The drop seems lit from the upper left.
    drop = cover[1]
    assert drop[:16, :16].sum() > 3 * drop[16:, 16:].sum()


@pytest.mark.parametrize("severity, smoothing, edge", [(4, 0.7, 0.6), (5, 0.5, 0.6)])
def test_mud_formula(severity, smoothing, edge, natural):
    threshold = {4: 0.69, 5: 0.68}[severity]
    x = natural(3, 32, 32, 3)
    result = corrupt(x, "spatter", severity, seed=2)
    noise = normal(generators(2, "spatter", 0, 3), (32, 32, 1))
    for image, draws, muddy in zip(x, noise, result):
        layer = ndimage.gaussian_filter(0.65 + 0.1 * draws[..., 0], smoothing, mode="nearest")
        cover = (layer > threshold).astype("float64")
        cover = ndimage.gaussian_filter(cover, edge, mode="nearest")
        cover[cover < 0.8] = 0
        cover = cover[..., None]
        expected = image * (1 - cover) + cover * np.array([63, 42, 20]) / 255
        np.testing.assert_allclose(muddy, expected, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_water_only_brightens_and_keeps_its_colour(channels):
    x = np.full((20, 32, 32, channels), 0.2, "float32")
    result = corrupt(x, "spatter", 3) - x
    assert result.min() >= 0
    # The wettest pixel of an image has the strength 0.5 of the colour.
    colour = np.array([175, 238, 238]) / 255
    colour = colour if channels == 3 else [colour @ [0.299, 0.587, 0.114]]
    peaks = result.max(axis=(1, 2))
    np.testing.assert_allclose(peaks, np.tile(0.5 * np.array(colour), (20, 1)), atol=1e-5)
    dry = (result == 0).all(axis=-1).mean()
    assert 0.3 < dry < 0.99
