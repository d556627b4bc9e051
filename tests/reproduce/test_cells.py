"""Identity of cells."""

import dataclasses
import hashlib
import json

import pytest

from reproduce.cells import AttackCell, CleanCell, GivenCheckpoint, TrainCell, canonical, digest

GIVEN = GivenCheckpoint("digits", "B3", 0, "w" * 64)
TRAIN = TrainCell("digits", "A2", "A", 2, 0, "cpu", (("epochs", 3),), (4, 8), "last")
CLEAN = CleanCell(GIVEN, "B", (3,), 20, 2)
ATTACK = AttackCell(GIVEN, "B", 3, "FGM", (("eps", 0.1),), 0, 10, 2)


def test_digest_is_the_sha256_of_sorted_compact_json():
    value = {"b": [1, 2.5], "a": {"z": None, "y": "ü"}}
    text = '{"a":{"y":"\\u00fc","z":null},"b":[1,2.5]}'
    assert canonical(value) == text
    assert digest(value) == hashlib.sha256(text.encode()).hexdigest()


def test_canonical_refuses_nan():
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})


CHANGES = {
    TRAIN: dict(data="mnist", network="A3", neuron="B", T=3, seed=1, recipe="paper",
                overrides=(("epochs", 4),), widths=(4,), gradient="unrolled",
                architecture="r1-pool"),
    CLEAN: dict(checkpoint=dataclasses.replace(GIVEN, seed=1), neuron="C", passes=(5,),
                images=21, draws=3, seed=1, batch_size=100),
    ATTACK: dict(checkpoint=dataclasses.replace(GIVEN, seed=1), neuron="C", T=5, attack="Pixel",
                 settings=(("eps", 0.2),), start=1, stop=11, draws=3, seed=1, batch_size=100),
}


@pytest.mark.parametrize("cell", CHANGES, ids=lambda cell: cell.kind)
def test_every_field_decides_the_identity(cell):
    assert set(CHANGES[cell]) == {field.name for field in dataclasses.fields(cell)}
    base = digest(cell.identity("d", "w"))
    for name, value in CHANGES[cell].items():
        changed = dataclasses.replace(cell, **{name: value})
        assert digest(changed.identity("d", "w")) != base, name


def test_the_first_architecture_leaves_older_identities_as_they_were():
    assert "architecture" not in TRAIN.identity("d")
    pooled = dataclasses.replace(TRAIN, architecture="r1-pool")
    assert pooled.identity("d")["architecture"] == "r1-pool"


@pytest.mark.parametrize("cell", CHANGES, ids=lambda cell: cell.kind)
def test_data_and_weights_decide_the_identity(cell):
    assert cell.identity("d", "w") != cell.identity("e", "w")
    assert (cell.identity("d", "w") != cell.identity("d", "v")) == (cell is not TRAIN)


@pytest.mark.parametrize("cell", CHANGES, ids=lambda cell: cell.kind)
def test_identity_survives_json(cell):
    identity = cell.identity("d", "w")
    assert json.loads(json.dumps(identity)) == identity
    assert identity["kind"] == cell.kind


def test_labels_name_network_and_test():
    assert TRAIN.label() == "train digits-A2-s0"
    assert CLEAN.label() == "clean digits-B3-s0 as B T=3"
    assert ATTACK.label() == "FGM digits-B3-s0 as B T=3, images 0-10"
