"""Checkpoints as files: their hashes, how they are written, and finding those that were given."""

import hashlib
import io
import os
import pathlib
import zipfile

from reproduce.errors import UsageError
from reproduce.inference_file import write_inference_file

_BLOCK = 1 << 20


def file_sha256(path):
    """sha256 (hex) of a file."""
    found = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def weights_sha256(path):
    """sha256 (hex) of the weights in a `.keras` file.

    A `.keras` file holds the time it was saved at, so that two files with the same weights
    differ. What decides a result is the weights: names, shapes, types and values of all arrays,
    without the optimiser's.

    Raises:
        UsageError: the file is missing, truncated or not a `.keras` file.
    """
    import h5py
    import numpy as np

    found = hashlib.sha256()

    def add(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            value = np.ascontiguousarray(item[()])
            found.update(f"{name}|{value.dtype.str}|{value.shape}|".encode())
            found.update(value.tobytes())

    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read("model.weights.h5")
        with h5py.File(io.BytesIO(content), "r") as weights:
            weights.visititems(add)
    except (OSError, KeyError, zipfile.BadZipFile):
        raise UsageError(f"{path} is not a whole .keras file.") from None
    return found.hexdigest()


def save_checkpoint(model, path):
    """Saves a model, without its optimizer, so that `path` is whole or absent."""
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.stem}.tmp-{os.getpid()}.keras")
    try:
        model.save(temporary)
        write_inference_file(temporary, temporary)
        with open(temporary, "rb+") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class GivenCheckpoints:
    """Checkpoints that were trained elsewhere: files in a folder, or the package's zoo.

    The network "A2" of seed 0 on MNIST is the file `mnist-A2-s0.keras`, or that checkpoint of
    the zoo whose card says that this network became it.

    Args:
        source: a folder, or "zoo".
    """

    def __init__(self, source):
        self.source = source
        if source != "zoo" and not pathlib.Path(source).is_dir():
            raise UsageError(f"The checkpoint folder {source} does not exist.")

    def path(self, name):
        """Where a checkpoint lies, or None when there is none of that name."""
        if self.source == "zoo":
            from binomial_keras import zoo

            found = [one for one in zoo.names()
                     if zoo.info(one).get("training", {}).get("name") == name]
            return zoo.path(found[0]) if found else None
        path = pathlib.Path(self.source) / f"{name}.keras"
        return path if path.is_file() else None

    def describe(self, data, networks, seeds):
        """What is given for a grid, as the `checkpoints` of a plan."""
        found = {}
        for seed in range(seeds):
            for network in networks:
                path = self.path(f"{data}-{network}-s{seed}")
                if path is not None:
                    found[f"{network}-s{seed}"] = {
                        "file": pathlib.Path(path).name,
                        "sha256": file_sha256(path),
                        "weights_sha256": weights_sha256(path),
                    }
        return found
