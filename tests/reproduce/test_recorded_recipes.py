"""A cell holds the name of its recipe: what stands behind the name must not change unnoticed."""

import dataclasses
import json
import pathlib

import pytest

from binomial_keras import training
from reproduce.cells import TrainCell
from reproduce.errors import UsageError
from reproduce.records import RecordStore
from reproduce.runner import check_recipe, has_record

RESULTS = pathlib.Path(__file__).parents[2] / "reproduce" / "results"
CELL = TrainCell("digits", "A2", "A", 2, 0, "cpu", (), (4,), "last")


def test_a_recipe_that_changed_under_its_name_is_refused(tmp_path):
    store = RecordStore(tmp_path)
    store.prepare()
    identity, recipe = CELL.identity("r"), training.recipe("cpu").to_dict()

    def recorded(**changes):
        result = {"recipe": {**recipe, **changes}}
        store.put(identity, {"result": result, "cost": {}, "provenance": {}}, {})
        return has_record(CELL, identity, RecordStore(tmp_path), set())

    assert recorded()
    with pytest.raises(UsageError, match=r"train digits-A2-s0 .*'cpu': epochs=7 \(now 10\)"):
        recorded(epochs=7)
    store.put(identity, {"result": {"recipe": {**recipe, "adversary": {"name": "pgd"}}}, "cost": {},
                         "provenance": {}}, {})
    with pytest.raises(UsageError, match=r"adversary=.*\(now None\)"):
        has_record(CELL, identity, RecordStore(tmp_path), set())


def test_a_field_that_the_record_does_not_know_stands_for_its_default():
    recipe = training.recipe("cpu").to_dict()
    del recipe["shift"]
    record = {"id": "train-0", "result": {"recipe": recipe}}
    check_recipe(CELL, record)
    with pytest.raises(UsageError, match=r"shift=0 \(now 2\)"):
        check_recipe(dataclasses.replace(CELL, overrides=(("shift", 2),)), record)


def test_committed_trainings_have_the_recipes_of_today():
    paths = sorted(RESULTS.glob("records/train-*.json"))
    assert len(paths) > 50
    for path in paths:
        record = json.loads(path.read_text())
        asked = record["identity"]
        overrides = tuple(asked["overrides"].items())
        cell = dataclasses.replace(CELL, recipe=asked["recipe"], overrides=overrides)
        check_recipe(cell, record)
        assert record["result"]["recipe"]["name"] == asked["recipe"], path
