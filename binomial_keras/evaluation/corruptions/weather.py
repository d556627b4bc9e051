"""Weather: snow, fog, brightness. `x` is `(images, height, width, channels)`."""

import numpy as np

from .generators import angles, normal, uniform
from .luminance import luminance
from .motion import motion_blurred
from .resample import separable, zoom_matrix


def snow(x, settings, rngs):
    """Flakes of thresholded noise, magnified and blurred along their fall; the image whitened.

    With c the last setting, L the luminance and s the layer of flakes,
    c x + (1 - c) max(x, 1.5 L + 0.5) + s + (s turned by half a turn).
    """
    mean, deviation, zoom, threshold, radius, motion, kept = settings
    height, width = x.shape[1:3]
    layer = mean + deviation * normal(rngs, (height, width, 1))
    layer = separable(layer, [(zoom_matrix(height, zoom), zoom_matrix(width, zoom))])
    layer = np.clip(np.where(layer < threshold, 0, layer), 0, 1)
    layer = motion_blurred(layer, radius, motion, angles(rngs, -135, -45))
    whitened = np.maximum(x, luminance(x) * 1.5 + 0.5)
    return kept * x + (1 - kept) * whitened + layer + layer[:, ::-1, ::-1]


def plasma(draws, decay):
    """Height maps in [0, 1] by the diamond-square rule on a torus.

    A square's middle, and then the middle of each side, is the mean of its four neighbours plus
    a draw times 100^2 / decay^(2 k), with k = 0 for the whole square, 1 for its halves, ...

    Args:
        draws: `(images, side, side)` in [-1, 1], side a power of two; one draw per place.
        decay: how fast the roughness falls from scale to scale.

    Returns:
        float64 array like `draws`.
    """
    side = draws.shape[-1]
    heights = np.zeros(draws.shape)
    step, wobble = side, 100.0
    while step >= 2:
        half = step // 2
        corners = heights[:, ::step, ::step]
        down, right = np.roll(corners, -1, axis=1), np.roll(corners, -1, axis=2)
        middles = (corners + down + right + np.roll(down, -1, axis=2)) / 4
        middles += wobble**2 * draws[:, half::step, half::step]
        heights[:, half::step, half::step] = middles
        beside = corners + right + middles + np.roll(middles, 1, axis=1)
        above = corners + down + middles + np.roll(middles, 1, axis=2)
        heights[:, ::step, half::step] = beside / 4 + wobble**2 * draws[:, ::step, half::step]
        heights[:, half::step, ::step] = above / 4 + wobble**2 * draws[:, half::step, ::step]
        step, wobble = half, wobble / decay
    heights -= heights.min(axis=(1, 2), keepdims=True)
    heights /= heights.max(axis=(1, 2), keepdims=True)
    return heights


def fog(x, settings, rngs):
    """(x + c p) m / (m + c), with p a plasma map and m the largest value of the image."""
    weight, decay = settings
    height, width = x.shape[1:3]
    side = 1 << (max(height, width) - 1).bit_length()
    draws = 2 * uniform(rngs, (side, side)) - 1
    mist = plasma(draws, decay)[:, :height, :width, None].astype(x.dtype)
    largest = x.max(axis=(1, 2, 3), keepdims=True)
    return (x + weight * mist) * (largest / (largest + weight))


def brightness(x, summand, rngs):
    """`summand` is added to the value V of HSV, up to 1; hue and saturation stay.

    Hue and saturation are ratios, so all channels are multiplied by V' / V. Black becomes grey;
    a grey image (one channel) is its own V.
    """
    value = x.max(axis=-1, keepdims=True)
    brighter = np.minimum(value + np.float32(summand), 1)
    ratio = np.divide(brighter, value, out=np.zeros_like(value), where=value > 0)
    return np.where(value > 0, x * ratio, brighter)
