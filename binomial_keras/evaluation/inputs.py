"""What may enter a score: images, labels, counts, outputs."""

import numbers

import numpy as np

_TOLERANCE = 1e-6


def check_count(name, value):
    """Raises `ValueError` unless `value` is an integer >= 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected an integer >= 1. "
            f"Received: {name}={value!r}"
        )


def checked_images(name, x, clip_values=(0.0, 1.0)):
    """`x` as a float32 array, at least one image, every pixel within `clip_values`.

    `None` for `clip_values` asks for finite pixels only.

    Raises:
        ValueError: for another shape, for pixels outside or not finite.
    """
    x = np.ascontiguousarray(x, np.float32)
    if x.ndim < 2 or not len(x):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected images (images, ...), at "
            f"least one. Received: {name}.shape={x.shape}"
        )
    low, high = (-np.inf, np.inf) if clip_values is None else map(float, clip_values)
    if not (x.min() >= low - _TOLERANCE and x.max() <= high + _TOLERANCE):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected pixels from {low} to {high}. "
            f"Received: pixels from {x.min()} to {x.max()}"
        )
    return x


def checked_labels(y, images, classes=None):
    """`y` as an int64 array of one class per image.

    Raises:
        ValueError: for another shape, for values that are no classes from 0 to `classes - 1`.
    """
    y = np.asarray(y)
    whole = y.shape == (images,) and y.dtype.kind in "iuf"
    whole = whole and (y == np.floor(y)).all() and y.min() >= 0
    if not whole or (classes is not None and y.max() >= classes):
        top = "" if classes is None else f" to {classes - 1}"
        held = f", values from {y.min()} to {y.max()}" if y.size and y.dtype.kind in "iuf" else ""
        raise ValueError(
            f"Invalid value received for argument `y`. Expected {images} classes, integers from "
            f"0{top}. Received: y.shape={y.shape}{held}"
        )
    return y.astype(np.int64)


def checked_classes(y, images, classes):
    """As `checked_labels`, from classes `(images,)` or one-hot `(images, classes)`."""
    y = np.asarray(y)
    if y.shape == (images, classes):
        y = y.argmax(axis=1)
    return checked_labels(y.reshape(-1) if y.shape == (images, 1) else y, images, classes)


def check_finite(outputs):
    """Raises `ValueError` for outputs that are not finite: `argmax` would still name a class."""
    bad = ~np.isfinite(outputs).all(axis=-1)
    if bad.any():
        raise ValueError(
            f"The model's outputs are not finite for {int(bad.sum())} of {len(bad)} images, the "
            f"first of them number {int(bad.argmax())}. They cannot be scored."
        )
