"""Hashes of weights, and finding checkpoints that were given."""

import keras
import numpy as np
import pytest

from reproduce.checkpoints import GivenCheckpoints, file_sha256, save_checkpoint, weights_sha256
from reproduce.errors import UsageError


def network(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])


def test_weights_decide_the_hash_and_the_optimizer_does_not(tmp_path):
    model = network(0)
    save_checkpoint(model, tmp_path / "a.keras")
    first = weights_sha256(tmp_path / "a.keras")
    # The same weights in a model that was compiled and has the state of an optimizer.
    model.compile("sgd", "sparse_categorical_crossentropy")
    kept = model.get_weights()
    model.fit(np.ones((4, 3)), np.zeros(4), verbose=0)
    model.set_weights(kept)
    model.save(tmp_path / "b.keras")
    assert weights_sha256(tmp_path / "b.keras") == first
    assert file_sha256(tmp_path / "b.keras") != file_sha256(tmp_path / "a.keras")
    kept[0][0, 0] += 1e-6
    model.set_weights(kept)
    model.save(tmp_path / "c.keras")
    assert weights_sha256(tmp_path / "c.keras") != first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.keras", "b.keras", "c.keras"]


def test_a_checkpoint_holds_no_optimizer(tmp_path):
    model = network(0)
    x = np.ones((4, 3), "float32")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(x, np.zeros(4), verbose=0)
    save_checkpoint(model, tmp_path / "a.keras")
    model.save(tmp_path / "whole.keras")
    sizes = {path.stem: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes["a"] < sizes["whole"]
    loaded = keras.models.load_model(tmp_path / "a.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded(x), model(x))


def test_given_checkpoints_are_found_by_name(tmp_path):
    save_checkpoint(network(0), tmp_path / "digits-A2-s1.keras")
    found = GivenCheckpoints(tmp_path).describe("digits", ("A2", "D"), 2)
    assert list(found) == ["A2-s1"]
    assert found["A2-s1"]["file"] == "digits-A2-s1.keras"
    assert found["A2-s1"]["sha256"] == file_sha256(tmp_path / "digits-A2-s1.keras")


def test_missing_folder_and_foreign_file(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        GivenCheckpoints(tmp_path / "none")
    (tmp_path / "x.keras").write_text("no archive")
    with pytest.raises(UsageError, match="not a whole .keras file"):
        weights_sha256(tmp_path / "x.keras")
