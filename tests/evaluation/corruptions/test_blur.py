"""Blur against explicit kernels, plain loops and SciPy's zoom."""

import math

import numpy as np
import pytest
from scipy import ndimage

from binomial_keras.evaluation.corruptions import corrupt
from binomial_keras.evaluation.corruptions.blur import disc, shuffled
from binomial_keras.evaluation.corruptions.motion import motion_blurred
from binomial_keras.evaluation.corruptions.resample import zoom_matrix

DEFOCUS = {
    "cifar": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    "imagenet": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
}
CASES = [(chosen, severity) for chosen in ("cifar", "imagenet") for severity in range(1, 6)]


@pytest.mark.parametrize("chosen, severity", CASES)
def test_gaussian_blur_is_that_of_scikit_image(chosen, severity, natural):
    from skimage.filters import gaussian

    sigma = {"cifar": (0.4, 0.6, 0.7, 0.8, 1), "imagenet": (1, 2, 3, 4, 6)}[chosen][severity - 1]
    x = natural(2, 24, 20, 3)
    expected = [gaussian(image, sigma=sigma, channel_axis=-1) for image in x]
    result = corrupt(x, "gaussian_blur", severity, parameters=chosen)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def mirrored_by_hand(index, size):
    while not 0 <= index < size:
        index = -index if index < 0 else 2 * (size - 1) - index
    return index


@pytest.mark.parametrize("chosen, severity", CASES)
def test_defocus_is_a_disc(chosen, severity, natural):
    radius, softness = DEFOCUS[chosen][severity - 1]
    reach, cut = (8, 1) if radius <= 8 else (radius, 2)
    side = 2 * reach + 1
    sharp = np.zeros((side, side))
    for i in range(side):
        for j in range(side):
            sharp[i, j] = (i - reach) ** 2 + (j - reach) ** 2 <= radius**2
    sharp /= sharp.sum()
    weights = {
        (a, b): math.exp(-(a * a + b * b) / (2 * softness**2))
        for a in range(-cut, cut + 1)
        for b in range(-cut, cut + 1)
    }
    total = sum(weights.values())
    kernel = np.zeros((side, side))
    for i in range(side):
        for j in range(side):
            for (a, b), weight in weights.items():
                row, column = (mirrored_by_hand(k, side) for k in (i + a, j + b))
                kernel[i, j] += weight / total * sharp[row, column]
    np.testing.assert_allclose(disc(radius, softness), kernel, atol=1e-12)

    x = natural(1, 12, 10, 3)
    result = corrupt(x, "defocus_blur", severity, parameters=chosen)
    for row, column in ((0, 0), (5, 4), (11, 2)):
        expected = np.zeros(3)
        for i in range(side):
            for j in range(side):
                above = mirrored_by_hand(row + i - reach, 12)
                beside = mirrored_by_hand(column + j - reach, 10)
                expected += kernel[i, j] * x[0, above, beside]
        np.testing.assert_allclose(result[0, row, column], expected, atol=1e-5)


@pytest.mark.parametrize("reach, rounds", [(1, 1), (1, 2), (2, 3), (4, 2)])
def test_glass_walk_is_the_published_loop(reach, rounds):
    rng = np.random.default_rng(0)
    height, width, images = 11, 13, 5
    visited = (height - 2 * reach) * (width - 2 * reach)
    shifts = rng.integers(-reach, reach, (images, rounds, visited, 2))
    colours = rng.random((images, height, width, 3))
    source = shuffled((height, width), reach, shifts)
    for x, moves, came_from in zip(colours, shifts, source):
        expected = x.copy()
        for walk in moves:
            walk = iter(walk)
            for h in range(height - reach, reach, -1):
                for w in range(width - reach, reach, -1):
                    dx, dy = next(walk)
                    a, b = h + dy, w + dx
                    # The published line, whose right side holds views of a colour image.
                    expected[h, w], expected[a, b] = expected[a, b], expected[h, w]
            assert next(walk, None) is None
        np.testing.assert_array_equal(x.reshape(-1, 3)[came_from].reshape(x.shape), expected)


def test_glass_blur_between_its_two_blurs(natural):
    # With a standard deviation of 0.05 the blurs do nothing, and only the walk is left: every
    # pixel has the colour of a pixel at most (1, 1) steps away before each pixel moved on.
    x = natural(3, 32, 32, 3)
    result = corrupt(x, "glass_blur", 1)
    changed = (result != x).any(axis=-1)
    assert not changed[:, :2].any() and not changed[:, :, :2].any()
    assert 0.5 < changed[:, 2:, 2:].mean() < 0.9  # dx = dy = 0 has probability 1/4
    for image, blurred in zip(x, result):
        assert {tuple(c) for c in blurred.reshape(-1, 3)} <= {
            tuple(c) for c in image.reshape(-1, 3)
        }


@pytest.mark.parametrize("angle", [0, 45, -45, -90, 20, -37.5, -120])
@pytest.mark.parametrize("radius, sigma", [(3, 1), (6, 2.5)])
def test_motion_is_the_plain_sum(angle, radius, sigma):
    x = np.random.default_rng(0).random((1, 9, 10, 2))
    result = motion_blurred(x, radius, sigma, np.array([angle]))[0]
    count = 2 * radius + 1
    weights = [math.exp(-i * i / (2 * sigma**2)) for i in range(count)]
    for row in range(9):
        for column in range(10):
            expected = 0
            for i, weight in enumerate(weights):
                a = row + math.ceil(i * math.sin(math.radians(angle)) - 0.5)
                b = column + math.ceil(i * math.cos(math.radians(angle)) - 0.5)
                expected += weight / sum(weights) * x[0, min(max(a, 0), 8), min(max(b, 0), 9)]
            np.testing.assert_allclose(result[row, column], expected, rtol=1e-6)


def test_motion_blur_direction():
    # A vertical line is smeared to its left, into places that look to the right for it, and
    # under angles up to 45 degrees more across than along; a point's trail is a half-line.
    x = np.zeros((200, 33, 33, 1), "float32")
    x[:, 16, 16] = 1
    result = corrupt(x, "motion_blur", 5)[..., 0]
    np.testing.assert_allclose(result.sum(axis=(1, 2)), 1, rtol=1e-5)
    rows, columns = np.mgrid[-16:17, -16:17]
    down, across = ((result * place).sum(axis=(1, 2)) for place in (rows, columns))
    assert (across < -0.5).all()
    angles = np.rad2deg(np.arctan2(-down, -across))
    assert angles.min() > -47 and angles.max() < 47  # whole pixels
    # Uniform in [-45, 45]: mean 0, standard deviation 26; 5 standard errors of 200 images.
    assert abs(angles.mean()) < 5 * 26 / np.sqrt(200)
    assert angles.min() < -35 and angles.max() > 35


@pytest.mark.parametrize("chosen, severity", [("cifar", 1), ("cifar", 5), ("imagenet", 5)])
@pytest.mark.parametrize("shape", [(32, 32), (28, 28), (30, 41)])
def test_zoom_blur_is_scipys_zoom(chosen, severity, shape, natural):
    stop, step = {
        ("cifar", 1): (1.06, 0.01), ("cifar", 5): (1.26, 0.01), ("imagenet", 5): (1.31, 0.03)
    }[chosen, severity]  # fmt: skip
    factors = np.arange(1, stop, step)
    x = natural(2, *shape, 3)
    result = corrupt(x, "zoom_blur", severity, parameters=chosen)
    for image, blurred in zip(x.astype("float64"), result):
        total = image.copy()
        for factor in factors:
            part = image
            for axis in (0, 1):
                size = shape[axis]
                inner = math.ceil(size / factor)
                first = (size - inner) // 2
                part = part.take(range(first, first + inner), axis=axis)
            zoomed = ndimage.zoom(part, (factor, factor, 1), order=1)
            top, left = ((zoomed.shape[axis] - shape[axis]) // 2 for axis in (0, 1))
            total += zoomed[top : top + shape[0], left : left + shape[1]]
        np.testing.assert_allclose(blurred, total / (len(factors) + 1), atol=1e-5)


@pytest.mark.parametrize("size, factor", [(32, 4.5), (32, 2.25), (41, 2.5), (9, 4), (28, 1.07)])
def test_zoom_of_a_line_is_scipys(size, factor):
    # Large factors, as for snowflakes: up to `factor` pixels are trimmed.
    line = np.random.default_rng(0).random(size)
    inner = math.ceil(size / factor)
    first = (size - inner) // 2
    zoomed = ndimage.zoom(line[first : first + inner], factor, order=1)
    trim = (len(zoomed) - size) // 2
    result = zoom_matrix(size, factor) @ line
    np.testing.assert_allclose(result, zoomed[trim : trim + size], atol=1e-12)
