"""Sets as plain NumPy files, for machines that have neither TensorFlow nor a network.

A folder holds, per set and split, the pixels `NAME-SPLIT-x.npy` (uint8, images x height x width
x channels), or the same in parts `NAME-SPLIT-x-0.npy`, `NAME-SPLIT-x-1.npy` and so on, and the
labels `NAME-SPLIT-y.npy` (uint8). They are what tensorflow-datasets reads, in the same order, so
that `load` returns the same arrays, bit for bit, from either.
"""

import functools
import os
import pathlib

import numpy as np

from .image_sets import SETS, SPLITS, known
from .prepared import prepared_folder, read_prepared

VARIABLE = "BINOMIAL_KERAS_DATA_DIR"


def arrays_folder() -> pathlib.Path | None:
    """The folder that the environment variable names, or None."""
    named = os.environ.get(VARIABLE)
    return pathlib.Path(named).expanduser() if named else None


def read_arrays(name: str, split: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Pixels and labels (uint8) of a split, or None where no folder or no file of it is there.

    Raises:
        RuntimeError: the files are not the set that is expected.
    """
    folder = arrays_folder()
    if folder is None or not _pixel_files(folder, name, split):
        return None
    return _read(folder, name, split)


def export(name: str, out: str | os.PathLike, parts: int = 1) -> list[pathlib.Path]:
    """Writes a set as NumPy files into a folder, for `BINOMIAL_KERAS_DATA_DIR`.

    Args:
        name: "mnist", "fashion_mnist", "cifar10" or "imagenette", read through tensorflow-datasets.
        out: folder, made if absent.
        parts: integer >= 1, files that the pixels of each split are divided among, as evenly as
            may be. The pixels of CIFAR-10 are 154 MB (train) and 31 MB (test).

    Returns:
        The paths of the files written.

    Raises:
        ValueError: unknown `name`, or "digits", which is part of scikit-learn; `parts` < 1.
    """
    known(name)
    if name == "digits":
        raise ValueError(
            "Invalid value received for argument `name`. Expected a set that is downloaded; "
            f"'digits' is part of scikit-learn. Received: name={name!r}"
        )
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
        raise ValueError(
            "Invalid value received for argument `parts`. Expected an integer >= 1. "
            f"Received: parts={parts!r}"
        )
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for split in SPLITS:
        pixels, labels = read_prepared(name, split, str(prepared_folder()))
        for old in _pixel_files(out, name, split):
            old.unlink()
        files = {f"x-{part}": some for part, some in enumerate(np.array_split(pixels, parts))}
        files = {"x": pixels} if parts == 1 else files
        for ending, array in {**files, "y": labels.astype("uint8")}.items():
            written.append(out / f"{name}-{split}-{ending}.npy")
            np.save(written[-1], array)
    return written


def _pixel_files(folder, name, split):
    """The file of a split's pixels, or its parts in their order."""
    whole = folder / f"{name}-{split}-x.npy"
    if whole.exists():
        return [whole]
    found = {}
    for path in folder.glob(f"{name}-{split}-x-*.npy"):
        number = path.stem.rpartition("-")[2]
        if number.isdigit():
            found[int(number)] = path
    return [found[number] for number in sorted(found)]


@functools.lru_cache(maxsize=4)
def _read(folder, name, split):
    expected = (getattr(SETS[name], split), *SETS[name].shape)
    try:
        pixels = [np.load(file, allow_pickle=False) for file in _pixel_files(folder, name, split)]
        labels = np.load(folder / f"{name}-{split}-y.npy", allow_pickle=False)
        pixels = pixels[0] if len(pixels) == 1 else np.concatenate(pixels)
    except (OSError, ValueError, EOFError) as error:
        raise RuntimeError(
            f"The files of {name!r} ({split}) in {str(folder)!r}, which {VARIABLE} names, cannot "
            f"be read ({type(error).__name__}: {error}); export the set again."
        ) from error
    found = (pixels.shape, labels.shape, pixels.dtype, labels.dtype)
    if found != (expected, expected[:1], np.uint8, np.uint8):
        raise RuntimeError(
            f"The files of {name!r} ({split}) in {str(folder)!r}, which {VARIABLE} names, are not "
            f"the ones expected: {pixels.dtype} images of shape {pixels.shape} and {labels.dtype} "
            f"labels of shape {labels.shape} instead of uint8, {expected} and {expected[:1]}. "
            "Parts may be missing."
        )
    return pixels, labels
