"""Spectra against sinusoids, Gaussians and white noise: closed forms."""

import numpy as np
import pytest

from binomial_keras.evaluation.spectrum import (
    band_centres,
    band_pass,
    bandwidth,
    radial_spectrum,
)


def wave(height, width, down, across, amplitude=0.2, phase=0.3, mean=0.5):
    rows, columns = np.mgrid[:height, :width]
    angle = 2 * np.pi * (down * rows / height + across * columns / width) + phase
    return (mean + amplitude * np.cos(angle))[None, ..., None]


def blob(side, s):
    place = np.arange(side) - side // 2
    return np.exp(-(place[:, None] ** 2 + place**2) / (2 * s**2))[None, ..., None]


@pytest.mark.parametrize("shape", [(32, 32), (28, 28), (31, 40)])
@pytest.mark.parametrize("down, across", [(0, 3), (5, 0), (3, -4), (6, 8)])
@pytest.mark.parametrize("centre, width", [(5.0, 5.0), (1.0, 5.0), (10.0, 2.0)])
def test_a_wave_is_multiplied_by_the_gaussian(shape, down, across, centre, width):
    x = wave(*shape, down, across)
    radius = np.hypot(down, across)
    gain = 0.5 ** ((2 * (radius - centre) / width) ** 2)  # one half at half the width
    result = band_pass(x, centre, width)
    assert result.dtype == np.float32 and result.shape == x.shape
    np.testing.assert_allclose(result, wave(*shape, down, across, 0.2 * gain), atol=1e-6)
    # Without its mean the image is the wave alone, about G(0) of the mean.
    rest = 0.5 * 0.5 ** ((2 * centre / width) ** 2)
    result = band_pass(x, centre, width, keep_mean=False, clip=False)
    np.testing.assert_allclose(result, wave(*shape, down, across, 0.2 * gain, mean=rest), atol=1e-6)


def test_band_pass_clips_and_keeps_channels_apart():
    x = np.concatenate([wave(32, 32, 1, 0, 0.9), wave(32, 32, 0, 12, 0.9)], axis=-1)
    free = band_pass(x, 1.0, clip=False)
    assert free.max() > 1.2 and abs(free[..., 1] - 0.5).max() < 1e-3
    np.testing.assert_allclose(band_pass(x, 1.0), np.clip(free, 0, 1))


def test_bands_of_many_images_are_those_of_one(monkeypatch):
    x = np.random.default_rng(0).random((7, 12, 16, 3))
    alone = [band_pass(image[None], 3)[0] for image in x]
    _, spectra = radial_spectrum(x)
    monkeypatch.setattr("binomial_keras.evaluation.spectrum._CHUNK", 2 * 12 * 16 * 3)
    np.testing.assert_allclose(band_pass(x, 3), alone, atol=1e-6)
    np.testing.assert_allclose(radial_spectrum(x)[1], spectra, atol=1e-12)


def test_band_centres():
    np.testing.assert_allclose(band_centres(224, 224), np.arange(1, 157, 5))
    np.testing.assert_allclose(band_centres(32, 32), [1, 6, 11, 16, 21])
    np.testing.assert_allclose(band_centres(32, 32, step=10, first=0), [0, 10, 20])


@pytest.mark.parametrize("down, across, ring", [(0, 3, 3), (4, 0, 4), (3, -4, 5), (2, 2, 3)])
def test_spectrum_of_a_wave(down, across, ring):
    radii, amplitude = radial_spectrum(wave(30, 40, down, across))
    frequencies = [
        (i, j) for i in range(-15, 15) for j in range(-20, 20) if round(np.hypot(i, j)) == ring
    ]
    expected = np.zeros(len(radii))
    expected[0] = 0.5
    expected[ring] = 2 * 0.1 / len(frequencies)
    np.testing.assert_allclose(amplitude[0], expected, atol=1e-12)
    np.testing.assert_allclose(radii[ring], np.mean([np.hypot(i, j) for i, j in frequencies]))


def test_spectrum_of_white_noise_is_flat():
    # Amplitudes of Gaussian noise are Rayleigh distributed: mean sqrt(pi) / 2 of the root mean
    # square, which is 0.1 / side. 200 images; bins have at least 8 frequencies, so the standard
    # error of a bin is below 0.53 / sqrt(200 * 4) = 2 % of the mean; 5 of them are allowed.
    noise = 0.1 * np.random.default_rng(0).standard_normal((200, 32, 32, 1))
    radii, amplitude = radial_spectrum(noise)
    expected = np.sqrt(np.pi) / 2 * 0.1 / 32
    np.testing.assert_allclose(amplitude.mean(axis=0)[1:16], expected, rtol=0.1)
    # It never falls to a half in the mean, and its width is nearly all there is.
    flat = bandwidth(noise.reshape(1, 32, 32, 200))
    np.testing.assert_allclose(flat, 2 * radii[-1])


@pytest.mark.parametrize("s", [2.0, 3.0, 4.0, 6.0])
def test_bandwidth_of_a_gaussian(s):
    # The transform of a Gaussian of width s is one of width f = side / (2 pi s). The maximum
    # without the zero frequency is at the first bin, of mean radius r1 (8 frequencies: 4 at 1
    # and 4 at sqrt 2), and half of it is reached at R with R^2 = r1^2 + 2 ln 2 f^2. Averaging
    # within bins of width 1 costs some percent when f is not much larger.
    side = 96
    f = side / (2 * np.pi * s)
    r1 = (1 + np.sqrt(2)) / 2
    expected = 2 * np.sqrt(r1**2 + 2 * np.log(2) * f**2)
    np.testing.assert_allclose(bandwidth(blob(side, s)), expected, rtol=0.04)


def test_bandwidth_of_waves():
    # One bin that is not zero: the amplitude falls to half midway to the next bin.
    for k in (2, 5, 9):
        radii, _ = radial_spectrum(wave(32, 32, k, 0))
        expected = radii[k] + radii[k + 1]
        np.testing.assert_allclose(bandwidth(wave(32, 32, k, 0)), expected, rtol=1e-6)
    # Scale and brightness do not count, nor does a weak wave beyond.
    strong = wave(32, 32, 5, 0)
    np.testing.assert_allclose(bandwidth(0.1 * strong + 0.2), bandwidth(strong), rtol=1e-6)
    weak = strong + wave(32, 32, 12, 0, 0.01, mean=0)
    np.testing.assert_allclose(bandwidth(weak), bandwidth(strong), rtol=0.01)


def test_noise_widens_and_blur_narrows():
    from scipy import ndimage

    rng = np.random.default_rng(0)
    x = ndimage.gaussian_filter(rng.random((20, 32, 32, 3)), (0, 2, 2, 0))
    width = bandwidth(x)
    assert (bandwidth(x + 0.3 * rng.standard_normal(x.shape)) > width).all()
    assert bandwidth(ndimage.gaussian_filter(x, (0, 2, 2, 0))).mean() < 0.9 * width.mean()


def test_flat_and_empty():
    np.testing.assert_array_equal(bandwidth(np.full((2, 32, 32, 3), 0.3)), [0, 0])
    assert bandwidth(np.zeros((0, 8, 8, 1))).shape == (0,)
    assert band_pass(np.zeros((0, 8, 8, 1)), 1).shape == (0, 8, 8, 1)
    np.testing.assert_array_equal(bandwidth(np.full((1, 1, 1, 1), 0.3)), [0])


@pytest.mark.parametrize(
    "function, arguments, message",
    [
        (band_pass, (np.zeros((8, 8, 1)), 1), "`x`. Expected .images, height"),
        (band_pass, (np.zeros((1, 8, 8, 1), int), 1), "float array"),
        (band_pass, (np.zeros((1, 8, 8, 1)), -1), "`centre`. Expected a number >= 0.*-1"),
        (band_pass, (np.zeros((1, 8, 8, 1)), 1, 0), "`width`. Expected a number > 0"),
        (band_pass, (np.zeros((1, 8, 8, 1)), np.inf), "`centre`"),
        (bandwidth, (np.zeros((8, 8)),), "argument `x`"),
        (radial_spectrum, (np.zeros((1, 0, 8, 1)),), "argument `x`"),
    ],
)
def test_errors(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
