"""As published beside adaptive: both columns are of the same weights."""

import csv
import io

import pytest

from reproduce.cli import main
from reproduce.plan import load_plans
from reproduce.records import RecordStore
from reproduce.report.two_columns import two_column_sections


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    small = ["--images", "6", "--draws", "2", "--out", str(out)]
    arguments = ["--epochs", "1", "--rows", "1,2", "--attacks", "FGM", "--clean-images", "40"]
    assert main(["run", "demo", *arguments, *small]) == 0
    twin, noisy = sorted((out / "checkpoints").glob("*.keras"), reverse=True)
    assert "digits-D-" in twin.name and "digits-B3-" in noisy.name
    attacks = ["--data", "digits", "--eps", "0.1", "--score-draws", "4"]
    assert main(["run", "adaptive", "--model", str(twin), "--attacks", "FGSM;PGD", *attacks,
                 *small]) == 0
    return RecordStore(out)


def test_a_network_attacked_both_ways_has_a_line(store):
    plans = load_plans(store)
    (section,) = two_column_sections(plans, store)
    (line,) = csv.DictReader(io.StringIO(section.csv))
    assert line["network"] == "D (D → D)"
    published = [r for r in map(store.by_id, _ids(section, "FGM, as published"))]
    assert float(line["FGM, as published"]) == pytest.approx(
        100 * published[0]["result"]["accuracy"], abs=0.06
    )
    assert line["DeepFool, as published"] == "not run"
    adaptive = [store.by_id(i) for i in _ids(section, "adaptive, eps 0.1")]
    assert {one["identity"]["attack"] for one in adaptive} == {"no attack", "FGSM", "PGD"}
    hashes = {one["identity"]["weights_sha256"] for one in adaptive + published}
    assert len(hashes) == 1


def test_no_line_without_the_adaptive_column(store):
    plans = [plan for plan in load_plans(store) if plan.experiment != "adaptive"]
    assert two_column_sections(plans, store) == []


def test_a_twin_is_not_shown_beside_attacks_on_its_noisy_network(store):
    noisy = next(store.checkpoints.glob("digits-B3-*[0-9a-f].keras"))
    assert main(["run", "adaptive", "--model", str(noisy), "--twin", "--attacks", "FGSM", "--data",
                 "digits", "--eps", "0.1", "--score-draws", "4", "--images", "6", "--draws", "2",
                 "--out", str(store.out)]) == 0
    plans = load_plans(store)
    assert [plan.is_twin for plan in plans if plan.experiment == "adaptive"].count(True) == 1
    (section,) = two_column_sections(plans, store)
    names = [line["network"] for line in csv.DictReader(io.StringIO(section.csv))]
    # The demo tests these weights as B3 only. The twin's hash is that of B3.
    assert names == ["B3 (B3 → B3)", "D (D → D)"]


def _ids(section, column):
    table = section.tables[0]
    return table.rows[0][table.columns.index(column)].records
