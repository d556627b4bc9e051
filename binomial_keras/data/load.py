"""`load(name, split)`: a set as arrays."""

import numpy as np

from .arrays import read_arrays
from .digits import read_digits
from .image_sets import SPLITS, known
from .prepared import prepared_folder, read_prepared


def load(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Loads all images and labels of one split.

    `x = pixel / 255` for the downloaded sets, `x = pixel / 16` for "digits" (whose pixels are
    the counts 0..16). The order of the images is fixed: that of the prepared files, and for
    "digits" that of scikit-learn. "digits" has no official split: 36 images of every class,
    drawn once with a fixed seed, are the test images, the other 1,437 the training images.

    Of "imagenette", whose images have several sizes, the middle 254x254 pixels are taken; its test
    images are what its makers call validation.

    The decoded bytes of the splits used last are kept in memory (at most 0.4 GB; imagenette 2.6 GB,
    and its training images are 7.3 GB as float32), so that a second call takes a fraction of a
    second; the returned arrays are new ones each time.

    Args:
        name: "digits", "mnist", "fashion_mnist", "cifar10" or "imagenette".
        split: "train" or "test".

    Returns:
        `(x, y)`: `x` float32 of shape (images, height, width, channels) in [0, 1]; `y` int64 of
        shape (images,), the class numbers 0..9.

    Raises:
        ValueError: unknown `name` or `split`.
        FileNotFoundError: the set is neither prepared nor can it be downloaded.
        ImportError: no NumPy files, and tensorflow-datasets or TensorFlow is not installed.
        RuntimeError: files that are damaged or of another set.

    Example:

    >>> x, y = load("digits", "test")
    >>> x.shape, str(x.dtype), float(x.max()), y.shape
    ((360, 8, 8, 1), 'float32', 1.0, (360,))
    """
    known(name)
    if not isinstance(split, str) or split not in SPLITS:
        raise ValueError(
            "Invalid value received for argument `split`. "
            f"Expected 'train' or 'test'. Received: split={split!r}"
        )
    if name == "digits":
        pixels, labels, white = *read_digits(split), 16
    else:
        stored = read_arrays(name, split)
        pixels, labels = stored or read_prepared(name, split, str(prepared_folder()))
        white = 255
    return np.divide(pixels, white, dtype="float32"), labels.astype("int64")
