"""Images in Fourier space: band-pass filters, radial spectrum, bandwidth.

Spatial frequency is counted in cycles per image: an image of height h and width w has the
frequencies (k, l), -h/2 <= k < h/2 and -w/2 <= l < w/2, at the radius sqrt(k^2 + l^2). The
flexible layer's paper calls this unit "Hz": for 224x224 images its largest radius is 158.
"""

import numpy as np
from scipy import fft

# Values handled at once, so that the complex arrays stay small.
_CHUNK = 1_000_000


def band_pass(
    x: np.ndarray, centre: float, width: float = 5.0, keep_mean: bool = True, clip: bool = True
) -> np.ndarray:
    """Images limited to a band of spatial frequencies by a Gaussian filter.

    The Fourier transform is multiplied by G(r) = exp(-4 ln 2 (r - centre)^2 / width^2), with r
    the radius in cycles per image; `width` is the full width at half maximum of G.

    The paper states the centre and a "bandwidth of 5 Hz", but neither the form of the Gaussian
    nor what becomes of the mean. Here the mean of each channel stays as it is by default, because
    an image without its mean has negative pixels; all other frequencies are filtered.

    Args:
        x: float array `(images, height, width, channels)`.
        centre: radius of the middle of the band, cycles per image, >= 0.
        width: full width at half maximum, cycles per image, > 0.
        keep_mean: whether the zero frequency is left alone, instead of multiplied by G(0).
        clip: whether the result is cut to [0, 1].

    Returns:
        float32 array like `x`.

    Raises:
        ValueError: for other shapes, a negative centre, a width that is not positive.

    Example:

        low = band_pass(x, centre=1.0)

    Reference:
        Biomimetic computations improve neural network robustness, "Spectral analysis", Fig. 5(c).
    """
    x = _checked(x)
    _check_number("centre", centre, "a number >= 0", centre >= 0)
    _check_number("width", width, "a number > 0", width > 0)
    radius = _radius(x.shape[1], x.shape[2], half=True)
    gain = np.exp(-4 * np.log(2) * ((radius - centre) / width) ** 2)
    if keep_mean:
        gain[0, 0] = 1
    result = np.empty(x.shape, "float32")
    for part in _parts(x):
        transform = fft.rfft2(x[part], axes=(1, 2))
        transform *= gain[..., None].astype(x.dtype)
        result[part] = fft.irfft2(transform, s=x.shape[1:3], axes=(1, 2))
    return np.clip(result, 0, 1, out=result) if clip else result


def band_centres(height: int, width: int, step: float = 5.0, first: float = 1.0) -> np.ndarray:
    """Centres of bands from `first` up to the largest radius, `step` cycles per image apart.

    224x224 gives the paper's 1, 6, ..., 156; 32x32 gives 1, 6, ..., 21.
    """
    return np.arange(first, _radius(height, width).max() + 1e-9, step)


def radial_spectrum(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean Fourier amplitude at each radius.

    The amplitude of a frequency is |F| / (height width), so that a wave a cos(...) contributes
    a / 2 at its two frequencies. Frequencies are gathered by their radius, rounded to whole
    cycles per image; a bin's value is the mean over its frequencies and over the channels.

    Args:
        x: float array `(images, height, width, channels)`.

    Returns:
        (radii, amplitudes): the mean radius of each bin 0, 1, ..., `(bins,)`; float64 amplitudes
        `(images, bins)`. Bin 0 holds the zero frequency alone: the absolute mean.
    """
    x = _checked(x)
    images, height, width, channels = x.shape
    radius = _radius(height, width)
    bins = np.rint(radius).astype(int).ravel()
    counts = np.bincount(bins)
    gather = np.zeros((bins.size, len(counts)))
    gather[np.arange(bins.size), bins] = 1 / counts[bins]
    radii = np.bincount(bins, radius.ravel()) / counts
    result = np.zeros((images, len(counts)))
    for part in _parts(x):
        amplitude = np.abs(fft.fft2(x[part].astype("float64"), axes=(1, 2))).mean(axis=-1)
        result[part] = amplitude.reshape(len(amplitude), -1) @ gather / (height * width)
    return radii, result


def bandwidth(x: np.ndarray) -> np.ndarray:
    """Full width at half maximum of each image's spatial spectrum, in cycles per image.

    The spectrum is `radial_spectrum` without the zero frequency: the mean brightness would
    otherwise be the maximum of every image. From its maximum the amplitude is followed to larger
    radii, until it first falls below half the maximum; between the two bins around that place it
    is taken to be linear, which gives the radius R. The spectrum of a real image is symmetric
    about zero, and so the width is 2 R. Where the amplitude never falls so far, R is the largest
    radius: the width of white noise is all there is.

    The paper compares "full width at half maximum of the spatial Fourier decomposition" before
    and after a corruption, without saying more; ratios are to be compared, not widths.

    Args:
        x: float array `(images, height, width, channels)`.

    Returns:
        float64 array `(images,)`; 0 for an image of one value.

    Example:

        gain = bandwidth(corrupt(x, "shot_noise", 5)) / bandwidth(x)

    Reference:
        Biomimetic computations improve neural network robustness, Fig. 5(b).
    """
    radii, amplitude = radial_spectrum(x)
    radii, amplitude = radii[1:], amplitude[:, 1:]
    if not amplitude.size:
        return np.zeros(len(amplitude))
    rows = np.arange(len(amplitude))
    highest = amplitude.argmax(axis=1)
    half = amplitude[rows, highest] / 2
    below = (amplitude < half[:, None]) & (np.arange(len(radii)) > highest[:, None])
    after = below.argmax(axis=1)
    before = np.maximum(after - 1, 0)
    drop = amplitude[rows, before] - amplitude[rows, after]
    share = np.divide(amplitude[rows, before] - half, drop, out=np.zeros(len(rows)), where=drop > 0)
    crossing = radii[before] + share * (radii[after] - radii[before])
    result = 2 * np.where(below.any(axis=1), crossing, radii[-1])
    # Rounding errors of the transform are not a spectrum.
    return np.where(half > 1e-12, result, 0.0)


def _radius(height, width, half=False):
    columns = fft.rfftfreq(width) if half else fft.fftfreq(width)
    return np.hypot(height * fft.fftfreq(height)[:, None], width * columns)


def _parts(x):
    step = max(1, _CHUNK // max(x[0].size, 1)) if len(x) else 1
    return [slice(first, first + step) for first in range(0, len(x), step)]


def _checked(x):
    x = np.asarray(x)
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise ValueError(
            "Invalid value received for argument `x`. Expected (images, height, width, channels). "
            f"Received: x.shape={x.shape}"
        )
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            "Invalid value received for argument `x`. Expected a float array. "
            f"Received: x.dtype={x.dtype}"
        )
    return x.astype("float32") if x.dtype == np.float16 else x


def _check_number(name, value, expected, good):
    if isinstance(value, bool) or not (good and np.isfinite(value)):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected {expected}. "
            f"Received: {name}={value!r}"
        )
