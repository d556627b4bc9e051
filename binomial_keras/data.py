"""Image sets as arrays: `load(name, split)`, `names()`, `describe(name)`.

"digits" is part of scikit-learn and needs neither a download nor a folder. "mnist",
"fashion_mnist" and "cifar10" come through tensorflow-datasets, from the folder named by the
environment variable `TFDS_DATA_DIR` (default `~/tensorflow_datasets`): what is prepared there is
read, what is not is downloaded into it.

TensorFlow is needed to read the three downloaded sets, whatever Keras' backend is.
"""

import dataclasses
import difflib
import functools
import os
import pathlib
import urllib.error
import urllib.request

import numpy as np

__all__ = ["describe", "load", "names"]

SPLITS = ("train", "test")

# Frozen: changing either changes which digits are test images, and with it every number measured
# on them. The legacy generator is used because NumPy promises its stream for all versions.
_DIGITS_SEED = 2023
_DIGITS_TEST_PER_CLASS = 36

_CONNECT_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class _ImageSet:
    shape: tuple
    train: int
    test: int
    labels: tuple
    source: str
    # Something small on the server that the download would come from.
    probe: str = ""


_NUMERALS = tuple("0123456789")
_SETS = {
    "digits": _ImageSet(
        (8, 8, 1), 1437, 360, _NUMERALS,
        "scikit-learn's load_digits (UCI Optical Recognition of Handwritten Digits, test part)",
    ),
    "mnist": _ImageSet(
        (28, 28, 1), 60000, 10000, _NUMERALS, "tensorflow-datasets",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion_mnist": _ImageSet(
        (28, 28, 1), 60000, 10000,
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
         "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        "tensorflow-datasets",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    "cifar10": _ImageSet(
        (32, 32, 3), 50000, 10000,
        ("airplane", "automobile", "bird", "cat", "deer",
         "dog", "frog", "horse", "ship", "truck"),
        "tensorflow-datasets",
        "https://www.cs.toronto.edu/",
    ),
}


def names():
    """The names that `load` knows: `["digits", "mnist", "fashion_mnist", "cifar10"]`."""
    return list(_SETS)


def describe(name):
    """What is known about a set without loading it.

    Args:
        name: one of `names()`.

    Returns:
        A dict: `name`; `shape`, of one image, as (height, width, channels); `classes`, their
        number; `labels`, what each class is called, by its number; `train` and `test`, the
        number of images; `source`, where the set comes from.
    """
    known = _known(name)
    return {
        "name": name,
        "shape": known.shape,
        "classes": len(known.labels),
        "labels": list(known.labels),
        "train": known.train,
        "test": known.test,
        "source": known.source,
    }


def load(name, split):
    """Loads all images and labels of one split.

    `x = pixel / 255` for the downloaded sets, `x = pixel / 16` for "digits" (whose pixels are
    the counts 0..16). The order of the images is fixed: that of the prepared files, and for
    "digits" that of scikit-learn. "digits" has no official split: 36 images of every class,
    drawn once with a fixed seed, are the test images, the other 1,437 the training images.

    The decoded bytes of the splits used last are kept in memory (at most 0.4 GB), so that a
    second call takes a fraction of a second; the returned arrays are new ones each time.

    Args:
        name: "digits", "mnist", "fashion_mnist" or "cifar10".
        split: "train" or "test".

    Returns:
        `(x, y)`: `x` float32 of shape (images, height, width, channels) in [0, 1]; `y` int64 of
        shape (images,), the class numbers 0..9.

    Raises:
        ValueError: unknown `name` or `split`.
        FileNotFoundError: the set is neither prepared nor can it be downloaded.
        ImportError: tensorflow-datasets or TensorFlow is not installed.

    Example:

    >>> x, y = load("digits", "test")
    >>> x.shape, str(x.dtype), float(x.max()), y.shape
    ((360, 8, 8, 1), 'float32', 1.0, (360,))
    """
    _known(name)
    if not isinstance(split, str) or split not in SPLITS:
        raise ValueError(
            "Invalid value received for argument `split`. "
            f"Expected 'train' or 'test'. Received: split={split!r}"
        )
    if name == "digits":
        pixels, labels, white = *_read_digits(split), 16
    else:
        pixels, labels, white = *_read_prepared(name, split, str(_folder())), 255
    return np.divide(pixels, white, dtype="float32"), labels.astype("int64")


def _known(name):
    if isinstance(name, str) and name in _SETS:
        return _SETS[name]
    near = difflib.get_close_matches(str(name), _SETS, n=1)
    raise ValueError(
        "Invalid value received for argument `name`. "
        f"Expected one of {names()}. Received: name={name!r}"
        + (f". Did you mean {near[0]!r}?" if near else "")
    )


@functools.lru_cache(maxsize=2)
def _read_digits(split):
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    test = np.zeros(len(labels), dtype=bool)
    generator = np.random.RandomState(_DIGITS_SEED)
    for label in range(10):
        members = np.flatnonzero(labels == label)
        test[generator.permutation(members)[:_DIGITS_TEST_PER_CLASS]] = True
    chosen = test if split == "test" else ~test
    return images[chosen].reshape(-1, 8, 8, 1).astype("uint8"), labels[chosen]


def _folder():
    # tensorflow-datasets reads the variable once, when it is imported; here it counts at each call.
    return pathlib.Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


@functools.lru_cache(maxsize=4)
def _read_prepared(name, split, folder):
    """Pixels (uint8) and labels of a set in `folder`, which is prepared first if need be."""
    tfds = _import_tfds()
    directory = _prepared_directory(name, folder)
    if directory is None:
        _download(tfds, name, folder)
        directory = _prepared_directory(name, folder)
        if directory is None:
            raise FileNotFoundError(_not_found(name, folder, "the download left nothing"))
    try:
        # From the files alone: the builder registered under the name may look at a newer version.
        builder = tfds.builder_from_directory(directory)
        batches = builder.as_dataset(
            split=split,
            shuffle_files=False,
            as_supervised=True,
            # One file after the other, so that the order does not depend on how many there are.
            read_config=tfds.ReadConfig(interleave_cycle_length=1),
            batch_size=2048,
        )
        pairs = list(tfds.as_numpy(batches))
    except Exception as error:
        raise RuntimeError(
            f"The data set {name!r} in {str(directory)!r} cannot be read "
            f"({type(error).__name__}); delete that folder and prepare the set again."
        ) from error
    images = np.concatenate([pair[0] for pair in pairs])
    labels = np.concatenate([pair[1] for pair in pairs])
    expected = (getattr(_SETS[name], split), *_SETS[name].shape)
    if images.shape != expected:
        raise RuntimeError(
            f"The data set {name!r} in {str(directory)!r} is not the one expected: "
            f"{split} images of shape {images.shape} instead of {expected}."
        )
    return images, labels


def _import_tfds():
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            "TensorFlow is needed to read MNIST, Fashion-MNIST and CIFAR-10, whatever Keras' "
            "backend is: `pip install tensorflow` (the set 'digits' does without)."
        ) from error
    import keras

    if keras.backend.backend() != "tensorflow":
        # TensorFlow only decodes images here; by default it would take all of the GPU's memory.
        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError:  # TensorFlow is in use already, on devices somebody chose
            pass
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            "tensorflow-datasets is needed to read MNIST, Fashion-MNIST and CIFAR-10: "
            f"`pip install tensorflow-datasets importlib_resources` ({error})."
        ) from error
    return tfds


def _prepared_directory(name, folder):
    """The newest prepared version `folder/name/x.y.z`, or None."""

    def version(directory):
        return tuple(int(part) for part in directory.name.split("."))

    found = [
        info.parent
        for info in pathlib.Path(folder, name).glob("*/dataset_info.json")
        if all(part.isdigit() for part in info.parent.name.split("."))
    ]
    return max(found, key=version, default=None)


def _download(tfds, name, folder):
    """Downloads and prepares a set, or says in one sentence what can be done instead."""
    try:
        # tensorflow-datasets tries again and again without a time limit; this gives up early.
        _reach(_SETS[name].probe)
        tfds.builder(name, data_dir=folder).download_and_prepare()
    except Exception as error:
        raise FileNotFoundError(_not_found(name, folder, _reason(error))) from error


def _reach(address):
    try:
        urllib.request.urlopen(address, timeout=_CONNECT_SECONDS).close()
    except urllib.error.HTTPError:
        pass  # an answer, if only "forbidden": the server is there


def _reason(error):
    error = getattr(error, "reason", None) or error
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _not_found(name, folder, reason):
    return (
        f"The data set {name!r} is not prepared in the folder {str(folder)!r} and could not be "
        f"downloaded ({reason}): either set the environment variable TFDS_DATA_DIR to a "
        "tensorflow-datasets folder that holds it, or run this once with network access."
    )
