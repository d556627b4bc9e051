"""The zoo: its index, its verification, adding to it, and that what it ships is whole."""

import hashlib
import json
import subprocess
import sys

import keras
import pytest

import binomial_keras as bk
from binomial_keras import zoo
from binomial_keras.zoo import __main__ as command
from binomial_keras.zoo import registry

CARD = {"network": "binomial_cnn", "data": "digits", "clean_accuracy": 97.5}


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "trained.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    return path


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """An empty zoo in a folder of its own."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    monkeypatch.setattr(registry, "FOLDER", folder)
    return folder


def test_add_then_find(own_zoo, model_file):
    assert zoo.names() == []
    entry = zoo.add(model_file, "binomial-digits-D", CARD)
    content = model_file.read_bytes()
    assert entry == {
        "name": "binomial-digits-D",
        "file": "files/binomial-digits-D.keras",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **CARD,
    }
    assert zoo.names() == ["binomial-digits-D"]
    assert zoo.info("binomial-digits-D") == entry
    assert zoo.path("binomial-digits-D").read_bytes() == content
    assert bk.load("binomial-digits-D").count_params() == 8
    assert sorted(item.name for item in own_zoo.rglob("*")) == [
        "binomial-digits-D.keras", "files", "index.json",
    ]


def test_info_is_a_copy(own_zoo, model_file):
    zoo.add(model_file, "a", {"history": {"loss": [1.0]}})
    zoo.info("a")["history"]["loss"].clear()
    assert zoo.info("a")["history"] == {"loss": [1.0]}


def test_unknown_name_suggests_the_near_one(own_zoo, model_file):
    zoo.add(model_file, "binomial-mnist-D", CARD)
    zoo.add(model_file, "binomial-mnist-A3", CARD)
    for ask in (zoo.info, zoo.path, bk.load):
        with pytest.raises(ValueError, match="Did you mean 'binomial-mnist-A3'") as caught:
            ask("binomial-mnist-a3")
        assert "['binomial-mnist-A3', 'binomial-mnist-D']" in str(caught.value)


@pytest.mark.parametrize("name", [None, 3, ["a"], "../index.json"])
def test_names_that_cannot_be(own_zoo, name):
    with pytest.raises(ValueError, match="argument `name`"):
        zoo.info(name)


def test_a_replaced_file_is_noticed(own_zoo, model_file):
    zoo.add(model_file, "a", CARD)
    stored = zoo.path("a")
    content = bytearray(stored.read_bytes())
    content[500] ^= 1
    stored.write_bytes(content)
    for ask in (zoo.path, bk.load):
        with pytest.raises(ValueError, match="'a'.*SHA-256.*damaged or was replaced"):
            ask("a")
    stored.write_bytes(content[:-1])
    with pytest.raises(ValueError, match="bytes instead of"):
        zoo.path("a")
    stored.unlink()
    with pytest.raises(FileNotFoundError, match="'a' is missing"):
        zoo.path("a")


def test_a_name_is_taken_once(own_zoo, model_file):
    zoo.add(model_file, "a", CARD)
    with pytest.raises(ValueError, match="has a checkpoint 'a' already"):
        zoo.add(model_file, "a", {"other": 1})
    assert zoo.info("a")["data"] == "digits"
    assert zoo.add(model_file, "a", {"other": 1}, replace=True)["other"] == 1


@pytest.mark.parametrize("name", ["", "../a", "a/b", "a.keras", "-a", "a b", None])
def test_names_that_are_not_accepted(own_zoo, model_file, name):
    with pytest.raises(ValueError, match="argument `name`. Expected letters"):
        zoo.add(model_file, name, CARD)


@pytest.mark.parametrize("card", [None, [], {"sha256": "x"}, {"a": {1, 2}}, {"a": float("nan")}])
def test_cards_that_are_not_accepted(own_zoo, model_file, card):
    with pytest.raises(ValueError, match="argument `card`"):
        zoo.add(model_file, "a", card)


def test_only_files_that_load_opens_are_added(own_zoo, tmp_path):
    path = tmp_path / "lambda.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)]).save(path)
    with pytest.raises(ValueError, match="Lambda"):
        zoo.add(path, "a", CARD)
    with pytest.raises(FileNotFoundError):
        zoo.add(tmp_path / "missing.keras", "a", CARD)
    assert zoo.names() == []


def test_command_line(own_zoo, model_file, tmp_path, capsys):
    card = tmp_path / "card.json"
    card.write_text(json.dumps(CARD))
    arguments = ["add", str(model_file), "--name", "a", "--card", str(card)]
    assert command.main(arguments) == 0
    assert hashlib.sha256(model_file.read_bytes()).hexdigest() in capsys.readouterr().out
    assert command.main(["list"]) == 0
    assert capsys.readouterr().out == "a\n"
    assert command.main(["info", "a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == zoo.info("a")
    assert command.main(["info", "a"]) == 0
    assert capsys.readouterr().out == f"{zoo.info('a').markdown()}\n"
    assert command.main(arguments) == 2
    assert "already" in capsys.readouterr().err
    assert command.main([*arguments, "--replace"]) == 0


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_command_line_with_an_unreadable_card(own_zoo, model_file, tmp_path, capsys, content):
    card = tmp_path / "card.json"
    card.write_text(content)
    assert command.main(["add", str(model_file), "--name", "a", "--card", str(card)]) == 2
    assert "card" in capsys.readouterr().err


def test_the_command_starts():
    ran = subprocess.run(
        [sys.executable, "-m", "binomial_keras.zoo", "list"],
        capture_output=True, text=True, check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == zoo.names()


def test_a_checkpoint_can_move_out_of_the_package_and_back(own_zoo, model_file, tmp_path):
    zoo.add(model_file, "a", CARD)
    moved = zoo.add(model_file, "a", CARD, replace=True, release=tmp_path / "upload")
    assert "file" not in moved and not (own_zoo / "files" / "a.keras").exists()
    assert (tmp_path / "upload" / moved["url"]).read_bytes() == model_file.read_bytes()
    assert "url" not in zoo.add(model_file, "a", CARD, replace=True)
    assert zoo.path("a").read_bytes() == model_file.read_bytes()


def test_everything_that_ships_is_in_the_index_and_whole():
    shipped = {path.stem for path in registry.FOLDER.glob("files/*.keras")}
    packaged = {name for name in zoo.names() if "file" in zoo.info(name)}
    assert shipped == packaged
    sizes = [zoo.info(name)["size"] for name in packaged]
    assert max(sizes) <= 2**20 and sum(sizes) <= 8 * 2**20
    for name in packaged:
        # Compares size and SHA-256.
        assert zoo.path(name) == registry.FOLDER / "files" / f"{name}.keras"


def test_every_network_that_the_issue_names_is_there():
    binomial = {"mnist-d", "mnist-a2", "mnist-a3", "mnist-b2", "mnist-b3", "mnist-c-a1",
                "mnist-c-b1", "digits-d", "digits-b3", "digits-a3"}
    assert binomial <= set(zoo.names())


def test_load_by_name_right_after_the_import():
    code = "import binomial_keras as bk; bk.load('mnist-a3'); print(len(bk.zoo.names()))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout.split()[-1]) == len(zoo.names())
