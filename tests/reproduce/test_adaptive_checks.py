"""Checks of `run adaptive`: their record, what follows from other records, and the report."""

import csv
import json

import keras
import numpy as np
import pytest

import binomial_keras as bk
from reproduce.adaptive.check_cell import check_settings
from reproduce.adaptive.check_results import computed_checks, draws_curve, plan_checks
from reproduce.cli import main
from reproduce.lookup import record_of
from reproduce.plan import load_plans
from reproduce.records import RecordStore

SMALL = ["--data", "digits", "--images", "8", "--eps", "0.05,0.3", "--score-draws", "6",
         "--attacks", "random noise,FGSM,PGD,Square"]


def read_out(features, labels, scale):
    """Weights of the last layer by least squares: a network without a training."""
    bias = np.ones((len(features), 1), "float32")
    target = scale * (np.eye(10, dtype="float32")[labels] - 0.1)
    found = np.linalg.lstsq(np.hstack([features, bias]), target, rcond=None)[0]
    return [found[:-1], found[-1]]


def linear(path, scale):
    x, y = bk.data.load("digits", "train")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    model.layers[-1].set_weights(read_out(x.reshape(len(x), -1), y, scale))
    model.save(path)


def noisy(path):
    x, y = bk.data.load("digits", "train")
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Flatten(),
        layers.Dense(60, kernel_initializer=keras.initializers.RandomNormal(0.0, 0.4, seed=1)),
        bk.layers.BU("B", T=2, seed=0), layers.Dense(10, activation="softmax"),
    ])
    u = x.reshape(len(x), -1) @ np.asarray(model.layers[1].get_weights()[0])
    model.layers[-1].set_weights(read_out(np.maximum(np.tanh(u), 0), y, 10.0))
    model.save(path)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A linear network, and the same with logits so large that float32 knows no gradient."""
    folder = tmp_path_factory.mktemp("linear")
    linear(folder / "plain.keras", 10.0)
    linear(folder / "steep.keras", 1e7)
    models = ["--model", str(folder / "plain.keras"), "--model", str(folder / "steep.keras")]
    assert main(["run", "adaptive", *models, *SMALL, "--out", str(folder / "out")]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noisy")
    noisy(folder / "noisy.keras")
    arguments = ["run", "adaptive", "--model", str(folder / "noisy.keras"), *SMALL, "--draws", "4",
                 "--out", str(folder / "out")]
    assert main(arguments) == 0
    return folder / "out", arguments


def checks_of(out, model):
    store = RecordStore(out)
    plan = next(plan for plan in load_plans(store) if plan.model == model)
    return {one.name: one for one, _ in plan_checks(plan, store)}, plan, store


def test_plain_network_fails_nothing_about_gradients(compared):
    checks, *_ = checks_of(compared, "plain")
    assert len(checks) == 13
    for name in ("logits", "randomness", "zero gradients", "complete at large eps",
                 "monotone in eps", "iteration beats one step", "gradients beat random noise",
                 "white box beats black box", "fooled images are changed"):
        assert checks[name].passed is True, checks[name]
    for name in ("more draws", "gradient signal", "frozen noise falls"):
        assert checks[name].passed is None


def test_masked_gradients_are_found_out(compared):
    checks, *_ = checks_of(compared, "steep")
    # Same decisions as the plain network, yet cross-entropy has no slope: PGD stays where it is.
    for name in ("zero gradients", "complete at large eps", "white box beats black box"):
        assert checks[name].passed is False, checks[name]
    assert checks["zero gradients"].value > 50


def test_failed_checks_stand_beside_the_numbers(compared):
    report = compared / "report"
    text = (report / "adaptive-steep-digits-linf.md").read_text()
    head, _, rest = text.partition("### ")
    assert "Failed checks" in head and "zero gradients" in head
    worst, checks = rest.split("### ")[:2]
    assert "Failed checks: " in worst and checks.startswith("Checks\n") and "FAIL" in checks
    # One of eight images may move with the steps; the gradients are sound.
    plain = (report / "adaptive-plain-digits-linf.md").read_text().partition("### ")[0]
    assert "gradients" not in plain.partition("Failed checks")[2]
    [comparison] = [one.read_text() for one in report.glob("adaptive-comparison-digits-linf-*.md")]
    assert "Failed checks. steep: " in comparison
    page = (report / "other.html").read_text()
    steep = page.partition('<section id="adaptive-steep-digits-linf">')[2]
    assert "http" not in page and steep.index("<h3>Checks") < steep.index("<img")
    with open(report / "adaptive-steep-digits-linf.csv") as handle:
        lines = {one["attack"]: one for one in csv.DictReader(handle)}
    assert lines["check: zero gradients"]["measure"] == "FAIL"


def test_record_of_the_checks(drawn):
    out, _ = drawn
    checks, plan, store = checks_of(out, "noisy")
    cell = plan.check_cell()
    record = record_of(cell, plan, store)
    assert (cell.eps, cell.largest, cell.images, cell.steps) == (0.05, 0.3, 8, 20)
    assert cell.rules == ("own",) and cell in plan.cells()
    assert len(record["result"]["checks"]) == 8 and record["result"]["stochastic"] is True
    assert record["cost"]["backwards"] > 20 * 4 * 8
    assert [one.name for one, _ in computed_checks(plan, store)] == list(checks)[:8]
    assert checks["randomness"].passed and checks["complete at large eps"].passed
    assert checks["frozen noise falls"].passed is True
    curve = draws_curve(plan, store)
    assert [draws for draws, _ in curve] == [1, 4, 8]
    assert all(0 <= one.value <= 1 and one.images == 8 for _, one in curve)
    assert (out / "report" / f"{plan.name}-draws.png").stat().st_size > 1000


def test_same_record_again(drawn, tmp_path):
    out, arguments = drawn
    assert main([*arguments[:-1], str(tmp_path), "--attacks", "PGD,FGSM"]) == 0
    (one,), (two,) = ([*(folder / "records").glob("checks-*.json")] for folder in (out, tmp_path))
    one, two = (json.loads(path.read_text()) for path in (one, two))
    assert one["id"] == two["id"] and one["result"] == two["result"]


def test_an_older_plan_has_no_checks_and_a_missing_record_is_told(drawn, tmp_path):
    import shutil

    copy = tmp_path / "out"
    shutil.copytree(drawn[0], copy)
    for path in (copy / "records").glob("checks-*"):
        path.unlink()
    assert main(["report", "--out", str(copy)]) == 0
    (path,) = (copy / "plans").glob("*.json")
    assert "checks of the model | not run" in (copy / "report" / f"{path.stem}.md").read_text()
    plan = json.loads(path.read_text())
    del plan["checks"]
    path.write_text(json.dumps(plan))
    assert all(cell.kind == "adaptive" for cell in load_plans(RecordStore(copy))[0].cells())
    assert main(["report", "--out", str(copy)]) == 0


def test_only_what_the_attacks_use_is_checked():
    spec = {"backward": "twin", "settings": {"loss": "dlr"}}
    plain = {"backward": "own", "settings": {"eps": 0.1}}
    attacks = {"0.1": {"a": json.dumps(spec), "b": json.dumps(plain)}}
    assert check_settings(500, [0.1, 0.2, 0.3, 0.4], attacks, "standard", 100) == {
        "images": 100, "eps": 0.2, "largest": 0.4, "steps": 100,
        "rules": ["own", "twin"], "losses": ["cross_entropy", "dlr"],
    }
