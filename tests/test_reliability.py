"""docs/reliability.md says what was measured, what was measured is good, and memory stays flat."""

import json
import pathlib

import pytest

from benchmarks.reliability import kills, memory, page
from tests import bad_files
from tests.layers.random_layers import LAYERS

ROOT = pathlib.Path(__file__).parents[1]
RECORD = json.loads((ROOT / "benchmarks" / "measured" / "reliability.json").read_text("utf-8"))


def test_the_page_is_written_from_the_record():
    assert page.PAGE.read_text(encoding="utf-8") == page.text(RECORD)


def _kills(found):
    assert found["kills"] >= 10 and found["equal_runs"] == found["runs"]
    assert found["torn_records"] == found["lost_or_rewritten_records"] == 0


def _files(found):
    assert set(found["each"]) == set(bad_files.KINDS) and found["refused"] == found["kinds"]


def _layers(found):
    assert set(found["each"]) == {layer.__name__ for layer in LAYERS}
    assert found["equal"] == found["configurations"]


def _memory(found):
    assert found["predictions"]["count"] >= 1000 and found["attacks"]["count"] >= 50
    for part in ("predictions", "attacks"):
        assert found[part]["growth_mib"] < 30


CHECKS = {"kills": _kills, "files": _files, "layers": _layers, "memory": _memory}


@pytest.mark.parametrize("name", sorted(RECORD))
def test_what_was_measured_is_good(name):
    CHECKS[name](RECORD[name])
    assert RECORD[name]["conditions"]["keras"] in page.text(RECORD)


def test_sums_are_sums():
    one = {"killed": 5, "equal": True, "rewritten": 0, "torn": 0}
    two = {"killed": 4, "equal": False, "rewritten": 2, "torn": 1}
    found = kills.summed([one, two])
    assert (found["runs"], found["kills"], found["equal_runs"]) == (2, 9, 1)
    assert (found["torn_records"], found["lost_or_rewritten_records"]) == (1, 2)


def test_growth_is_seen():
    held = []
    found = memory._follow(lambda number: held.append(bytearray(20 * 2**20)), 20)
    # 16 of 20 steps come after the warm-up, 20 MiB each; what else comes and goes is less.
    assert found["warm_up"] == 4 and 280 < found["growth_mib"] < 360


@pytest.mark.slow
def test_memory_is_flat():
    found = memory.measure(predictions=200, attacks=20)
    assert found["predictions"]["growth_mib"] < 30 and found["attacks"]["growth_mib"] < 30
