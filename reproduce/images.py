"""The data of the experiments: hashes, and which test images are used."""

import functools
import hashlib

import numpy as np

CHOICE_SEED = 0


def load(name, split):
    """Images and labels of a split. A set that cannot be had raises `UsageError`."""
    from binomial_keras import data
    from reproduce.errors import UsageError

    try:
        return data.load(name, split)
    except (FileNotFoundError, ImportError, RuntimeError) as error:
        raise UsageError(str(error)) from None


@functools.lru_cache(maxsize=8)
def data_sha256(name, split):
    """sha256 (hex) of a split's images and labels, types and shapes included."""
    found = hashlib.sha256()
    for part in load(name, split):
        found.update(f"{part.dtype.str}{part.shape}".encode())
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


def chosen(total, start, stop):
    """Numbers of the test images [start, stop) of the fixed list.

    The list is one shuffle of all test images with seed 0 (NumPy's legacy generator, whose
    stream is frozen). A longer experiment uses the images of a shorter one and more.
    """
    return np.random.RandomState(CHOICE_SEED).permutation(total)[start:stop]
