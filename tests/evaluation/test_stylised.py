"""Stylised images of drawn shapes whose silhouettes and contours are known."""

import numpy as np
import pytest

from binomial_keras.evaluation.stylised import KINDS, otsu, stylise


def square(dark=0.2, bright=0.8, channels=1):
    image = np.full((1, 32, 32, channels), dark)
    image[:, 8:20, 10:25] = bright
    figure = np.zeros((32, 32), bool)
    figure[8:20, 10:25] = True
    return image, figure


def disc(radius, side=48):
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    figure = np.hypot(rows, columns) < radius
    return np.where(figure, 0.9, 0.1)[None, ..., None], figure


def ink(x, kind):
    drawn = stylise(x, kind)
    assert drawn.dtype == np.float32 and set(np.unique(drawn)) <= {0, 1}
    assert (drawn == drawn[..., :1]).all()
    return drawn[..., 0] == 0


@pytest.mark.parametrize("dark, bright", [(0.2, 0.8), (0.8, 0.2), (0.45, 0.5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_square(dark, bright, channels):
    # Bright on dark or dark on bright: what covers the border less is the figure.
    x, figure = square(dark, bright, channels)
    np.testing.assert_array_equal(ink(x, "silhouettes")[0], figure)
    outline = figure.copy()
    outline[9:19, 11:24] = False
    np.testing.assert_array_equal(ink(x, "contours")[0], outline)
    assert outline.sum() == 2 * (12 + 15) - 4
    edges = ink(x, "line drawings")[0]
    # One line along each side, at most a pixel aside, and nothing elsewhere.
    near = np.zeros_like(figure)
    near[7:21, 9:26] = True
    near[10:18, 12:23] = False
    assert not (edges & ~near).any()
    assert (edges[7:10, 14:21].sum(axis=0) == 1).all()
    assert (edges[12:16, 9:12].sum(axis=1) == 1).all()


@pytest.mark.parametrize("radius", [8, 15])
def test_disc(radius):
    x, figure = disc(radius)
    np.testing.assert_array_equal(ink(x, "silhouettes")[0], figure)
    outline = ink(x, "contours")[0]
    rows, columns = np.nonzero(outline)
    distance = np.hypot(rows - 23.5, columns - 23.5)
    assert distance.max() < radius and distance.min() > radius - 1.5
    # A closed line of pixels that touch over sides or corners has 2 pi r / sqrt 2 to 2 pi r.
    assert 2 * np.pi * radius * 0.8 < outline.sum() < 2 * np.pi * radius
    rows, columns = np.nonzero(ink(x, "line drawings")[0])
    distance = np.hypot(rows - 23.5, columns - 23.5)
    assert abs(distance - radius).max() < 1.6


def test_holes_are_filled_and_small_pieces_dropped():
    x, figure = square()
    x[0, 12:15, 14:18] = 0.2  # a hole
    x[0, 1:6, 1:6] = 0.8  # a second, smaller piece
    x[0, 20, 25] = 0.8  # touches the square over a corner only
    np.testing.assert_array_equal(ink(x, "silhouettes")[0], figure)
    # In a line drawing hole and piece are there.
    edges = ink(x, "line drawings")[0]
    assert edges[11:16, 13:19].any() and edges[:7, :7].any()


def test_figure_that_leaves_the_image_has_no_contour_there():
    x = np.full((1, 20, 20, 1), 0.1)
    x[0, 6:14, :9] = 0.9
    outline = ink(x, "contours")[0]
    assert not outline[7:13, 0].any()
    assert outline[6, :9].all() and outline[13, :9].all() and outline[6:14, 8].all()


def test_colour_goes_through_luminance():
    # Red and the grey of its luminance are the same to all three.
    x = np.full((1, 32, 32, 3), 0.299)
    x[0, 8:20, 8:20] = (1, 0, 0)
    for kind in KINDS:
        np.testing.assert_array_equal(ink(x, kind), np.zeros((1, 32, 32), bool))


def test_otsu_is_that_of_scikit_image():
    from skimage.filters import threshold_otsu

    rng = np.random.default_rng(0)
    centres = rng.integers(20, 230, (6, 1, 1))
    levels = rng.normal(np.where(rng.random((6, 20, 20)) < 0.3, centres, 255 - centres), 12)
    levels = np.clip(np.rint(levels), 0, 255).astype(int)
    for image, ours in zip(levels, otsu(levels).ravel()):
        theirs = threshold_otsu(image.astype("uint8"))
        # Empty levels between the parts split equally well: compare the parts.
        np.testing.assert_array_equal(image > ours, image > theirs)


def test_images_do_not_influence_each_other(monkeypatch):
    from scipy import ndimage

    x = ndimage.gaussian_filter(np.random.default_rng(0).random((9, 24, 28, 3)), (0, 2, 2, 0))
    x = (x - x.min()) / np.ptp(x)
    for kind in KINDS:
        whole = stylise(x, kind)
        assert 0.02 < 1 - whole.mean() < 0.7
        np.testing.assert_array_equal([stylise(image[None], kind)[0] for image in x], whole)
        monkeypatch.setattr("binomial_keras.evaluation.stylised._CHUNK", 2 * 24 * 28)
        np.testing.assert_array_equal(stylise(x, kind), whole)
        np.testing.assert_array_equal(stylise(x, kind, inverted=True), 1 - whole)


def test_flat_and_empty():
    for kind in KINDS:
        for value in (0.0, 0.3, 1.0):
            assert (stylise(np.full((2, 28, 28, 1), value, "float32"), kind) == 1).all()
        assert stylise(np.zeros((0, 32, 32, 3)), kind).shape == (0, 32, 32, 3)


@pytest.mark.parametrize(
    "x, kind, message",
    [
        (np.zeros((1, 8, 8, 1)), "sketch", "`kind`. Expected one of.*kind='sketch'"),
        (np.zeros((8, 8, 1)), "contours", "argument `x`.*x.shape=.8, 8, 1."),
        (np.zeros((1, 8, 8, 2)), "contours", "1 or 3 channels"),
        (np.zeros((1, 8, 3, 1)), "contours", "at least 4x4"),
        (np.zeros((1, 8, 8, 1), "uint8"), "contours", "float array"),
        (np.full((1, 8, 8, 1), 2.0), "contours", r"values in \[0, 1\]"),
        (np.full((1, 8, 8, 1), np.nan), "contours", r"values in \[0, 1\]"),
    ],
)
def test_errors(x, kind, message):
    with pytest.raises(ValueError, match=message):
        stylise(x, kind)
