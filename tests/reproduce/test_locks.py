"""Two runs with one output folder: every cell is made by one of them."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from reproduce import runner, schedule
from reproduce.bench import Bench, checkpoint_file
from reproduce.locks import CellLock
from reproduce.records import RecordStore
from tests.reproduce.test_workers import CELLS, PLAN, Crew

pytestmark = pytest.mark.skipif(os.name != "posix", reason="without flock nothing is locked")

HOLD = """
import sys, time
from reproduce.locks import CellLock
lock = CellLock(sys.argv[1])
print(lock.take(), flush=True)
time.sleep(600)
"""


def test_one_holder_at_a_time(tmp_path):
    path = tmp_path / "locks" / "cell"
    first, second = CellLock(path), CellLock(path)
    assert first.take() and not second.take()
    first.release()
    assert second.take() and path.is_file()
    second.release()
    assert not path.exists()
    second.release()


def test_one_who_waits_never_holds_a_file_that_is_gone(tmp_path):
    path = tmp_path / "cell"
    holders, most = [], []

    def hold(_):
        for _ in range(50):
            lock = CellLock(path)
            lock.take(wait=True)
            holders.append(lock)
            most.append(len(holders))
            time.sleep(0.0005)
            holders.remove(lock)
            lock.release()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(hold, range(4)))
    assert len(most) == 200 and max(most) == 1


def test_a_killed_process_holds_nothing(tmp_path):
    path = tmp_path / "cell"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"True\n"
    assert not CellLock(path).take()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    lock = CellLock(path)
    assert path.is_file() and lock.take()
    lock.release()


class Maker:
    """Makes records slowly, and remembers of which cells."""

    def __init__(self):
        self.made, self.lock = [], threading.Lock()

    def record(self, cell, identity, bench):
        with self.lock:
            self.made.append(cell.label())
        time.sleep(0.05)
        result = {"accuracy": [0.5]}
        if cell.kind == "train":
            file = checkpoint_file(cell, identity)
            (bench.store.checkpoints / file).write_bytes(b"checkpoint")
            result = {"weights_sha256": f"w-{cell.network}", "history": {}, "file": file}
        return {"label": cell.label(), "result": result, "cost": {}, "provenance": {}}, {}


class SlowCrew(Crew):
    """Answers after a moment, as `Maker` does."""

    def __init__(self, store, maker):
        super().__init__(store)
        self.maker = maker

    def wait(self):
        [(name, done)] = super().wait()
        task = self.task
        self.maker.record(task.cell, task.identity, Bench(self.store))
        return [(name, done)]

    def _done(self, task):
        self.task = task
        return super()._done(task)


@pytest.mark.parametrize("crews", [0, 1, 2])
def test_two_runs_make_every_cell_once(tmp_path, monkeypatch, capsys, crews):
    monkeypatch.setattr(schedule, "PATIENCE", 0.01)
    maker, together = Maker(), threading.Barrier(2)
    monkeypatch.setattr(runner, "make_record", maker.record)
    RecordStore(tmp_path).prepare()

    def run(number):
        store = RecordStore(tmp_path)
        bench = Bench(store, {"digits": "r"})
        jobs = [(PLAN, cell) for cell in CELLS]
        together.wait()
        if number < crews:
            return schedule.run_on(SlowCrew(store, maker), jobs, bench)
        return runner.run_cells(jobs, store, bench)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, range(2)))
    assert sorted(maker.made) == sorted(cell.label() for cell in CELLS)
    assert sum(ran for ran, _ in found) == len(CELLS)
    assert [ran + kept for ran, kept in found] == [len(CELLS)] * 2
    assert "another run is at it; waiting" in capsys.readouterr().out
    assert not list((tmp_path / "locks").iterdir())
