"""The table of architectures, against the made-up records behind it."""

import csv
import dataclasses
import io

from reproduce.experiments import find
from reproduce.experiments.rows import clean_cell
from reproduce.lookup import identity_of
from reproduce.plan import load_plans
from reproduce.report.architectures import architecture_sections
from tests.reproduce.test_report import fill, make_plan, store  # noqa: F401


def with_architecture(plan, name):
    given = {
        key: {**one, "weights_sha256": one["weights_sha256"] + name}
        for key, one in plan.checkpoints.items()
    }
    training = {**plan.training, "architecture": name}
    return dataclasses.replace(plan, training=training, checkpoints=given)


def test_one_line_per_architecture(store):  # noqa: F811
    plans = [with_architecture(make_plan("table3"), name) for name in ("r1", "r1-pool-nobn")]
    for seed, plan in enumerate(plans):
        fill(store, plan, seed=seed)
    assert sorted(plan.name for plan in load_plans(store)) == ["table3-mnist", "table3-mnist-r1"]
    (section,) = architecture_sections(load_plans(store), store)
    lines = {line["Architecture"]: line for line in csv.DictReader(io.StringIO(section.csv))}
    assert list(lines) == ["the paper", "r1", "r1-pool-nobn"]
    row = next(one for one in find("table3").rows if one.number == "33")
    assert row.label == "D → B2" and lines["the paper"]["D → B2"] == "98.78"
    for plan in plans:
        cell, index = clean_cell(plan, row, 0)
        hits = store.arrays(store.get(identity_of(cell, plan, store)))["correct"][index]
        assert lines[plan.architecture]["D → B2"] == f"{100 * hits.mean():.2f}"
    # Printed twice, with two numbers.
    assert lines["the paper"]["D → C, row 34"] == "91.82"
    assert lines["the paper"]["D → C, row 36"] == "82.91"


def test_one_architecture_needs_no_table(store):  # noqa: F811
    fill(store, make_plan("table3"))
    assert architecture_sections(load_plans(store), store) == []
