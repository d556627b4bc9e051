"""Structural similarity against scikit-image."""

import numpy as np
import pytest

from binomial_keras.evaluation import ssim

OPTIONS = {
    "uniform": {},
    "gaussian": dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False),
}


def reference(x, y, window):
    from skimage.metrics import structural_similarity

    return [
        structural_similarity(
            a.astype(float), b.astype(float), data_range=1.0, channel_axis=-1, **OPTIONS[window]
        )
        for a, b in zip(x, y)
    ]


def pairs(shape, kind):
    generator = np.random.default_rng(0)
    x = generator.random(shape, "float32")
    if kind == "strokes":  # mostly flat, as in MNIST
        x = np.where(x > 0.85, x, 0).astype("float32")
    if kind == "bright":  # flat and bright: variances are small differences of large numbers
        x = (0.98 + 0.01 * x).astype("float32")
    noise = 0.1 * generator.standard_normal(shape)
    return x, np.clip(x + noise, 0, 1).astype("float32")


@pytest.mark.parametrize("window", ["uniform", "gaussian"])
@pytest.mark.parametrize("kind", ["random", "strokes", "bright"])
@pytest.mark.parametrize("shape", [(5, 32, 32, 3), (40, 28, 28, 1), (3, 13, 17, 2)])
def test_equal_to_scikit_image(window, kind, shape):
    x, y = pairs(shape, kind)
    np.testing.assert_allclose(ssim(x, y, window), reference(x, y, window), atol=1e-5)


def test_digits_and_the_smallest_image():
    for side in (7, 8):
        x, y = pairs((4, side, side, 1), "random")
        np.testing.assert_allclose(ssim(x, y), reference(x, y, "uniform"), atol=1e-5)


def test_images_do_not_influence_each_other():
    x, y = pairs((50, 28, 28, 1), "random")
    np.testing.assert_allclose(ssim(x[7:8], y[7:8])[0], ssim(x, y)[7], atol=1e-12)


def test_ends_of_the_range():
    x, _ = pairs((3, 9, 9, 1), "random")
    np.testing.assert_allclose(ssim(x, x), 1.0, atol=1e-12)
    # Constant black against constant white: C1 / (1 + C1), times one.
    flat = ssim(np.zeros_like(x), np.ones_like(x))
    np.testing.assert_allclose(flat, 1e-4 / (1 + 1e-4), atol=1e-9)
    assert ssim(x[:0], x[:0]).shape == (0,)
    assert (ssim(x, 1 - x) < 0).all()


@pytest.mark.parametrize(
    "shapes, window, message",
    [
        (((2, 6, 9, 1), (2, 6, 9, 1)), "uniform", "at least 7x7 pixels.*shape=.2, 6, 9, 1."),
        (((2, 8, 8, 1), (2, 8, 8, 1)), "gaussian", "at least 11x11 pixels"),
        (((2, 8, 8, 1), (3, 8, 8, 1)), "uniform", "Expected one shape"),
        (((8, 8, 1), (8, 8, 1)), "uniform", "Expected one shape"),
        (((2, 8, 8, 1), (2, 8, 8, 1)), "box", "`window`. Expected one of"),
    ],
)
def test_errors(shapes, window, message):
    with pytest.raises(ValueError, match=message):
        ssim(np.zeros(shapes[0]), np.zeros(shapes[1]), window)
