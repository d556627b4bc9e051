"""The extra corruptions spatter and saturate. `x` is `(images, height, width, channels)`."""

import numpy as np
from scipy import ndimage

from ..edges import canny
from .blur import smooth
from .generators import normal
from .luminance import tint

_WATER = (175 / 255, 238 / 255, 238 / 255)
_MUD = (63 / 255, 42 / 255, 20 / 255)
# Embosses: bright where the distance grows to the lower right, dark where it falls.
_RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])


def saturate(x, settings, rngs):
    """The saturation S of HSV becomes a S + b, cut to [0, 1]; hue and value stay.

    A pixel without colour has hue 0 (red), so b > 0 reddens it, as in the original. Images of
    one channel have no colour and are returned unchanged.
    """
    if x.shape[-1] == 1:
        return x.copy()
    factor, summand = settings
    value = x.max(axis=-1, keepdims=True)
    chroma = value - x.min(axis=-1, keepdims=True)
    ratio = np.divide(chroma, value, out=np.zeros_like(value), where=value > 0)
    wanted = np.clip(ratio * np.float32(factor) + np.float32(summand), 0, 1)
    # Distances of the channels from the largest one, as shares of the chroma.
    below = np.divide(value - x, chroma, out=np.zeros_like(x), where=chroma > 0)
    below = np.where(chroma > 0, below, np.array([0, 1, 1], x.dtype))
    return value * (1 - wanted * below)


def _equalised(levels):
    """Histogram equalisation of 8-bit images `(images, height, width)`."""
    images, pixels = len(levels), levels[0].size
    offset = 256 * np.arange(images)[:, None]
    flat = levels.reshape(images, pixels)
    counts = np.bincount((flat + offset).ravel(), minlength=256 * images).reshape(images, 256)
    total = counts.cumsum(axis=1)
    lowest = np.take_along_axis(counts, (counts > 0).argmax(axis=1)[:, None], axis=1)
    table = np.rint((total - lowest) * (255 / np.maximum(pixels - lowest, 1)))
    # An image of one level stays what it is.
    table = np.where(lowest == pixels, np.arange(256), np.maximum(table, 0))
    return np.take_along_axis(table, flat, axis=1).reshape(levels.shape)


def _box(levels):
    """Means over 3x3 pixels."""
    for axis in (1, 2):
        levels = ndimage.correlate1d(levels, [1, 1, 1], axis=axis, mode="mirror")
    return levels / 9


def _distance(lines):
    """Distance in pixels, at most 20, to the nearest line of the same image.

    As OpenCV counts it with a 5x5 mask: steps of length 1 (straight), 1.4 (diagonal) and 2.1969
    (knight's move).
    """
    if not lines.any():
        return np.full(lines.shape, 20.0)
    # One call for all images: a step from image to image is longer than any distance counted.
    exact, nearest = ndimage.distance_transform_edt(
        ~lines, sampling=(100, 1, 1), return_indices=True
    )
    moves = np.abs(nearest[1:] - np.indices(lines.shape)[1:])
    long, short = moves.max(axis=0), moves.min(axis=0)
    counted = np.where(
        long >= 2 * short,
        long - 2 * short + 2.1969 * short,
        1.4 * (2 * short - long) + 2.1969 * (long - short),
    )
    return np.where(exact < 25, np.minimum(counted, 20), 20)


def water(layer):
    """How strongly water covers each pixel, before scaling: `(images, height, width)` >= 0.

    The liquid (in 8 bits) times a relief made from the distance to the edges of its drops
    (Canny, thresholds 50 and 150; distance up to 20 pixels), equalised and embossed.
    """
    liquid = np.floor(layer * 255)
    distance = _distance(canny(liquid, 50, 150))
    # Nine equal distances must not end below themselves.
    levels = np.floor(_box(distance) + 1e-5).astype("int64")
    relief = ndimage.correlate(_equalised(levels), _RELIEF[None].astype(float), mode="mirror")
    return liquid * np.rint(_box(np.clip(relief, 0, 255)))


def spatter(x, settings, rngs):
    """Drops of water, or splashes of mud (severities 4 and 5), where smoothed noise is large.

    Water is added, mud covers. With one channel the colours are replaced by their luminance.
    """
    mean, deviation, smoothing, threshold, strength, mud = settings
    layer = mean + deviation * normal(rngs, (*x.shape[1:3], 1))
    layer = smooth(layer, smoothing)[..., 0]
    if mud:
        cover = smooth((layer > threshold).astype("float32")[..., None], strength)
        cover[cover < 0.8] = 0
        return x * (1 - cover) + tint(_MUD, x.shape[-1]) * cover
    cover = water(np.where(layer < threshold, 0, layer))
    largest = cover.max(axis=(1, 2), keepdims=True)
    cover = np.divide(cover, largest, out=np.zeros_like(cover), where=largest > 0)
    cover = (strength * cover[..., None]).astype("float32")
    return x + cover * tint(_WATER, x.shape[-1])
