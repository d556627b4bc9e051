"""Files that are no trustworthy model, by kind: damaged, something else, or made to do harm.

Each entry of `KINDS` is a function `(saved, path) -> path`: from a good `.keras` file to a bad one,
at `path` or beside it.
"""

import gzip
import io
import json
import pickle
import warnings
import zipfile

import h5py
import numpy as np

from tests.test_saving import MALICIOUS


class Payload:
    """Unpickling it makes a file, by which a test sees that something was run."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return open, (self.marker, "w")


def marker(path):
    """The file that a payload would make."""
    return path.parent / "something-was-run"


def parts(saved):
    """Members of a `.keras` file, by name."""
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, members, compression=zipfile.ZIP_STORED):
    """An archive of these members."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _bytes(change):
    """The whole file as bytes, changed."""

    def make(saved, path):
        path.write_bytes(change(saved.read_bytes()))
        return path

    return make


def _content(content):
    """A file with a content of its own: a function of the path, or bytes."""

    def make(saved, path):
        path.write_bytes(content(path) if callable(content) else content)
        return path

    return make


def _members(**options):
    """Members added, replaced, or (None) left out."""

    def make(saved, path):
        new = {name.replace("__", "."): value for name, value in options.items()}
        new = {name: value(path) if callable(value) else value for name, value in new.items()}
        members = {**parts(saved), **new}
        kept = {name: value for name, value in members.items() if value is not None}
        return write(path, kept, zipfile.ZIP_DEFLATED)

    return make


def _weights(change):
    """The weights file, changed by a function of the open HDF5 file and the bad file's path."""

    def make(saved, path):
        members = parts(saved)
        content = io.BytesIO(members["model.weights.h5"])
        with h5py.File(content, "r+") as weights:
            change(weights, path)
        return write(path, {**members, "model.weights.h5": content.getvalue()})

    return make


def _edited(edit):
    def make(saved, path):
        members = parts(saved)
        config = json.loads(members["config.json"])
        edit(config)
        return write(path, {**members, "config.json": json.dumps(config).encode()})

    return make


def _first(weights):
    """`(group, name)` of the first stored array."""
    found = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.shape and not found:
            found.append(item)

    weights.visititems(visit)
    return found[0].parent, found[0].name.rsplit("/", 1)[1]


def _replaced(**options):
    def change(weights, path):
        group, name = _first(weights)
        del group[name]
        group.create_dataset(name, **options)

    return change


def _external_storage(weights, path):
    group, name = _first(weights)
    shape = group[name].shape
    del group[name]
    elsewhere = [("/etc/hostname", 0, h5py.h5f.UNLIMITED)]
    group.create_dataset(name, shape, "float32", external=elsewhere)


def _linked(link):
    def change(weights, path):
        group, name = _first(weights)
        del group[name]
        group[name] = link

    return change


def _without_layers(weights, path):
    for name in list(weights["layers"]):
        del weights["layers"][name]


def _flipped(member, offset):
    def make(saved, path):
        with zipfile.ZipFile(saved) as archive:
            start = archive.getinfo(member).header_offset + 30 + len(member)
        content = bytearray(saved.read_bytes())
        content[start + offset] ^= 0x04
        path.write_bytes(content)
        return path

    return make


def _twice(saved, path):
    write(path, parts(saved))
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("config.json", "{}")
    return path


def _encrypted(saved, path):
    content = bytearray(saved.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(signature, at + 4)
    path.write_bytes(content)
    return path


def _hdf5(suffix):
    def make(saved, path):
        path = path.with_suffix(suffix)
        path.write_bytes(parts(saved)["model.weights.h5"])
        return path

    return make


def _folder(saved, path):
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"\x08\x01")
    return path


def _npz(path):
    buffer = io.BytesIO()
    np.savez(buffer, kernel=np.zeros((3, 3)))
    return buffer.getvalue()


def _pickled(path):
    return pickle.dumps(Payload(marker(path)))


DAMAGED = {
    "empty": _content(b""),
    "random bytes": _content(np.random.default_rng(0).bytes(5000)),
    **{f"cut after {share} %": _bytes(lambda whole, share=share: whole[: len(whole) * share // 100])
       for share in (1, 10, 50, 90, 99)},
    "beginning missing": _bytes(lambda whole: whole[len(whole) // 2 :][100:]),
    "bit flipped in the weights": _flipped("model.weights.h5", 1000),
    "bit flipped in the configuration": _flipped("config.json", 200),
    "no configuration": _members(config__json=None),
    "no weights": _members(model__weights__h5=None),
    "no metadata": _members(metadata__json=None),
    "a member twice": _twice,
    "empty configuration": _members(config__json=b""),
    "configuration that is no JSON": _members(config__json=b"{'a': 1}"),
    "configuration that is a list": _members(config__json=b"[]"),
    "weights without layers": _weights(_without_layers),
    "weights of another shape": _weights(_replaced(shape=(7, 7), dtype="float32")),
    "weights that are text": _weights(_replaced(data="seven")),
    "weights cut short": lambda saved, path: write(
        path, {**parts(saved), "model.weights.h5": parts(saved)["model.weights.h5"][:3000]}),
}
FOREIGN = {
    "HDF5 model": _hdf5(".h5"),
    "HDF5 under another name": _content(b"\x89HDF\r\n\x1a\n" + bytes(100)),
    "pickle": _content(_pickled),
    "NumPy archive": _content(_npz),
    "PyTorch archive": lambda saved, path: write(
        path, {"archive/data.pkl": _pickled(path), "archive/version": b"3"}),
    "SavedModel folder": _folder,
    "JSON text": _content(b'{"class_name": "Sequential"}'),
    "a server's error page": _content(b"<!DOCTYPE html><title>404 Not Found</title>"),
    "gzip": _content(gzip.compress(b"model")),
    "shell script": _content(b"#!/bin/sh\nexit 1\n"),
}
HARMFUL = {
    **{name: _edited(edit) for name, (edit, _) in MALICIOUS.items()},
    "pickle inside": _members(**{"data.pkl": _pickled}),
    "pickle in place of the weights": _members(model__weights__h5=_pickled),
    "path out of the archive": _members(**{"../../evil": b"x"}),
    "absolute path": _members(**{"/tmp/evil": b"x"}),
    "file in assets": _members(**{"assets/run.sh": b"x"}),
    "zip bomb": _members(model__weights__h5=bytes(64 * 2**20)),
    "large configuration": lambda saved, path: write(
        path, {**parts(saved), "config.json": b" " * (17 * 2**20)}),
    "deep nesting": lambda saved, path: write(
        path, {**parts(saved), "config.json": b"[" * 100_000}),
    "encrypted": _encrypted,
    "weights of 16 TB, declared": _weights(
        _replaced(shape=(2**42,), dtype="float32", chunks=(1024,))),
    "weights in another file (link)": _weights(
        _linked(h5py.ExternalLink("/etc/hostname", "kernel"))),
    "weights in another file (storage)": _weights(_external_storage),
    "weights that are a dangling link": _weights(_linked(h5py.SoftLink("/nowhere"))),
}
KINDS = {
    f"{group}: {name}": make
    for group, kinds in (("damaged", DAMAGED), ("foreign", FOREIGN), ("harmful", HARMFUL))
    for name, make in kinds.items()
}
