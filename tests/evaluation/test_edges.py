"""Canny's edges of a batch against a plain loop."""

import math

import numpy as np
import pytest

from binomial_keras.evaluation.edges import canny


def by_hand(image, low, high):
    """Canny's algorithm pixel by pixel: Sobel, thinning in four directions, hysteresis."""
    height, width = image.shape
    down, across = np.zeros((height, width)), np.zeros((height, width))

    def value(r, c):
        return image[min(max(r, 0), height - 1), min(max(c, 0), width - 1)]

    for r in range(height):
        for c in range(width):
            for k, weight in ((-1, 1), (0, 2), (1, 1)):
                down[r, c] += weight * (value(r + 1, c + k) - value(r - 1, c + k))
                across[r, c] += weight * (value(r + k, c + 1) - value(r + k, c - 1))
    strength = abs(down) + abs(across)

    def at(r, c):
        return strength[r, c] if 0 <= r < height and 0 <= c < width else 0

    weak = set()
    for r in range(height):
        for c in range(width):
            if strength[r, c] <= low:
                continue
            angle = math.degrees(math.atan2(abs(down[r, c]), abs(across[r, c])))
            if angle < 22.5:
                first, second, equal = (0, -1), (0, 1), True
            elif angle > 67.5:
                first, second, equal = (-1, 0), (1, 0), True
            else:
                side = 1 if (down[r, c] < 0) == (across[r, c] < 0) else -1
                first, second, equal = (-1, -side), (1, side), False
            here, before, after = strength[r, c], at(r + first[0], c + first[1]), 0
            after = at(r + second[0], c + second[1])
            if here > before and (here > after or (equal and here == after)):
                weak.add((r, c))
    found = [place for place in weak if strength[place] > high]
    edges = set(found)
    while found:
        r, c = found.pop()
        near = {(r + a, c + b) for a in (-1, 0, 1) for b in (-1, 0, 1)}
        fresh = (near & weak) - edges
        edges |= fresh
        found += fresh
    result = np.zeros((height, width), bool)
    for place in edges:
        result[place] = True
    return result


@pytest.mark.parametrize("smooth", [False, True])
def test_equal_to_the_plain_algorithm(smooth):
    from scipy import ndimage

    images = np.random.default_rng(0).integers(0, 256, (12, 14, 17)).astype("float64")
    if smooth:
        images = np.rint(ndimage.gaussian_filter(images, (0, 1.5, 1.5)))
    low, high = (30, 90) if smooth else (400, 700)
    result = canny(images, low, high)
    assert 0.02 < result.mean() < 0.5
    for image, edges in zip(images, result):
        np.testing.assert_array_equal(edges, by_hand(image, low, high))


def test_a_step_gives_one_line():
    image = np.zeros((1, 12, 12))
    image[0, :, 6:] = 1
    edges = canny(image, 1, 2)[0]
    np.testing.assert_array_equal(edges.sum(axis=1), np.ones(12))
    assert set(np.flatnonzero(edges.any(axis=0))) <= {5, 6}


def test_lines_of_different_images_do_not_meet():
    # The second image's line is weak throughout; only its neighbour in the batch is strong.
    images = np.zeros((2, 8, 8))
    images[0, :, 4:], images[1, :, 4:] = 1, 0.4
    edges = canny(images, 1, 3)
    assert edges[0].any() and not edges[1].any()
    # Thresholds of their own.
    edges = canny(images, np.array([1, 1]).reshape(2, 1, 1), np.array([3, 1.5]).reshape(2, 1, 1))
    assert edges[0].any() and edges[1].any()
