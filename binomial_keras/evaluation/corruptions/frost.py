"""Frost, with a texture of its own."""

import numpy as np
from scipy import fft

from .generators import normal
from .luminance import tint

# Cycles over the shorter side: how frost covers the pane, then veins from coarse to fine and
# their weights. An image has the veins whose longest period is at least four pixels.
_COVER = (0.5, 2.5)
_VEINS = {(1.5, 3): 0.4, (3, 6): 0.35, (5, 10): 0.25, (12, 40): 0.25}
_COLOUR = (0.86, 0.94, 1.0)


def _fields(noise, bands):
    """Gaussian fields with mean 0 and variance 1, limited to bands of spatial frequency."""
    height, width = noise.shape[-2:]
    shorter = min(height, width)
    rows = fft.fftfreq(height)[:, None] * shorter
    radius = np.hypot(rows, fft.rfftfreq(width) * shorter)
    for k, (low, high) in enumerate(bands):
        keep = (radius >= low) & (radius <= high)
        amplitude = np.where(keep, 1 / np.maximum(radius, 1e-9), 0)
        field = fft.irfft2(fft.rfft2(noise[:, k]) * amplitude, s=(height, width))
        yield field / field.std(axis=(1, 2), keepdims=True)


def texture(rngs, height, width, channels):
    """Frost on a pane: bright bluish veins, denser where the pane is more covered.

    A vein is where a smooth random field f passes zero, exp(-(f / 0.35)^2). Veins of several
    scales are averaged and multiplied by a cover between 0.35 and 1.

    Returns:
        float32 `(images, height, width, channels)` in [0, 1].
    """
    veins = {band: share for band, share in _VEINS.items() if band[0] <= min(height, width) / 4}
    noise = normal(rngs, (1 + len(veins), height, width))
    cover, *fields = _fields(noise, (_COVER, *veins))
    ice = sum(
        share * np.exp(-((field / 0.35) ** 2)) for share, field in zip(veins.values(), fields)
    )
    ice /= sum(veins.values())
    cover = 0.35 + 0.65 / (1 + np.exp(-2 * cover))
    ice = np.clip(0.15 + 1.1 * cover * (0.25 + ice), 0, 1)
    return (ice[..., None] * tint(_COLOUR, channels)).astype("float32")


def frost(x, settings, rngs):
    """Weighted sum of image and frost.

    The weights are the published ones. The original takes the frost from photographs; here it is
    drawn (`texture`), so results on frost are not comparable with those on ImageNet-C's.
    """
    image, ice = settings
    return image * x + ice * texture(rngs, *x.shape[1:])
