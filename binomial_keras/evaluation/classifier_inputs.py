"""What an `ARTClassifier` is made of and asked: its arguments, images and labels."""

import numpy as np

from .kernels import AVERAGES


def check_average(average):
    """Raises `ValueError` unless it is a way to average over draws."""
    if average not in AVERAGES:
        raise ValueError(
            f"Invalid value received for argument `average`. Expected one of {AVERAGES}. "
            f"Received: average={average!r}"
        )


def check_clip_values(clip_values):
    """Raises `ValueError` unless it is a pair (lowest, highest)."""
    if np.size(clip_values) != 2 or not clip_values[0] < clip_values[1]:
        raise ValueError(
            "Invalid value received for argument `clip_values`. Expected (lowest, highest). "
            f"Received: clip_values={clip_values}"
        )


def check_model(model):
    """The number of classes."""
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or (shape[-1] or 0) < 2:
        raise ValueError(
            "Invalid value received for argument `model`. Expected a built keras.Model with one "
            "output of shape (images, classes), two classes or more. Received: "
            f"output shape {shape}"
        )
    return shape[-1]


def images_of_shape(x, expected):
    """`x` as a float32 array of at least one image; `None` in the shape is any size."""
    x = np.ascontiguousarray(x, dtype=np.float32)
    if x.ndim != len(expected) + 1 or any(
        e is not None and e != s for e, s in zip(expected, x.shape[1:])
    ):
        raise ValueError(
            "Invalid value received for argument `x`. Expected an array of shape "
            f"{('images', *expected)}. Received: x.shape={x.shape}"
        )
    if not len(x):
        raise ValueError(
            "Invalid value received for argument `x`. Expected at least one image. "
            f"Received: x.shape={x.shape}"
        )
    return x


def targets(y, images, classes):
    """Target distributions as they are, labels one-hot; float32 `(images, classes)`."""
    y = np.asarray(y)
    if y.shape == (images, classes):
        return np.ascontiguousarray(y, dtype=np.float32)
    return one_hot(y, images, classes)


def one_hot(labels, images, classes):
    """Labels `(images,)` as float32 `(images, classes)`."""
    labels = np.asarray(labels).reshape(-1)
    if len(labels) != images or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"Invalid value received for labels. Expected {images} integers from 0 to "
            f"{classes - 1}. Received: {len(labels)} labels from {labels.min()} to "
            f"{labels.max()}"
        )
    return np.eye(classes, dtype=np.float32)[labels.astype(np.int64)]
