"""A tiny experiment on digits, run for real: records, resuming, the page."""

import json
import re

import numpy as np
import pytest

from binomial_keras import data
from reproduce.cli import main
from reproduce.images import chosen
from reproduce.plan import load_plans
from reproduce.records import RecordStore

TINY = ["--data", "digits", "--widths", "4", "--epochs", "2", "--images", "6", "--draws", "2",
        "--clean-images", "20", "--shard", "4", "--set", "Pixel.max_iter=1",
        "--set", "C&W.max_iter=2", "--set", "DeepFool.max_iter=3", "--set", "Square.max_iter=4"]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "out"
    assert main(["run", "fig5", "--rows", "1,6", *TINY, "--out", str(folder)]) == 0
    return folder


def records(folder):
    found = {}
    for path in sorted((folder / "records").glob("*.json")):
        found[path.name] = json.loads(path.read_text())
    return found


def test_records_of_all_cells(out):
    found = records(out)
    kinds = [record["identity"]["kind"] for record in found.values()]
    # Two networks; each with one clean cell and five attacks in two blocks (4 and 2 images).
    assert (kinds.count("train"), kinds.count("clean"), kinds.count("attack")) == (2, 2, 20)
    for name, record in found.items():
        text = json.dumps(record)
        assert str(out.parent) not in text and name == f"{record['id']}.json"
        assert record["provenance"]["versions"]["keras"] and record["cost"]["seconds"] >= 0


def test_attack_record_holds_what_the_issue_asks_for(out):
    store = RecordStore(out)
    x, y = data.load("digits", "test")
    for record in records(out).values():
        if record["identity"]["kind"] != "attack":
            continue
        result, arrays, asked = record["result"], store.arrays(record), record["identity"]
        start, stop = asked["start"], asked["stop"]
        numbers = chosen(360, start, stop)
        np.testing.assert_array_equal(arrays["image_numbers"], numbers)
        np.testing.assert_array_equal(arrays["true_labels"], y[numbers])
        assert arrays["correct"].shape == (asked["draws"], stop - start)
        assert asked["draws"] == (1 if asked["test_neuron"] == "D" else 2)
        assert result["accuracy"] == arrays["correct"].mean()
        low, high = result["interval"]
        assert 0 <= low <= result["accuracy"] <= high <= 1
        assert ("attacked_pictures" in arrays) == (start == 0)
        assert asked["settings"] and record["cost"]["forwards"] > 0
        unchanged = np.isclose(arrays["l2"], 0)
        np.testing.assert_array_equal(arrays["unchanged"], unchanged)
        np.testing.assert_allclose(arrays["ssim"][unchanged], 1, atol=1e-6)


def test_second_run_repeats_nothing(out, capfd):
    before = {path: path.stat().st_mtime_ns for path in (out / "records").iterdir()}
    assert main(["run", "fig5", "--rows", "1,6", *TINY, "--out", str(out)]) == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "records").iterdir()} == before
    assert "0 cells run, 24 had a record already" in capfd.readouterr().out


def test_no_temporary_file_is_left(out):
    left = [path for path in out.rglob("*") if ".tmp-" in path.name]
    assert left == []
    # The state of a finished training is of no use any more.
    assert list((out / "training").iterdir()) == []


def test_report_lists_unrun_rows(out):
    text = (out / "report" / "fig5-digits.md").read_text()
    lines = [line for line in text.splitlines() if re.match(r"\| [1-6] \|", line)]
    assert sum("not run" in line for line in lines) > 0
    assert any(line.startswith("| 1 | D → D | [") for line in lines)
    assert (out / "report" / "fig5-digits-pictures-1.png").read_bytes()[:4] == b"\x89PNG"


def test_own_checkpoints_can_be_given(out, tmp_path, capfd):
    trained = next((out / "checkpoints").glob("digits-D-s0-*.keras"))
    given = tmp_path / "given"
    given.mkdir()
    (given / "digits-D-s0.keras").write_bytes(trained.read_bytes())
    arguments = ["run", "table3", "--data", "digits", "--images", "20", "--draws", "2",
                 "--T", "2", "--checkpoints", str(given), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    captured = capfd.readouterr()
    assert "Not given, left out:" in captured.err and "digits-B2-s0" in captured.err
    plan = load_plans(RecordStore(tmp_path / "out"))[0]
    assert list(plan.checkpoints) == ["D-s0"]
    # The given file is used where it lies.
    assert list((tmp_path / "out" / "checkpoints").iterdir()) == []
    kinds = {record["identity"]["kind"] for record in records(tmp_path / "out").values()}
    assert kinds == {"clean"}


def test_rows_that_share_a_cell_agree_with_their_own_t(out, tmp_path):
    """Accuracy after pass t equals that of a type A network with T = t, up to chance."""
    import binomial_keras as bk
    from binomial_keras.evaluation import predict_draws

    network = bk.load(str(next((out / "checkpoints").glob("digits-B3-s0-*.keras"))))
    x, y = data.load("digits", "test")
    shared = bk.models.anytime_labels(network, x, 5, draws=8, seed=1)[:, 2] == y
    own = predict_draws(bk.convert(network, "A", 3), x, 8, seed=2) == y
    # 8 draws of 360 images each; per draw the accuracy's s.d. given the images is at most
    # 0.5 / sqrt(360) = 0.026, the difference of the means' at most 0.0132. 5 s.d.: an error
    # rate below 1e-6.
    assert abs(shared.mean() - own.mean()) < 5 * 0.0132
