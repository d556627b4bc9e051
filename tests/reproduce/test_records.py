"""Records are whole or absent."""

import json
import os

import numpy as np
import pytest

from reproduce.cells import FORMAT
from reproduce.errors import UsageError
from reproduce.records import RecordStore, write_atomically

IDENTITY = {"kind": "clean", "a": 1}
RECORD = {"label": "x", "result": {"accuracy": 0.1 + 0.2}, "cost": {}, "provenance": {}}


@pytest.fixture
def store(tmp_path):
    made = RecordStore(tmp_path / "out")
    made.prepare()
    return made


def _put(store):
    return store.put(IDENTITY, RECORD, {"correct": np.array([[True, False, True]])})


def test_round_trip(store):
    record = _put(store)
    fresh = RecordStore(store.out)
    assert fresh.get(IDENTITY) == record
    assert fresh.get(IDENTITY)["result"]["accuracy"] == 0.1 + 0.2
    np.testing.assert_array_equal(
        fresh.arrays(fresh.get(IDENTITY))["correct"], [[True, False, True]]
    )
    assert fresh.get({**IDENTITY, "a": 2}) is None


def test_record_without_arrays(store):
    record = store.put(IDENTITY, RECORD, {})
    assert record["arrays"] is None and store.arrays(record) == {}
    assert RecordStore(store.out).get(IDENTITY) == record


def test_arrays_alone_are_no_record(store):
    record = _put(store)
    (store.records / f"{record['id']}.json").unlink()
    assert RecordStore(store.out).get(IDENTITY) is None


@pytest.mark.parametrize("damage", ["truncate json", "truncate arrays", "remove arrays"])
def test_damaged_record_is_absent_and_can_be_written_again(store, damage):
    record = _put(store)
    action, what = damage.split()
    path = store.records / f"{record['id']}.{'json' if what == 'json' else 'npz'}"
    if action == "remove":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    fresh = RecordStore(store.out)
    assert fresh.get(IDENTITY) is None
    _put(fresh)
    assert RecordStore(store.out).get(IDENTITY) == record


def test_failed_write_keeps_the_former_content(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"former")

    def fail(*arguments):
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"former"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_record_file_is_sorted_json_with_numbers(store):
    record = _put(store)
    text = (store.records / f"{record['id']}.json").read_text()
    assert text == json.dumps(record, indent=1, sort_keys=True) + "\n"


def test_the_same_arrays_give_the_same_bytes(store, tmp_path):
    first = _put(store)
    other = RecordStore(tmp_path / "other")
    other.prepare()
    assert _put(other)["arrays"]["sha256"] == first["arrays"]["sha256"]


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        RecordStore(tmp_path / "file" / "out").prepare()


def test_records_of_another_version_are_told_of(store):
    identity = {"kind": "clean", "format": FORMAT}
    store.put(identity, {"result": 1}, {})
    store.check_version()
    old = {"kind": "attack", "format": FORMAT + 1}
    store.put(old, {"result": 1, "provenance": {"package": "9.1"}}, {})
    with pytest.raises(UsageError, match=rf"format {FORMAT + 1} \(binomial_keras 9.1\)"):
        store.check_version()
    with pytest.raises(UsageError, match="another folder"):
        store.prepare()
