"""Test images whose spectrum falls as in photographs."""

import numpy as np
import pytest


def _natural(count, height, width, channels, seed=0):
    rng = np.random.default_rng(seed)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    amplitude = 1 / np.maximum(radius, 1 / max(height, width))
    noise = rng.standard_normal((count, channels, height, width))
    fields = np.fft.ifft2(np.fft.fft2(noise) * amplitude).real
    low, high = (edge(axis=(1, 2, 3), keepdims=True) for edge in (fields.min, fields.max))
    # Largest values of their own, so that no image can take those of another unnoticed; rounded
    # to 8 bits, as read from a file.
    largest = 255 - 40 * (np.arange(count) % 3)[:, None, None, None]
    levels = np.rint(largest * (fields - low) / (high - low)).transpose(0, 2, 3, 1)
    return (levels / 255).astype("float32")


@pytest.fixture(scope="session")
def natural():
    """A function: `(count, height, width, channels)` images with amplitudes like 1 / f."""
    return _natural
