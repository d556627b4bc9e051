"""Runs of `python -m reproduce` killed at random points and started again."""

import json
import pathlib
import random
import tempfile

from tests.reproduce.test_kill import finish, kill_after, numbers

RUNS = 4
KILLS_PER_RUN = 5
REPORTS = ("fig5-digits.csv", "fig5-digits-pictures-1.png")


def measure(runs=RUNS, kills=KILLS_PER_RUN):
    """Kills each run several times (SIGKILL), lets it finish, and compares it with an undisturbed.

    Compared are all records but for their times, and the finished tables and pictures byte by byte.
    """
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = pathlib.Path(folder, "undisturbed")
        finish(undisturbed)
        expected = numbers(undisturbed)
        found = []
        for number in range(runs):
            found.append(_one(pathlib.Path(folder, str(number)), number, kills, undisturbed,
                              expected))
            print(f"kills: run {number + 1} of {runs}: {found[-1]}", flush=True)
    return summed(found)


def summed(found):
    """The record of several runs."""
    return {
        "runs": len(found),
        "kills": sum(run["killed"] for run in found),
        "equal_runs": sum(run["equal"] for run in found),
        "lost_or_rewritten_records": sum(run["rewritten"] for run in found),
        "torn_records": sum(run["torn"] for run in found),
        "each": found,
    }


def _one(out, seed, kills, undisturbed, expected):
    chance = random.Random(1000 + seed)
    out.mkdir()
    killed = rewritten = torn = 0
    done = []
    for _ in range(kills):
        kept = {path: path.stat().st_mtime_ns for path in (out / "records").glob("*.json")}
        code, _ = kill_after(out, chance.randint(0, 4), chance.uniform(0, 1.0))
        killed += code == -9
        rewritten += sum(
            not path.exists() or path.stat().st_mtime_ns != written
            for path, written in kept.items()
        )
        records = list((out / "records").glob("*.json"))
        torn += sum(not _whole(path) for path in records)
        done.append(len(records))
    finish(out)
    equal = numbers(out) == expected and all(
        (out / "report" / name).read_bytes() == (undisturbed / "report" / name).read_bytes()
        for name in REPORTS
    )
    return {"killed": killed, "equal": equal, "rewritten": rewritten, "torn": torn,
            "records_after_each_kill": done}


def _whole(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))["id"] == path.stem
    except (ValueError, KeyError):
        return False
