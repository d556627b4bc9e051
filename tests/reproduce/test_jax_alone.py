"""On JAX the whole pipeline runs where neither TensorFlow nor PyTorch is installed."""

import json
import subprocess
import sys

import pytest

from tests.without import ROOT, environment

pytest.importorskip("jax")

HIDDEN = ("tensorflow", "tensorflow_datasets", "torch", "keras_hub")

# All in one process: every import and every compiled function is paid for once.
PROGRAM = """
import importlib.util, pathlib, sys
for name in {hidden!r}:
    assert importlib.util.find_spec(name) is None, name
from reproduce.cli import main
for arguments in {commands!r}:
    # "=PATTERN" stands for the file of that name.
    arguments = [str(next(pathlib.Path().glob(a[1:]))) if a[0] == "=" else a for a in arguments]
    assert main(arguments) == 0, arguments
assert not [name for name in sys.modules if name.partition(".")[0] in {hidden!r}]
"""

TINY = ["--data", "digits", "--widths", "4", "--epochs", "2", "--images", "4",
        "--clean-images", "20", "--draws", "2", "--shard", "4", "--set", "Square.max_iter=2"]
ADAPTIVE = ["--data", "digits", "--images", "4", "--draws", "2", "--score-draws", "4",
            "--eps", "0.1", "--attacks", "PGD"]


def pipeline(folder, commands):
    """Runs commands of `reproduce` in a folder; returns the records that they leave."""
    (folder / "site").mkdir()
    program = PROGRAM.format(hidden=HIDDEN, commands=commands)
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False,
        env=environment(folder / "site", HIDDEN, KERAS_BACKEND="jax"),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    files = sorted((folder / "runs" / "records").glob("*.json"))
    return [json.loads(file.read_text()) for file in files]


def test_training_both_suites_and_the_report(tmp_path):
    found = pipeline(tmp_path, [
        ["run", "fig4a", "--rows", "7", "--attacks", "FGM", *TINY],
        ["run", "adaptive", "--model", "=runs/checkpoints/digits-B3-*.keras", *ADAPTIVE],
    ])
    kinds = [record["identity"]["kind"] for record in found]
    assert {"train", "clean", "attack", "adaptive", "checks"} <= set(kinds)
    for record in found:
        versions = record["provenance"]["versions"]
        assert record["provenance"]["backend"] == "jax"
        assert "jax" in versions and "tensorflow" not in versions and "torch" not in versions
    assert (tmp_path / "runs" / "report" / "index.html").exists()


@pytest.mark.slow
def test_every_published_attack_and_a_study_of_each_kind(tmp_path):
    studies = [
        ["run", name, "--data", "digits", "--seeds", "1", "--epochs", "1", "--images", "4",
         "--draws", "2"]
        # The networks of the SPLASH studies need larger images, or coloured ones.
        for name in ("flexible_fig5a_small", "glr_mnist", "randhet_mnist")
    ]
    found = pipeline(tmp_path, [
        ["run", "fig4a", "--rows", "2", *TINY, "--set", "Pixel.max_iter=1",
         "--set", "C&W.max_iter=1", "--set", "DeepFool.max_iter=2"],
        *studies,
    ])
    attacks = {record["identity"].get("attack") for record in found}
    assert {"FGM", "Square", "DeepFool", "C&W", "Pixel"} <= attacks
    assert {"measure", "train"} <= {record["identity"]["kind"] for record in found}


def test_a_set_that_cannot_be_read_is_one_sentence_with_both_ways_out(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "reproduce", "run", "table4"], cwd=tmp_path, text=True,
        capture_output=True, check=False,
        env=environment(tmp_path, HIDDEN, KERAS_BACKEND="jax", BINOMIAL_KERAS_DATA_DIR=str(ROOT)),
    )
    assert ran.returncode == 2
    assert "TensorFlow is needed" in ran.stderr and "BINOMIAL_KERAS_DATA_DIR" in ran.stderr
    assert "Traceback" not in ran.stderr
