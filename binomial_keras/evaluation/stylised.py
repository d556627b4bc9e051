"""Contours, line drawings and silhouettes made from ordinary images.

These are not the images of CIFAR-10G (Evans, Malhotra and Bowers, 2021), on which the flexible
layer's paper reports: those were drawn and collected for that purpose, 224x224, ten per class.
These are made from test images by the stated procedures, so a silhouette is as good as a
threshold can make it. Results on the two sets are not comparable.
"""

import numpy as np
from scipy import ndimage

from .corruptions.luminance import luminance
from .edges import canny, gradients, thin

KINDS = ("contours", "line drawings", "silhouettes")

_LEVELS = 256
# Values handled at once.
_CHUNK = 500_000


def stylise(x: np.ndarray, kind: str, inverted: bool = False) -> np.ndarray:
    """Images reduced to their shapes, black on white, by a stated procedure.

    All start from the luminance L (0.299 R + 0.587 G + 0.114 B; one channel is its own).

    * `"silhouettes"`: a threshold after Otsu on L, smoothed by a Gaussian of 1/64 of the shorter
      side, splits the image in two. The part that covers less of the image's border is the figure
      (a tie goes to the brighter part); its largest connected piece, with all holes filled, is
      black. Pieces touch over sides, not corners.
    * `"contours"`: the pixels of that silhouette with a neighbour (over a side) outside it;
      where the silhouette runs out of the image there is no contour.
    * `"line drawings"`: Canny's edges of L, smoothed by a Gaussian of 1/40 of the shorter side
      (at least 0.7 pixels), so that lines within the figure and behind it are drawn too. The
      upper threshold is the 80 % quantile of the gradients of all pixels that are largest along
      their own direction, the lower one 0.4 of it.

    An image of one value has no figure and gives an empty sheet.

    Args:
        x: float array in [0, 1], `(images, height, width, channels)`, 1 or 3 channels.
        kind: one of `KINDS`.
        inverted: white on black, closer to images with a black background.

    Returns:
        float32 array like `x` with the values 0 and 1, equal in all channels.

    Raises:
        ValueError: for an unknown kind or other shapes and values.

    Example:

        outlines = stylise(x_test, "contours")

    Reference:
        Evans, Malhotra and Bowers, Biological convolutions improve DNN robustness to noise and
        generalisation, 2021 (the kinds). Otsu, 1979. Canny, 1986.
    """
    x = np.asarray(x)
    _check(x, kind)
    draw = {"contours": contours, "line drawings": lines, "silhouettes": silhouettes}[kind]
    ink = np.empty(x.shape[:3], bool)
    step = max(1, _CHUNK // (x.shape[1] * x.shape[2]))
    for first in range(0, len(x), step):
        part = slice(first, first + step)
        ink[part] = draw(luminance(x[part].astype("float64"))[..., 0])
    sheet = ink if inverted else ~ink
    return np.repeat(sheet[..., None], x.shape[-1], axis=-1).astype("float32")


def otsu(levels):
    """Otsu's threshold of each image: the split with the largest variance between its parts.

    Args:
        levels: integers 0..255, `(images, height, width)`.

    Returns:
        The largest level of the darker part, `(images, 1, 1)`.
    """
    images = len(levels)
    offset = _LEVELS * np.arange(images)[:, None]
    counts = np.bincount(
        (levels.reshape(images, -1) + offset).ravel(), minlength=_LEVELS * images
    ).reshape(images, _LEVELS)
    dark = counts.cumsum(axis=1)
    sums = (counts * np.arange(_LEVELS)).cumsum(axis=1)
    bright = dark[:, -1:] - dark
    product = dark * bright
    # Variance between the parts, times pixels^4: (S_d N - S N_d)^2 / (N_d N_b).
    spread = (sums * dark[:, -1:] - sums[:, -1:] * dark).astype("float64") ** 2
    between = np.divide(spread, product, out=np.zeros_like(spread), where=product > 0)
    return between.argmax(axis=1)[:, None, None]


def silhouettes(grey):
    """Boolean figures of luminances `(images, height, width)`; see `stylise`."""
    height, width = grey.shape[1:]
    # What is flat stays flat: rounding errors of the filter must not become a figure.
    flat = np.ptp(grey, axis=(1, 2)) < 1 / _LEVELS
    grey = ndimage.gaussian_filter(grey, min(height, width) / 64, axes=(1, 2))
    levels = np.rint(np.clip(grey, 0, 1) * (_LEVELS - 1)).astype(int)
    bright = levels > otsu(levels)
    edge = np.ones((height, width), bool)
    edge[1:-1, 1:-1] = False
    mostly_bright = 2 * bright[:, edge].sum(axis=1) > edge.sum()
    figure = bright ^ mostly_bright[:, None, None]
    figure[flat] = False
    return _filled(_largest(figure))


def contours(grey):
    """Boolean outlines of the silhouettes; see `stylise`."""
    figure = silhouettes(grey)
    padded = np.pad(figure, ((0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = figure.shape[1:]
    inside = figure.copy()
    for row, column in ((0, 1), (2, 1), (1, 0), (1, 2)):
        inside &= padded[:, row : row + height, column : column + width]
    return figure & ~inside


def lines(grey):
    """Boolean edges; see `stylise`."""
    smoothing = max(min(grey.shape[1:]) / 40, 0.7)
    grey = ndimage.gaussian_filter(grey, smoothing, mode="nearest", axes=(1, 2))
    strength, thinned = thin(*gradients(grey))
    # A gradient of less than half a level of 8 bits is no edge, however flat the image is.
    strength = np.where(thinned & (strength > 4 / _LEVELS), strength, np.nan)
    high = np.array([np.nanquantile(image, 0.8) if (image > 0).any() else 1 for image in strength])
    high = high.reshape(-1, 1, 1)
    return canny(grey, 0.4 * high, high)


def _largest(figure):
    """The largest connected piece of each image; of equal ones the first."""
    pieces, count = ndimage.label(figure, _neighbours())
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = 0
    area = sizes[pieces]
    largest = area.max(axis=(1, 2), keepdims=True)
    first = np.where((area == largest) & figure, pieces, count + 1).min(axis=(1, 2), keepdims=True)
    return figure & (pieces == first)


def _filled(figure):
    """Holes belong to the figure: what cannot be reached from beyond the image's border."""
    outside = np.pad(~figure, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    pieces, _ = ndimage.label(outside, _neighbours())
    reached = pieces == pieces[:, :1, :1]
    return ~reached[:, 1:-1, 1:-1]


def _neighbours():
    # Over sides, within an image only.
    structure = np.zeros((3, 3, 3), bool)
    structure[1] = ndimage.generate_binary_structure(2, 1)
    return structure


def _check(x, kind):
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(
            f"Invalid value received for argument `kind`. Expected one of {list(KINDS)}. "
            f"Received: kind={kind!r}"
        )
    if x.ndim != 4 or x.shape[-1] not in (1, 3) or min(x.shape[1:3]) < 4:
        raise ValueError(
            "Invalid value received for argument `x`. Expected (images, height, width, channels) "
            f"of at least 4x4 pixels with 1 or 3 channels. Received: x.shape={x.shape}"
        )
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            "Invalid value received for argument `x`. Expected a float array with values in "
            f"[0, 1]. Received: x.dtype={x.dtype}"
        )
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(
            "Invalid value received for argument `x`. Expected values in [0, 1]. "
            f"Received: x in [{x.min()}, {x.max()}]"
        )
