"""`binomial_keras.data`: against scikit-learn, plain tensorflow-datasets and published facts."""

import dataclasses
import os
import shutil
import subprocess
import sys
import urllib.error

import numpy as np
import pytest
from sklearn.datasets import load_digits

from binomial_keras import data
from binomial_keras.data import prepared as tfds_source
from binomial_keras.data.prepared import prepared_directory, prepared_folder


def _rows(images):
    return sorted(map(bytes, np.rint(images * 16).astype("uint8").reshape(len(images), -1)))


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("BINOMIAL_KERAS_DATA_DIR", raising=False)
    return tmp_path


@pytest.mark.parametrize("split", ["train", "test"])
def test_digits_matches_its_description(split):
    x, y = data.load("digits", split)
    about = data.describe("digits")
    assert x.shape == (about[split], *about["shape"])
    assert x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0.0 and x.max() == 1.0
    assert set(y) == set(range(about["classes"]))


def test_digits_splits_are_all_of_scikit_learns_images_once():
    (x_train, y_train), (x_test, y_test) = data.load("digits", "train"), data.load("digits", "test")
    images, labels = load_digits(return_X_y=True)
    together = np.concatenate([x_train, x_test])
    assert _rows(together) == _rows(images / 16)
    # Every test image carries the label that scikit-learn gives to the same pixels.
    pairs = zip(images.astype("uint8"), labels, strict=True)
    label_of = {bytes(image): label for image, label in pairs}
    for x, y in [(x_train, y_train), (x_test, y_test)]:
        flat = np.rint(x * 16).astype("uint8").reshape(len(x), -1)
        assert [label_of[bytes(row)] for row in flat] == y.tolist()
    np.testing.assert_array_equal(np.bincount(y_test), np.full(10, 36))


def test_digits_split_is_the_one_every_recorded_number_was_measured_on():
    images, labels = load_digits(return_X_y=True)
    random = np.random.RandomState(2023)
    chosen = []
    for label in range(10):
        members = [index for index in range(len(labels)) if labels[index] == label]
        chosen += [members[place] for place in random.permutation(len(members))[:36]]
    chosen.sort()
    x, y = data.load("digits", "test")
    np.testing.assert_array_equal(np.rint(x * 16).reshape(360, 64), images[chosen])
    np.testing.assert_array_equal(y, labels[chosen])


def test_changing_the_arrays_does_not_change_the_next_call():
    x, y = data.load("digits", "test")
    first = x.copy()
    x[:], y[:] = 0.5, 3
    again, labels = data.load("digits", "test")
    np.testing.assert_array_equal(again, first)
    assert set(labels) == set(range(10))


def test_names_and_describe():
    assert data.names() == ["digits", "mnist", "fashion_mnist", "cifar10", "imagenette"]
    for name in data.names():
        about = data.describe(name)
        assert about["name"] == name and len(about["labels"]) == about["classes"] == 10
    about["labels"].clear()
    assert len(data.describe(name)["labels"]) == 10


@pytest.mark.parametrize("name", ["minst", "", None, 3, ["mnist"]])
def test_unknown_name(name):
    with pytest.raises(ValueError, match="Invalid value received for argument `name`"):
        data.load(name, "test")
    with pytest.raises(ValueError, match="Invalid value received for argument `name`"):
        data.describe(name)


def test_unknown_name_suggests_the_near_one():
    with pytest.raises(ValueError, match="Did you mean 'mnist'"):
        data.load("minst", "test")


@pytest.mark.parametrize("split", ["validation", "TEST", None, 0, ["test"]])
def test_unknown_split(split):
    with pytest.raises(ValueError, match="argument `split`. Expected 'train' or 'test'"):
        data.load("digits", split)


def test_without_network_one_sentence_names_the_folder_and_both_ways_out(empty_folder, monkeypatch):
    def no_network(address):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(tfds_source, "_reach", no_network)
    with pytest.raises(FileNotFoundError) as caught:
        data.load("mnist", "test")
    message = str(caught.value)
    assert f"not prepared in the folder {str(empty_folder)!r}" in message
    assert "Name or service not known" in message
    assert "set the environment variable TFDS_DATA_DIR" in message
    assert "run this once with network access" in message
    assert message.count(".") == 1 + str(empty_folder).count(".") and "\n" not in message


def test_a_download_that_breaks_gives_the_same_sentence(empty_folder, monkeypatch):
    import tensorflow_datasets as tfds

    def broken(*args, **kwargs):
        raise ConnectionResetError("Connection reset by peer")

    monkeypatch.setattr(tfds_source, "_reach", lambda address: None)
    monkeypatch.setattr(tfds, "builder", broken)
    with pytest.raises(FileNotFoundError, match="Connection reset by peer.*TFDS_DATA_DIR"):
        data.load("cifar10", "train")


def test_without_tensorflow_the_message_says_so(empty_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match="TensorFlow is needed.*tensorflow`, or set BINOMIAL_KE"):
        data.load("mnist", "test")


def test_an_unprepared_set_is_downloaded_once(empty_folder, prepared, monkeypatch):
    source = _folder_of(prepared, "mnist")
    calls = []

    def download(tfds, name, folder):
        calls.append(name)
        shutil.copytree(source, empty_folder / "mnist" / source.name)

    monkeypatch.setattr(tfds_source, "_download", download)
    first, second = data.load("mnist", "test"), data.load("mnist", "test")
    assert calls == ["mnist"]
    np.testing.assert_array_equal(first[0], second[0])


def _folder_of(prepared, name):
    """The prepared version of a set in the folder that the test run was given."""
    test_folder = os.environ.pop("TFDS_DATA_DIR", None)
    try:
        if ORIGINAL_FOLDER is not None:
            os.environ["TFDS_DATA_DIR"] = ORIGINAL_FOLDER
        return prepared_directory(prepared(name), str(prepared_folder()))
    finally:
        if test_folder is not None:
            os.environ["TFDS_DATA_DIR"] = test_folder


ORIGINAL_FOLDER = os.environ.get("TFDS_DATA_DIR")


def test_a_damaged_file_is_reported_with_its_folder(empty_folder, prepared):
    source = _folder_of(prepared, "mnist")
    target = empty_folder / "mnist" / source.name
    shutil.copytree(source, target)
    (file,) = target.glob("mnist-test.tfrecord*")
    file.write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(RuntimeError, match="cannot be read") as caught:
        data.load("mnist", "test")
    assert str(target) in str(caught.value)


def test_a_set_of_another_size_is_refused(empty_folder, prepared):
    source = _folder_of(prepared, "mnist")
    # CIFAR-10's files under MNIST's name would load, were nothing compared.
    shutil.copytree(_folder_of(prepared, "cifar10"), empty_folder / "mnist" / source.name)
    with pytest.raises(RuntimeError, match="not the one expected"):
        data.load("mnist", "test")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_prepared_set_equals_plain_tensorflow_datasets(name, prepared):
    import tensorflow_datasets as tfds

    folder = str(prepared_folder())
    prepared(name)
    images, labels = tfds.as_numpy(
        tfds.load(name, split="test[:500]", data_dir=folder, download=False,
                  as_supervised=True, batch_size=-1)
    )
    x, y = data.load(name, "test")
    about = data.describe(name)
    assert x.shape == (about["test"], *about["shape"])
    assert x.dtype == np.float32 and y.dtype == np.int64
    np.testing.assert_array_equal(np.rint(x[:500] * 255), images)
    np.testing.assert_array_equal(y[:500], labels)
    assert np.bincount(y).tolist() == ([1000] * 10 if name != "mnist" else MNIST_TEST_COUNTS)
    builder = tfds.builder_from_directory(prepared_directory(name, folder))
    if name == "mnist":
        assert builder.info.features["label"].names == about["labels"]
    else:
        assert [n.lower() for n in builder.info.features["label"].names] == [
            n.lower() for n in about["labels"]
        ]


def test_imagenette_is_cut_out_of_what_tensorflow_datasets_prepares(empty_folder, monkeypatch):
    """Its own builder, on a download that is made up: the real one is too large for a test."""
    import tensorflow_datasets as tfds
    from PIL import Image

    sizes = {"train": [(320, 400), (400, 320), (200, 300)], "val": [(254, 254), (321, 333)]}
    synsets = ("n01440764", "n03888257")  # tench, parachute
    random = np.random.default_rng(0)
    download = empty_folder / "download"

    def file_of(part, number):
        folder = download / "imagenette2-320" / part / synsets[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{part}{number}.JPEG"

    for part, shapes in sizes.items():
        for number, shape in enumerate(shapes):
            pixels = random.integers(0, 256, (*shape, 3), "uint8")
            Image.fromarray(pixels).save(file_of(part, number))
    monkeypatch.setattr(tfds_source, "_reach", lambda address: None)
    monkeypatch.setattr(tfds.download.DownloadManager, "download_and_extract",
                        lambda self, url: str(download))
    few = dataclasses.replace(tfds_source.SETS["imagenette"], train=3, test=2)
    monkeypatch.setitem(tfds_source.SETS, "imagenette", few)
    assert data.describe("imagenette")["labels"][9] == "parachute"
    for part, split in (("train", "train"), ("val", "test")):
        x, y = data.load("imagenette", split)
        assert x.shape == (len(sizes[part]), 254, 254, 3) and x.dtype == np.float32
        found = dict(zip([bytes(np.rint(image * 255).astype("uint8")) for image in x], y))
        assert len(found) == len(x)
        for number, (height, width) in enumerate(sizes[part]):
            pixels = np.asarray(Image.open(file_of(part, number)))
            expected = np.zeros((254, 254, 3), "uint8")
            top, left = (height - 254) // 2, (width - 254) // 2
            if height >= 254:
                expected[:] = pixels[top:top + 254, left:left + 254]
            else:
                expected[-top - (254 - height) % 2:][:height] = pixels[:, left:left + 254]
            near = [np.abs(np.frombuffer(key, "uint8").astype(int) - expected.ravel()).max()
                    for key in found]
            # Two JPEG decoders differ by a little.
            assert min(near) <= 8 and list(found.values())[np.argmin(near)] == 9 * (number % 2)


# How often each numeral occurs in the official test set.
MNIST_TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_mnist_training_set_has_the_published_mean_and_deviation(mnist):
    x, y = mnist("train")
    assert x.shape == (60000, 28, 28, 1) and x.min() == 0 and x.max() == 1
    assert round(float(x.mean(dtype="float64")), 4) == 0.1307
    assert round(float(x.std(dtype="float64")), 4) == 0.3081


def test_reading_works_on_the_jax_backend(mnist):
    pytest.importorskip("jax")
    code = (
        "from binomial_keras import data; x, y = data.load('mnist', 'test'); "
        "import keras; print(keras.backend.backend(), x.shape, y[:5].tolist())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert ran.returncode == 0, ran.stderr
    _, y = mnist("test")
    assert ran.stdout.strip() == f"jax (10000, 28, 28, 1) {y[:5].tolist()}"
