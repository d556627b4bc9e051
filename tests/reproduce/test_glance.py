"""The overview, on made-up records whose accuracies are known, and on the committed ones."""

import csv
import dataclasses
import io
import json
import pathlib

import numpy as np
import pytest

from reproduce.adaptive.plan import AdaptivePlan
from reproduce.claims.networks import Trained, clear_names
from reproduce.experiments import find
from reproduce.report.glance import glance_section
from reproduce.report.verdicts import claims_section
from tests.reproduce.test_claims import _Arrays, _attacked
from tests.reproduce.test_report import make_plan, put, store  # noqa: F401

RESULTS = pathlib.Path(__file__).parents[2] / "reproduce" / "results"
FULL = "Binomial network, full precision (D), given file"
SPIKING = "Binomial network, A with T = 3, given file"
SUITE = "suite, quick, eps 0.1, 400 images"
SHARES = {"D": 0.3, "A3": 0.9, "B3": 0.7}


@pytest.fixture
def plan(store):  # noqa: F811
    """Fig. 6(b) with every network attacked by FGM alone, in the ball of the adaptive attacks."""
    made = make_plan("fig6b", images=60)
    made = dataclasses.replace(made, attacks={
        name: {**one, "settings": {"eps": 0.1}} for name, one in made.attacks.items()
    })
    for number, cell in enumerate(find("fig6b").cells(made, attacks=("FGM",))):
        put(store, made, cell, _Arrays(SHARES.get(cell.checkpoint.network, 0.5), number)
            if cell.kind == "attack" else np.random.default_rng(number))
    return made


def lines_of(plans, into):
    section = glance_section(plans, into, claims_section(plans, into))
    by_network = {}
    for line in csv.DictReader(io.StringIO(section.csv)):
        by_network.setdefault(line["network"], {})[line["measure"]] = line
    return section, by_network


def test_a_network_stands_with_its_paper_s_attack_and_the_stronger_ones(store, plan):  # noqa: F811
    attacked = [_attacked(store, "A30", "mnist-A3", 0.2), _attacked(store, "D0", "mnist-D", 0.05)]
    section, found = lines_of([plan, *attacked], store)
    full, spiking = found[FULL], found[SPIKING]
    assert float(full["FGM 0.1"]["value"]) == pytest.approx(30, abs=12)
    assert float(spiking["FGM 0.1"]["value"]) == pytest.approx(90, abs=8)
    assert float(full[SUITE]["value"]) == pytest.approx(5, abs=2)
    assert float(spiking[SUITE]["value"]) == pytest.approx(20, abs=3)
    # Its twin was not attacked adaptively: the line is there, and says so.
    rows = {row[2].text: [cell.text for cell in row] for row in section.tables[1].rows}
    twin = next(name for name in rows if "T = 2" in name and "without noise" in name)
    assert rows[twin][5] == "not run" and set(found[twin]) == {"clean", "FGM 0.1"}
    assert list(section.pictures) == ["glance"]
    assert section.pictures["glance"].startswith(b"\x89PNG")


def test_networks_of_a_block_share_the_budget(store, plan):  # noqa: F811
    # The larger budget of D found less, but A3 was not attacked with it.
    larger = _attacked(store, "D0", "mnist-D", 0.0, budget="standard")
    plans = [plan, larger, _attacked(store, "D0", "mnist-D", 0.3)]
    _, found = lines_of(plans, store)
    assert SUITE.replace("quick", "standard") in found[FULL]
    _, found = lines_of([*plans, _attacked(store, "A30", "mnist-A3", 0.2)], store)
    assert SUITE in found[FULL] and SUITE in found[SPIKING]


def test_without_such_attacks_the_verdicts_stand_alone(store):  # noqa: F811
    section, found = lines_of([], store)
    assert not found and not section.pictures
    [table] = section.tables
    assert sum(int(cell.text) for row in table.rows for cell in row[1:5]) == 31
    # No record, so none of them was run.
    assert [row[5].text for row in table.rows] == ["0"] * 5


def test_numbers_are_those_of_the_records_they_name():
    lines = csv.DictReader(io.StringIO((RESULTS / "report" / "glance.csv").read_text("utf-8")))
    checked = 0
    for line in lines:
        if line["measure"] != "clean" or line["system"] == "binomial":
            continue
        shares = []
        for name in line["records"].split():
            record = json.loads((RESULTS / "records" / f"{name}.json").read_text("utf-8"))
            shares.append(record["result"]["points"][0]["accuracy"])
        assert float(line["value"]) == pytest.approx(100 * np.mean(shares), abs=1e-3)
        assert int(line["seeds"]) == len(shares)
        checked += 1
    assert checked >= 20


def test_the_seed_is_said_where_there_are_several():
    def attacked(model, weights):
        setting = {"norm": "inf", "budget": "quick"}
        return AdaptivePlan(model=model, weights_sha256=weights, data="mnist",
                            data_sha256={"test": "b"}, images=1, shard=1, eps=[0.1],
                            attacks={}, setting=setting)

    networks = {f"w{seed}": Trained("binomial", "mnist", "A3", "A", seed) for seed in (0, 1)}
    networks["d"] = Trained("binomial", "mnist", "D", "D", 0)
    plans = [attacked("a0", "w0"), attacked("a1", "w1"), attacked("a1-as-D", "w1"),
             attacked("d0", "d"), attacked("mine", "unknown")]
    assert clear_names(plans, networks) == {
        "a0": "A, seed 0", "a1": "A, seed 1", "a1-as-D": "A, seed 1, tested without noise",
        "d0": "D", "mine": "mine",
    }
