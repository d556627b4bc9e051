"""No file of any kind in `bad_files` is opened, each refusal is one clear sentence."""

import keras
import pytest

import binomial_keras as bk
from tests import bad_files
from tests.test_saving import _plain_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.keras"
    _plain_model().save(path)
    return path


@pytest.mark.parametrize("kind", bad_files.KINDS)
def test_refused_by_one_clear_sentence(saved, tmp_path, kind):
    path = bad_files.KINDS[kind](saved, tmp_path / "bad.keras")
    with pytest.raises(ValueError, match="^The model file '.*' is refused: ") as caught:
        bk.load(path)
    text = str(caught.value)
    assert str(path) in text and "\n" not in text and len(text) < 700
    assert not bad_files.marker(path).exists()


def test_what_they_are_made_from_is_opened(saved, tmp_path):
    assert isinstance(bk.load(saved), keras.Model)
    copied = bad_files.write(tmp_path / "copied.keras", bad_files.parts(saved))
    assert isinstance(bk.load(copied), keras.Model)


def test_the_payload_would_be_seen(tmp_path):
    import pickle

    path = tmp_path / "bad.keras"
    pickle.loads(bad_files._pickled(path)).close()
    assert bad_files.marker(path).exists()
