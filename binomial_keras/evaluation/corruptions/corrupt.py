"""`corrupt`: common corruptions of a batch of images."""

import numbers

import numpy as np

from . import blur, digital, extra, frost, noise, weather
from .generators import generators
from .parameters import CORRUPTIONS, SETS, parameters_of

_KINDS = {
    name: getattr(module, name)
    for module in (noise, blur, weather, frost, digital, extra)
    for name in CORRUPTIONS
    if hasattr(module, name)
}

_SMALLEST_SIDE = 8
# Values handled at once; larger batches would only cost memory.
_CHUNK = 800_000


def corrupt(
    x: np.ndarray, name: str, severity: int, seed: int = 0, start: int = 0, parameters: str = "auto"
) -> np.ndarray:
    """A common corruption of every image, after Hendrycks and Dietterich (2019).

    The nineteen kinds in five categories are `CORRUPTIONS` and `CATEGORIES`; the formula of each
    stands in its own function (`noise`, `blur`, `weather`, `frost`, `digital`, `extra` in this
    package), the numbers behind the severities in `parameters`. They are those of the authors'
    programs, checked against the published sources. What differs from the published files:

    * nothing is rounded to 8 bits between the steps or at the end (JPEG is 8-bit by nature);
    * `frost` is drawn, the original takes it from photographs: not comparable;
    * images may have any size from 8x8 on, need not be square, and may have one channel. With
      one channel, `brightness` adds to the grey value, `frost` and `spatter` use the luminance of
      their colours, and `saturate` changes nothing.

    Random draws depend on `seed`, `name` and the number of the image (`start` for the first one
    of `x`, counting on from there), not on the batch: corrupting images 0..99 and then 100..199
    with `start=100` gives what corrupting all 200 at once gives. The severities of a corruption
    share their draws wherever they need equally many. NumPy may change its streams from one
    version to another.

    Args:
        x: float array in [0, 1], `(images, height, width, channels)`, 1 or 3 channels.
        name: one of `CORRUPTIONS`.
        severity: 1 (least) to 5.
        seed: integer >= 0.
        start: number of the first image, integer >= 0.
        parameters: `"cifar"` (made for 32x32) or `"imagenet"` (made for 224x224); `"auto"` takes
            the former for a shorter side of at most 64 pixels. Lengths are in pixels and do not
            grow with the image, except in `elastic_transform`, `pixelate` and `zoom_blur`.

    Returns:
        float32 array like `x`, in [0, 1].

    Raises:
        ValueError: for anything that does not fit the above.

    Example:

        x, y = binomial_keras.data.load("cifar10", "test")
        foggy = corrupt(x[:100], "fog", severity=3)

    Reference:
        Hendrycks and Dietterich, Benchmarking neural network robustness to common corruptions
        and perturbations, ICLR 2019. github.com/hendrycks/robustness
    """
    x = np.asarray(x)
    _check(x, name, severity, start, parameters)
    x = x.astype("float32")
    settings = parameters_of(name, severity, x.shape[1:3], parameters)
    chunk = max(1, _CHUNK // max(x[0].size, 1)) if len(x) else 1
    result = np.empty_like(x)
    for first in range(0, len(x), chunk):
        part = x[first : first + chunk]
        rngs = generators(seed, name, int(start) + first, len(part))
        np.clip(_KINDS[name](part, settings, rngs), 0, 1, out=result[first : first + len(part)])
    return result


def _integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _check(x, name, severity, start, parameters):
    def refuse(argument, expected, received):
        raise ValueError(
            f"Invalid value received for argument `{argument}`. Expected {expected}. "
            f"Received: {argument}{received}"
        )

    if not isinstance(name, str) or name not in CORRUPTIONS:
        refuse("name", f"one of {list(CORRUPTIONS)}", f"={name!r}")
    if not _integer(severity) or not 1 <= severity <= 5:
        refuse("severity", "an integer from 1 to 5", f"={severity!r}")
    if not _integer(start) or start < 0:
        refuse("start", "an integer >= 0", f"={start!r}")
    if parameters not in ("auto", *SETS):
        refuse("parameters", f"one of {['auto', *SETS]}", f"={parameters!r}")
    if x.ndim != 4 or x.shape[-1] not in (1, 3):
        refuse("x", "(images, height, width, channels) with 1 or 3 channels", f".shape={x.shape}")
    if min(x.shape[1:3]) < _SMALLEST_SIDE:
        side = _SMALLEST_SIDE
        refuse("x", f"images of at least {side}x{side} pixels", f".shape={x.shape}")
    if not np.issubdtype(x.dtype, np.floating):
        refuse("x", "a float array with values in [0, 1]", f".dtype={x.dtype}")
    # The negation also catches NaN.
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        refuse("x", "values in [0, 1]", f" in [{x.min()}, {x.max()}]")
