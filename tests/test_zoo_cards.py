"""A published number is a test: the shipped networks reach what their cards say."""

import re

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import zoo
from binomial_keras.zoo import Card
from reproduce.images import chosen

PACKAGED = [name for name in zoo.names() if "file" in zoo.info(name)]
KEYS = ("clean", "as_published", "adaptive", "other")
# Images near a boundary may fall to the other side where sums are rounded otherwise.
ROUNDING = 0.03


def _timed(name):
    """Type A with several passes takes 10 to 20 seconds of computing, the others about 5."""
    network = zoo.info(name)["network"]["arguments"]
    long = network.get("neuron") == "A" and network["T"] > 1 and name.startswith("mnist")
    return pytest.param(name, marks=pytest.mark.slow if long else ())


def _clean(card):
    """The line of the clean accuracy of the network as it was trained."""
    (line,) = [one for one in card["clean"] if one["as_trained"] and one["what"] == "test images"]
    return line


@pytest.mark.parametrize("name", map(_timed, PACKAGED))
def test_clean_accuracy_is_that_of_the_card(name, prepared):
    """On the test images of the card; a network with noise in one fresh draw.

    That draw's accuracy and the mean of the card's draws differ by more than five standard
    deviations, which the card's draws estimate, about once in a thousand seeds.
    """
    card = zoo.info(name)
    data = card["data"]["name"]
    x, y = bk.data.load(data if data == "digits" else prepared(data), "test")
    model = bk.load(name)
    line = _clean(card)
    kept = chosen(len(x), 0, line["images"])
    x, y = x[kept], y[kept]
    bk.reseed(model, 2)
    found = 100 * float(np.mean(model.predict(x, batch_size=500, verbose=0).argmax(-1) == y))
    assert line["images"] == len(x)
    tolerance = ROUNDING
    if line["draws"] > 1:
        tolerance += 5 * line["sd_over_draws"] * np.sqrt(1 + 1 / line["draws"])
    assert found == pytest.approx(line["accuracy"], abs=tolerance)


@pytest.mark.parametrize("name", zoo.names())
def test_every_number_has_its_records_and_an_interval(name):
    card = zoo.info(name)
    lines = [line for key in KEYS for line in card[key]]
    assert _clean(card)["records"]
    for line in lines:
        assert (line["accuracy"] is None) == (line["records"] == []), line
        if line["records"]:
            assert 0 <= line["low"] <= line["accuracy"] <= line["high"] <= 100, line
            assert line["images"] > 0 and line["draws"] > 0
            assert all(re.fullmatch(r"[a-z]+-[0-9a-f]{16}", one) for one in line["records"])
    for record in (card["training"]["record"], *(r for c in card["failed_checks"]
                                                 for r in c["records"])):
        assert re.fullmatch(r"(train|checks|adaptive)-[0-9a-f]{16}", record)


@pytest.mark.parametrize("name", PACKAGED)
def test_the_card_describes_the_file(name):
    card, model = zoo.info(name), bk.load(name)
    assert model.count_params() == card["network"]["parameters"]
    assert list(model.input_shape[1:]) == card["data"]["shape"]
    assert model.output_shape[-1] == card["data"]["classes"]
    # What the card says of the builder makes the same network.
    builder = getattr(bk.models, card["network"]["builder"].rpartition(".")[2])
    built = builder(**card["network"]["arguments"])
    assert [tuple(w.shape) for w in built.weights] == [tuple(w.shape) for w in model.weights]
    # A builder may have gone over to a layer of its own, whose further settings the saved one
    # had not; all else is as it was.
    replaced = set()
    for now, then in zip(built.layers, model.layers, strict=True):
        assert isinstance(now, type(then)) and now.name == then.name
        if type(now) is not type(then):
            replaced.add(now.name)
            settings, saved = now.get_config(), then.get_config()
            assert _entries({key: settings[key] for key in saved}) == _entries(saved)
            assert now.input._keras_history[0].name == then.input._keras_history[0].name
    assert _entries(_without(built, replaced)) == _entries(_without(model, replaced))


def _entries(config):
    return len(keras.tree.flatten(config))


def _without(model, names):
    config = model.get_config()
    return {**config, "layers": [one for one in config["layers"] if one["name"] not in names]}


def test_a_loaded_network_can_be_trained_further():
    model = bk.load("digits-d")
    x, y = bk.data.load("digits", "train")
    with pytest.raises(ValueError, match="compile"):
        model.fit(x[:32], y[:32], verbose=0)
    before = model.get_weights()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x[:32], y[:32], batch_size=32, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


LINE = {"tested_as": {"neuron": "A", "T": 3}, "as_trained": True, "what": "FGM", "accuracy": 91.25,
        "low": 90.0, "high": 92.5, "images": 300, "draws": 10, "records": ["attack-1", "attack-2"]}
MISSING = {"tested_as": {"neuron": "D", "T": None}, "as_trained": False, "what": "Pixel",
           "accuracy": None, "records": []}


def test_a_card_prints_as_a_page():
    card = Card(name="n", title="A network.", as_published=[LINE, MISSING], adaptive=[], other=[],
                training={"seed": 3, "recipe": {"batch_size": 32}}, licence="MIT")
    assert str(card) == repr(card) == card._repr_markdown_() == card.markdown()
    text = str(card)
    assert "| A, T = 3 (as trained) | FGM | 91.25 % (90.00 - 92.50) | 300 x 10 | " \
           "attack-1 and 1 more |" in text
    assert "| D | Pixel | not measured |  |  |" in text
    assert "worst case)\n\nNot measured." in text
    assert "Other" not in text and '`binomial_keras.load("n")`' in text
    assert "* training:\n  * seed: 3\n  * recipe:\n    * batch size: 32" in text


def test_a_card_says_which_checks_failed():
    check = {"check": "more steps", "budget": "quick", "model": "m", "detail": "65 %, then 40 %.",
             "records": ["checks-1"]}
    assert "* more steps, budget quick, m: 65 %, then 40 %." in str(Card(failed_checks=[check]))


def test_a_card_of_another_form_prints_as_well():
    assert "* data: digits" in str(Card(name="a", data="digits", clean_accuracy=97.5))
