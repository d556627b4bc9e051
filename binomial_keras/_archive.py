"""Checks of a model file that are made before Keras opens it."""

import hashlib
import io
import json
import os
import pathlib
import re
import zipfile
import zlib

import h5py

from binomial_keras._trusted import find_untrusted

MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
MAX_JSON_BYTES = 16 * 2**20
MAX_WEIGHT_BYTES = 2 * 2**30
# Keras stores without compression; a file compressed again by hand stays well below this.
MAX_EXPANSION = 100
# What `zipfile` raises over damaged archives; OSError where an offset leads before the beginning.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError
)


def sha256_of(path):
    """SHA-256 of a file's bytes, as 64 lower-case hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_archive(path, sha256=None):
    """Raises unless a file is a whole `.keras` archive with nothing but trusted classes in it.

    In this order: it is a file with the extension `.keras`; its SHA-256 is the expected one (if
    one is given); it is a zip archive of exactly `metadata.json`, `config.json` and
    `model.weights.h5`, of plausible sizes, with correct checksums; its configuration names only
    what `binomial_keras/_trusted.py` lists. No class is looked up and no weight is read.

    Args:
        path: path of the file, str or os.PathLike.
        sha256: expected SHA-256 of the file, 64 hexadecimal digits, or None.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: one of the checks failed; the message says which and why.
    """
    path = pathlib.Path(path)
    _check_kind(path)
    _check_digest(path, sha256)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            content = archive.read("config.json")
            damaged = archive.testzip()
    except _DAMAGE as error:
        raise refusal(path, f"its zip archive is damaged ({error}); fetch it again") from error
    if damaged:
        raise refusal(path, f"its member {damaged!r} is damaged (wrong checksum); fetch it again")
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise refusal(path, f"its config.json is not readable JSON ({error})") from error
    reason = find_untrusted(config)
    if reason:
        raise refusal(path, reason)


def count_stored_values(path):
    """How many numbers the weights file of a checked archive holds, the optimizer's left out."""
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    sizes = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer/"):
            sizes.append(item.size)

    with h5py.File(content, "r") as weights:
        weights.visititems(visit)
    return sum(sizes)


def refusal(path, reason):
    """The error for a file that is not opened."""
    return ValueError(f"The model file {os.fspath(path)!r} is refused: {reason}.")


def _check_kind(path):
    if not path.exists():
        raise FileNotFoundError(f"There is no model file {os.fspath(path)!r}.")
    if path.suffix.lower() in (".h5", ".hdf5"):
        raise refusal(
            path,
            "HDF5 model files can carry code and have no safe mode; "
            "save the model as `.keras` instead",
        )
    if path.suffix != ".keras":
        raise refusal(path, "only files with the extension `.keras` are opened")
    if not path.is_file():
        raise refusal(path, "it is not a file")
    with open(path, "rb") as file:
        start = file.read(8)
    if not start:
        raise refusal(path, "it is empty")
    if start.startswith(b"\x89HDF"):
        raise refusal(path, "it is an HDF5 file under another name, not a `.keras` archive")
    if not zipfile.is_zipfile(path):
        if start.startswith(b"PK\x03\x04"):
            raise refusal(path, "it is truncated (the end of its zip archive is missing); "
                                "fetch it again")
        raise refusal(path, "it is not a zip archive, as `.keras` files are")


def _check_digest(path, sha256):
    if sha256 is None:
        return
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(
            "Invalid value received for argument `sha256`. "
            f"Expected 64 hexadecimal digits. Received: sha256={sha256!r}"
        )
    found = sha256_of(path)
    if found != sha256.lower():
        raise refusal(path, f"its SHA-256 is {found}, expected {sha256.lower()}")


def _check_members(path, archive):
    infos = archive.infolist()
    found = sorted(info.filename for info in infos)
    if found != sorted(MEMBERS):
        raise refusal(path, f"it holds {found[:8]} where {sorted(MEMBERS)} are expected")
    for info in infos:
        limit = MAX_JSON_BYTES if info.filename.endswith(".json") else MAX_WEIGHT_BYTES
        if info.file_size > limit:
            raise refusal(
                path,
                f"its member {info.filename!r} declares {info.file_size:,} bytes, "
                f"beyond the limit of {limit:,}",
            )
        if info.file_size > MAX_EXPANSION * max(info.compress_size, 1):
            raise refusal(
                path,
                f"its member {info.filename!r} would grow from {info.compress_size:,} to "
                f"{info.file_size:,} bytes, which no model file does",
            )
