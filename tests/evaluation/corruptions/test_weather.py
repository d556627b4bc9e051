"""Weather against plain loops and scikit-image's HSV."""

import numpy as np
import pytest
from scipy import ndimage

from binomial_keras.evaluation.corruptions import corrupt
from binomial_keras.evaluation.corruptions.frost import texture
from binomial_keras.evaluation.corruptions.generators import angles, generators, normal, uniform
from binomial_keras.evaluation.corruptions.motion import motion_blurred
from binomial_keras.evaluation.corruptions.weather import plasma


@pytest.mark.parametrize("chosen", ["cifar", "imagenet"])
@pytest.mark.parametrize("severity", range(1, 6))
def test_brightness_through_scikit_images_hsv(chosen, severity, natural):
    from skimage import color

    added = {"cifar": (0.05, 0.1, 0.15, 0.2, 0.3), "imagenet": (0.1, 0.2, 0.3, 0.4, 0.5)}
    x = natural(2, 16, 16, 3)
    x[0, :2] = 0  # black
    x[0, 2:4] = 1
    x[1, :3] = x[1, :3, :, :1]  # grey
    hsv = color.rgb2hsv(x.astype("float64"))
    hsv[..., 2] = np.clip(hsv[..., 2] + added[chosen][severity - 1], 0, 1)
    result = corrupt(x, "brightness", severity, parameters=chosen)
    np.testing.assert_allclose(result, color.hsv2rgb(hsv), atol=1e-5)


def test_brightness_of_one_channel(natural):
    x = natural(2, 16, 16, 1)
    x[0, :2] = 0
    expected = np.minimum(x + np.float32(0.3), 1)
    np.testing.assert_allclose(corrupt(x, "brightness", 5), expected, atol=1e-6)


def plasma_by_hand(draws, decay):
    """Diamond-square, point by point, on a torus."""
    side = len(draws)
    heights = np.zeros((side, side))
    step, wobble = side, 100.0

    def set_height(row, column, neighbours):
        mean = sum(heights[r % side, c % side] for r, c in neighbours) / 4
        heights[row, column] = mean + wobble**2 * draws[row, column]

    while step >= 2:
        half = step // 2
        for r in range(half, side, step):
            for c in range(half, side, step):
                corners = [(r + a, c + b) for a in (-half, half) for b in (-half, half)]
                set_height(r, c, corners)
        for r in range(0, side, half):
            for c in range(0, side, half):
                if (r // half + c // half) % 2:
                    set_height(r, c, [(r - half, c), (r + half, c), (r, c - half), (r, c + half)])
        step, wobble = half, wobble / decay
    heights -= heights.min()
    return heights / heights.max()


@pytest.mark.parametrize("side, decay", [(8, 3), (16, 1.75)])
def test_plasma_is_diamond_square(side, decay):
    draws = np.random.default_rng(0).uniform(-1, 1, (3, side, side))
    maps = plasma(draws, decay)
    for result, draw in zip(maps, draws):
        np.testing.assert_allclose(result, plasma_by_hand(draw, decay), atol=1e-12)


@pytest.mark.parametrize("severity, weight, decay", [(1, 0.2, 3), (4, 1, 2), (5, 1.5, 1.75)])
@pytest.mark.parametrize("shape", [(1, 32, 32, 3), (2, 20, 28, 1)])
def test_fog_formula(severity, weight, decay, shape, natural):
    x = natural(*shape)
    result = corrupt(x, "fog", severity, seed=5)
    rngs = generators(5, "fog", 0, len(x))
    maps = plasma(2 * uniform(rngs, (32, 32)) - 1, decay)
    for image, mist, foggy in zip(x, maps, result):
        mist = mist[: shape[1], : shape[2], None]
        expected = (image + weight * mist) * image.max() / (image.max() + weight)
        np.testing.assert_allclose(foggy, np.clip(expected, 0, 1), atol=1e-5)


@pytest.mark.parametrize("severity", [1, 3, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_snow_formula(severity, channels, natural):
    mean, deviation, zoom, threshold, radius, sigma, kept = {
        1: (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
        3: (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        5: (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    }[severity]
    x = natural(3, 32, 32, channels)
    result = corrupt(x, "snow", severity, seed=1)
    rngs = generators(1, "snow", 0, 3)
    noise = normal(rngs, (32, 32, 1))
    falls = angles(rngs, -135, -45)
    for image, draws, angle, snowy in zip(x, noise, falls, result):
        flakes = mean + deviation * draws[..., 0].astype("float64")
        inner = int(np.ceil(32 / zoom))
        first = (32 - inner) // 2
        flakes = ndimage.zoom(flakes[first:][:inner, first : first + inner], zoom, order=1)
        trim = (len(flakes) - 32) // 2
        flakes = flakes[trim : trim + 32, trim : trim + 32]
        flakes[flakes < threshold] = 0
        flakes = np.clip(flakes, 0, 1)[None, ..., None]
        flakes = motion_blurred(flakes, radius, sigma, np.array([angle]))[0]
        grey = image if channels == 1 else image @ np.array([0.299, 0.587, 0.114])[:, None]
        expected = kept * image + (1 - kept) * np.maximum(image, grey * 1.5 + 0.5)
        expected = expected + flakes + np.rot90(flakes, k=2)
        # One value at the threshold may fall to the other side in single precision.
        assert np.mean(np.abs(snowy - np.clip(expected, 0, 1)) > 1e-4) < 0.01


def test_snow_falls():
    # Trails run within 45 degrees of the vertical: places above one another agree more.
    result = corrupt(np.zeros((60, 32, 32, 1), "float32"), "snow", 5)[..., 0]
    layer = result - result.mean()
    vertical = np.mean(layer[:, 4:] * layer[:, :-4])
    horizontal = np.mean(layer[:, :, 4:] * layer[:, :, :-4])
    assert vertical > 1.5 * horizontal


@pytest.mark.parametrize("severity, image, ice", [(1, 1, 0.2), (5, 0.75, 0.45)])
def test_frost_is_a_weighted_sum(severity, image, ice, natural):
    x = natural(2, 32, 32, 3)
    drawn = texture(generators(2, "frost", 0, 2), 32, 32, 3)
    expected = np.clip(image * x + ice * drawn, 0, 1)
    np.testing.assert_allclose(corrupt(x, "frost", severity, seed=2), expected, atol=1e-6)


def test_frost_texture():
    rngs = generators(0, "frost", 0, 50)
    drawn = texture(rngs, 32, 48, 3)
    assert drawn.shape == (50, 32, 48, 3) and drawn.min() >= 0 and drawn.max() <= 1
    means = drawn.mean(axis=(0, 1, 2))
    assert means[0] < means[1] < means[2]  # bluish
    assert 0.3 < means.mean() < 0.8 and drawn.std(axis=(1, 2)).min() > 0.1
    grey = texture(generators(0, "frost", 0, 50), 32, 48, 1)
    luminance = drawn @ np.array([0.299, 0.587, 0.114], "float32")
    np.testing.assert_allclose(grey[..., 0], luminance, atol=1e-6)
