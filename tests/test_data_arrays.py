"""NumPy files instead of tensorflow-datasets: the same arrays, and files that do not fit."""

import shutil

import numpy as np
import pytest

from binomial_keras import data
from binomial_keras.data.__main__ import main
from reproduce.images import data_sha256


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Folder with MNIST's test images in three parts, as the command writes them."""
    from tests.conftest import _prepared

    folder = tmp_path_factory.mktemp("arrays")
    assert main(["export", _prepared("mnist"), "--out", str(folder), "--parts", "3"]) == 0
    return folder


@pytest.fixture
def copied(exported, tmp_path, monkeypatch):
    """A copy that may be damaged, and that `load` reads."""
    folder = tmp_path / "copy"
    shutil.copytree(exported, folder, ignore=shutil.ignore_patterns("*train*"))
    monkeypatch.setenv("BINOMIAL_KERAS_DATA_DIR", str(folder))
    # What is read is read from these files, or not at all.
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "none"))
    return folder


def test_exported_set_is_the_same_bit_for_bit(exported, mnist, monkeypatch):
    names = sorted(file.name for file in exported.iterdir())
    pixels = [f"mnist-{split}-x-{part}.npy" for split in ("test", "train") for part in range(3)]
    assert names == sorted([*pixels, "mnist-test-y.npy", "mnist-train-y.npy"])
    for split in ("train", "test"):
        x, y = mnist(split)
        data_sha256.cache_clear()
        recorded = data_sha256("mnist", split)
        with monkeypatch.context() as patch:
            patch.setenv("BINOMIAL_KERAS_DATA_DIR", str(exported))
            patch.setenv("TFDS_DATA_DIR", str(exported / "none"))
            found_x, found_y = data.load("mnist", split)
            data_sha256.cache_clear()
            assert data_sha256("mnist", split) == recorded
        assert (found_x.dtype, found_y.dtype) == (x.dtype, y.dtype)
        np.testing.assert_array_equal(found_x, x)
        np.testing.assert_array_equal(found_y, y)
    data_sha256.cache_clear()


def test_parts_are_put_together_by_number(copied):
    """Ten parts and more: 10 comes after 9, not after 1."""
    x, _ = data.load("mnist", "test")
    pixels = np.rint(x * 255).astype("uint8")
    for file in copied.glob("mnist-test-x-*.npy"):
        file.unlink()
    for part, some in enumerate(np.array_split(pixels, 12)):
        np.save(copied / f"mnist-test-x-{part}.npy", some)
    _forget()
    np.testing.assert_array_equal(data.load("mnist", "test")[0], x)


def test_a_set_that_is_not_in_the_folder_comes_from_tensorflow_datasets(copied, monkeypatch):
    from binomial_keras.data import load

    monkeypatch.setattr("binomial_keras.data.prepared._import_tfds", _no_tensorflow)
    assert len(data.load("mnist", "test")[1]) == 10000
    with pytest.raises(ImportError, match="here it would have been read"):
        load("mnist", "train")


def _no_tensorflow():
    raise ImportError("here it would have been read")


def _drop_a_part(folder):
    (folder / "mnist-test-x-1.npy").unlink()


def _drop_labels(folder):
    (folder / "mnist-test-y.npy").unlink()


def _cut_short(folder):
    file = folder / "mnist-test-x-2.npy"
    file.write_bytes(file.read_bytes()[:1000])


def _floats(folder):
    file = folder / "mnist-test-x-0.npy"
    np.save(file, np.load(file) / 255)


def _objects(folder):
    np.save(folder / "mnist-test-y.npy", np.array([{}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_drop_a_part, r"not the ones expected: uint8 images of shape \(666[67],.*Parts may be"),
        (_drop_labels, r"cannot be read \(FileNotFoundError"),
        (_cut_short, "cannot be read"),
        (_floats, "not the ones expected: float64 images"),
        (_objects, "cannot be read.*export the set again"),
    ],
)
def test_files_that_do_not_fit_are_refused(copied, damage, message):
    damage(copied)
    _forget()
    with pytest.raises(RuntimeError, match=message) as caught:
        data.load("mnist", "test")
    assert str(copied) in str(caught.value) and "BINOMIAL_KERAS_DATA_DIR" in str(caught.value)


def _forget():
    from binomial_keras.data import arrays

    arrays._read.cache_clear()


def test_export_again_replaces_the_parts(copied, monkeypatch):
    """Three parts, then one file: the parts are gone, or the set would be there twice."""
    pixels = np.rint(data.load("mnist", "test")[0] * 255).astype("uint8")
    labels = data.load("mnist", "test")[1]
    monkeypatch.setattr("binomial_keras.data.arrays.read_prepared", lambda *_: (pixels, labels))
    files = data.export("mnist", copied)
    assert sorted(copied.iterdir()) == sorted(files) and len(files) == 4


@pytest.mark.parametrize("arguments", [("digits",), ("mnist", "out", 0), ("mnist", "out", True)])
def test_export_refuses(arguments, tmp_path):
    name, *rest = arguments
    with pytest.raises(ValueError, match="Invalid value received for argument `(name|parts)`"):
        data.export(name, tmp_path, *rest[1:])


def test_command_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("binomial_keras.data.prepared._import_tfds", _no_tensorflow)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert main(["export", "cifar10", "--out", str(tmp_path)]) == 2
    assert "here it would have been read" in capsys.readouterr().err
