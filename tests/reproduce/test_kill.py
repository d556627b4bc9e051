"""Killed at any moment, a run loses nothing and repeats nothing."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARGUMENTS = ["run", "fig5", "--rows", "1,6", "--data", "digits", "--widths", "4", "--epochs", "3",
             "--images", "8", "--clean-images", "20", "--draws", "2", "--shard", "2",
             "--attacks", "FGM,Square", "--set", "Square.max_iter=3"]
KILLS = 5
LIMIT = 600


def start(out):
    return subprocess.Popen(
        [sys.executable, "-m", "reproduce", *ARGUMENTS, "--out", str(out)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


def finish(out):
    process = start(out)
    text, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, text


def files(out):
    """Files whose appearance marks progress: records and the states of trainings."""
    return {p for folder in ("records", "training") for p in (out / folder).rglob("*")
            if p.is_file()}


def kill_after(out, new_files, delay, number=signal.SIGKILL):
    """Starts a run and kills it `delay` seconds after its `new_files`-th new file."""
    before, deadline = len(files(out)), time.monotonic() + LIMIT
    process = start(out)
    while process.poll() is None and len(files(out)) < before + new_files:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(delay)
    process.send_signal(number)
    text, _ = process.communicate(timeout=LIMIT)
    return process.returncode, text


def numbers(out):
    """Everything a run found, without what a second run may have differently: times."""
    found = {}
    for path in sorted((out / "records").glob("*.json")):
        record = json.loads(path.read_text())
        cost = {key: value for key, value in record["cost"].items() if key != "seconds"}
        # The file of a checkpoint holds the time it was saved at; its weights are compared.
        result = {key: value for key, value in record["result"].items() if key != "sha256"}
        found[path.name] = [record["identity"], result, record["arrays"], cost]
    return found


@pytest.mark.slow
def test_killed_run_ends_like_an_undisturbed_one(tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    finish(undisturbed)
    chance = random.Random(20)
    killed.mkdir()
    for _ in range(KILLS):
        kept = {p: p.stat().st_mtime_ns for p in (killed / "records").glob("*.json")}
        kill_after(killed, chance.randint(1, 7), chance.uniform(0, 0.3))
        # Nothing that was there is lost or written again, and every record there is whole.
        for path, written in kept.items():
            assert path.stat().st_mtime_ns == written
        for path in (killed / "records").glob("*.json"):
            assert json.loads(path.read_text())["id"] == path.stem
    finish(killed)
    assert numbers(killed) == numbers(undisturbed)
    for name in ("fig5-digits.csv", "fig5-digits-pictures-1.png"):
        report = pathlib.Path("report") / name
        assert (killed / report).read_bytes() == (undisturbed / report).read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupt_is_clean(tmp_path):
    code, text = kill_after(tmp_path, 2, 0.0, signal.SIGINT)
    assert code == 130, text
    assert "the same command goes on from there" in text and "Traceback" not in text
