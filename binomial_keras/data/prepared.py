"""Sets that tensorflow-datasets has prepared, or prepares."""

import functools
import os
import pathlib
import urllib.error
import urllib.request

import numpy as np

from .image_sets import SETS

_CONNECT_SECONDS = 10.0


def prepared_folder() -> pathlib.Path:
    """The folder of tensorflow-datasets."""
    # tensorflow-datasets reads the variable once, when it is imported; here it counts at each call.
    return pathlib.Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


@functools.lru_cache(maxsize=4)
def read_prepared(name: str, split: str, folder: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (uint8) and labels of a set in `folder`, which is prepared first if need be."""
    tfds, about = _import_tfds(), SETS[name]
    directory = prepared_directory(name, folder)
    if directory is None:
        _download(tfds, name, folder)
        directory = prepared_directory(name, folder)
        if directory is None:
            raise FileNotFoundError(_not_found(name, folder, "the download left nothing"))
    try:
        # From the files alone: the builder registered under the name may look at a newer version.
        builder = tfds.builder_from_directory(directory)
        examples = builder.as_dataset(
            split=about.test_split if split == "test" else split,
            shuffle_files=False,
            as_supervised=True,
            # One file after the other, so that the order does not depend on how many there are.
            read_config=tfds.ReadConfig(interleave_cycle_length=1),
            batch_size=None if about.cropped else 2048,
        )
        if about.cropped:
            examples = _middles(examples, about.shape)
        pairs = list(tfds.as_numpy(examples))
    except Exception as error:
        raise RuntimeError(
            f"The data set {name!r} in {str(directory)!r} cannot be read "
            f"({type(error).__name__}); delete that folder and prepare the set again."
        ) from error
    images = np.concatenate([pair[0] for pair in pairs])
    labels = np.concatenate([pair[1] for pair in pairs])
    expected = (getattr(about, split), *about.shape)
    if images.shape != expected:
        raise RuntimeError(
            f"The data set {name!r} in {str(directory)!r} is not the one expected: "
            f"{split} images of shape {images.shape} instead of {expected}."
        )
    return images, labels


def _middles(examples, shape):
    """Batches of the middle pixels of images of any size; smaller ones get a black border."""
    import tensorflow as tf

    def middle(image, label):
        return tf.image.resize_with_crop_or_pad(image, *shape[:2]), label

    return examples.map(middle).batch(256)


def _import_tfds():
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            "TensorFlow is needed to read any set but 'digits', whatever Keras' backend "
            "is: `pip install tensorflow`, or set BINOMIAL_KERAS_DATA_DIR to a folder "
            "with NumPy files that `python -m binomial_keras.data export NAME --out FOLDER` "
            "wrote on another machine."
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
            "tensorflow-datasets is needed to read any set but 'digits': "
            f"`pip install tensorflow-datasets importlib_resources` ({error})."
        ) from error
    return tfds


def prepared_directory(name: str, folder: str) -> pathlib.Path | None:
    """The newest prepared version, `folder/name/x.y.z` or `folder/name/config/x.y.z`, or None."""

    def version(directory):
        return tuple(int(part) for part in directory.name.split("."))

    found = [
        info.parent
        for info in pathlib.Path(folder, SETS[name].builder or name).glob("*/dataset_info.json")
        if all(part.isdigit() for part in info.parent.name.split("."))
    ]
    return max(found, key=version, default=None)


def _download(tfds, name, folder):
    """Downloads and prepares a set, or says in one sentence what can be done instead."""
    try:
        # tensorflow-datasets tries again and again without a time limit; this gives up early.
        _reach(SETS[name].probe)
        tfds.builder(SETS[name].builder or name, data_dir=folder).download_and_prepare()
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
        "tensorflow-datasets folder that holds it, or BINOMIAL_KERAS_DATA_DIR to one with NumPy "
        "files of it, or run this once with network access."
    )
