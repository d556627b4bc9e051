"""Cells on several workers: order, retries, and the same numbers as in one process."""

import os
import pathlib
import random
import signal
import time

import numpy as np
import pytest

import reproduce.pool
from reproduce.bench import Bench, checkpoint_file
from reproduce.cells import CleanCell, TrainCell
from reproduce.cli import main
from reproduce.errors import WorkerError
from reproduce.plan import Plan
from reproduce.pool import Pool
from reproduce.progress import Progress
from reproduce.records import RecordStore
from reproduce.schedule import RETRIES, run_on
from reproduce.task import Done, Failed, Lost, Task, perform, worker_environment
from tests.reproduce.runs import kill_after, numbers, start, undisturbed

PLAN = Plan("table3", "digits", 1, {}, {}, {}, {"train": "r", "test": "t"})


def training(network):
    return TrainCell("digits", network, "A", 2, 0, "cpu", (), (4,), "last")


def clean(source, draws=1):
    return CleanCell(source, "A", (2,), 20, draws)


class Crew:
    """Two workers that answer at once, the newest task first; `answers` are used up first."""

    size, threads = 2, 1

    def __init__(self, store, answers=None):
        self.store, self.answers = store, answers or {}
        self.at_work, self.begun, self.closed = [], [], False

    def room(self):
        return self.size - len(self.at_work)

    def submit(self, name, task):
        assert self.room() > 0
        self.begun.append(task.cell.label())
        self.at_work.append((name, task))

    def wait(self):
        name, task = self.at_work.pop()
        planned = self.answers.get(task.cell.label())
        return [(name, planned.pop(0) if planned else self._done(task))]

    def close(self):
        self.closed = True

    def _done(self, task):
        if task.cell.kind == "train":
            file = checkpoint_file(task.cell, task.identity)
            result = {"weights_sha256": f"w-{task.cell.network}", "history": {}, "file": file}
            return Done(self._record(result), {}, 1.0, b"checkpoint")
        # A clean test begins only when its training is recorded and its checkpoint is there.
        source = task.cell.checkpoint
        assert task.identity["weights_sha256"] == f"w-{source.network}"
        file = checkpoint_file(source, source.identity("r"))
        assert (self.store.checkpoints / file).read_bytes() == b"checkpoint"
        return Done(self._record({"accuracy": [0.5]}), {"correct": np.ones(2)}, 1.0)

    @staticmethod
    def _record(result):
        return {"result": result, "cost": {}, "provenance": {}}


@pytest.fixture
def bench(tmp_path):
    store = RecordStore(tmp_path / "out")
    store.prepare()
    return Bench(store, {"digits": "r"})


def run(crew, cells, bench):
    return run_on(crew, [(PLAN, cell) for cell in cells], bench)


CELLS = [training("A2"), training("B2"), clean(training("A2")), clean(training("B2")),
         clean(training("A2"), draws=2)]


def test_every_cell_once_and_none_before_its_training(bench, capsys):
    crew = Crew(bench.store)
    assert run(crew, CELLS, bench) == (5, 0)
    assert sorted(crew.begun) == sorted(cell.label() for cell in CELLS) and crew.closed
    # The newest is answered first: A2 is still training while B2's clean test begins.
    assert crew.begun[:3] == ["train digits-A2-s0", "train digits-B2-s0",
                              "clean digits-B2-s0 as A T=2"]
    assert len(list(bench.store.records.glob("*.json"))) == 5
    assert len(capsys.readouterr().out.splitlines()) == 5
    again = Crew(bench.store)
    assert run(again, CELLS, bench) == (0, 5) and again.begun == []


def test_missing_checkpoint_is_trained_again(bench):
    run(Crew(bench.store), CELLS[:1], bench)
    for path in bench.store.checkpoints.iterdir():
        path.unlink()
    crew = Crew(bench.store)
    assert run(crew, CELLS, bench) == (5, 0)


def test_missing_checkpoint_is_not_trained_again_where_nothing_needs_it(bench):
    run(Crew(bench.store), CELLS, bench)
    for path in bench.store.checkpoints.iterdir():
        path.unlink()
    crew = Crew(bench.store)
    assert run(crew, CELLS, bench) == (0, 5) and crew.begun == []
    # One more test of A2, and B2 is left alone; a run of trainings alone is about the checkpoints.
    crew = Crew(bench.store)
    assert run(crew, [*CELLS, clean(training("A2"), draws=3)], bench) == (2, 4)
    assert crew.begun[0] == "train digits-A2-s0" and len(crew.begun) == 2
    assert run(Crew(bench.store), CELLS[:2], bench) == (1, 1)


def test_retrain_makes_every_missing_checkpoint(bench):
    run(Crew(bench.store), CELLS, bench)
    for path in bench.store.checkpoints.iterdir():
        path.unlink()
    bench.retrain = True
    crew = Crew(bench.store)
    assert run(crew, CELLS, bench) == (2, 3)
    assert sorted(crew.begun) == ["train digits-A2-s0", "train digits-B2-s0"]


def test_lost_cell_is_run_again(bench, capsys):
    label = CELLS[1].label()
    crew = Crew(bench.store, {label: [Lost("ended by SIGKILL")] * RETRIES})
    assert run(crew, CELLS, bench) == (5, 0)
    assert crew.begun.count(label) == 1 + RETRIES
    assert f"{label}: its process was ended by SIGKILL; it is run again" in capsys.readouterr().out


def test_cell_that_is_lost_too_often_is_named_and_the_others_run(bench):
    label = CELLS[1].label()
    crew = Crew(bench.store, {label: [Lost("ended by SIGKILL")] * (RETRIES + 1)})
    with pytest.raises(WorkerError, match="'train digits-B2-s0' died 4 times.*SIGKILL"):
        run(crew, CELLS, bench)
    # All but the lost training and the test that needs it.
    assert len(list(bench.store.records.glob("*.json"))) == 3
    assert "clean digits-B2-s0 as A T=2" not in crew.begun and crew.closed


def test_error_in_a_cell_is_raised_after_those_at_work(bench):
    crew = Crew(bench.store, {CELLS[1].label(): [Failed(FloatingPointError("diverged"))]})
    with pytest.raises(FloatingPointError, match="diverged"):
        run(crew, CELLS, bench)
    # A2 was at work and is kept; nothing was begun after the error.
    assert crew.begun == [CELLS[0].label(), CELLS[1].label()] and crew.closed
    assert len(list(bench.store.records.glob("train-*.json"))) == 1


def test_two_cells_with_one_identity_run_once(bench):
    twins = [clean(training("A2")), clean(training("A2"))]
    crew = Crew(bench.store)
    assert run(crew, [training("A2"), *twins], bench) == (2, 1)


def test_errors_of_a_worker_arrive_whatever_they_are(bench, monkeypatch):
    class Local(Exception):
        """Not importable elsewhere."""

    def fail(*arguments):
        raise Local("no luck")

    monkeypatch.setattr("reproduce.work.do", fail)
    cell = clean(training("A2"))
    outcome = perform(Task(cell, cell.identity("t", "w"), "", 1), bench)
    assert type(outcome.error) is RuntimeError and "Local: no luck" in str(outcome.error)
    assert "in fail" in outcome.error.__notes__[0]


def test_thread_count_of_a_worker_does_not_depend_on_their_number():
    environment = worker_environment(threads=3)
    assert environment["TF_NUM_INTRAOP_THREADS"] == environment["OMP_NUM_THREADS"] == "3"


def test_estimate_is_shared_by_the_workers():
    cells = [clean(training("A2"), draws) for draws in range(1, 6)]
    progress = Progress(cells, open(os.devnull, "w"), workers=2)
    progress.finish(cells[0], 10.0, "")
    # Four cells of 10 s, two at a time.
    assert progress.remaining() == "0:00:20 to go"


def test_dead_worker_is_reported_with_its_task(bench, monkeypatch):
    monkeypatch.setattr(reproduce.pool, "worker_environment", lambda threads: {})
    pool = Pool(2, 1, bench)
    try:
        for name in ("one", "two"):
            pool.submit(name, Task(None, {}, "", 1))
        assert pool.room() == 0
        killed = next(worker for worker, name in pool._busy.items() if name == "one")
        os.kill(killed.process.pid, signal.SIGKILL)
        assert pool.wait() == [("one", Lost("ended by SIGKILL"))]
        assert pool.room() == 1
    finally:
        started = time.monotonic()
        pool.close()
    # Workers that are still starting, or at work, do not hold up Ctrl-C.
    assert time.monotonic() - started < 2 * reproduce.pool.PATIENCE


def test_worker_that_cannot_start(bench, monkeypatch):
    monkeypatch.setattr(reproduce.pool, "worker_environment",
                        lambda threads: {"KERAS_BACKEND": "no such backend"})
    pool = Pool(1, 1, bench)
    pool.submit("one", Task(None, {}, "", 1))
    assert pool.wait() == [("one", Lost("left with code 1"))]
    pool.close()


@pytest.mark.parametrize("arguments, words", [
    (["--workers", "0"], "at least 1, not '0'"),
    (["--workers", "2", "--ray", "local"], "exclude each other"),
    (["--threads", "0"], "at least 1"),
])
def test_bad_request(arguments, words, capfd, tmp_path):
    try:
        code = main(["run", "table3", "--out", str(tmp_path / "out"), *arguments])
    except SystemExit as exit:
        code = exit.code
    error = capfd.readouterr().err
    assert code == 2 and words in error and len(error.strip().splitlines()) == 1


def workers_of(process):
    """Process numbers of the workers of a run."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    commands = {int(pid): pathlib.Path(f"/proc/{pid}/cmdline") for pid in children}
    return [pid for pid, path in commands.items() if b"spawn_main" in path.read_bytes()]


proc = pytest.mark.skipif(not pathlib.Path("/proc/self/cmdline").exists(), reason="needs /proc")


@pytest.mark.slow
@proc
def test_killed_workers_and_runs_end_like_an_undisturbed_run(tmp_path):
    chance, out = random.Random(5), tmp_path / "killed"
    for _ in range(2):
        kill_after(out, chance.randint(1, 5), chance.uniform(0, 0.3), "--workers", "2")
    process, killed = start(out, "--workers", "2"), 0
    while process.poll() is None and killed < 2:
        time.sleep(chance.uniform(1, 10))
        workers = workers_of(process) if process.poll() is None else []
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed += 1
    text, _ = process.communicate(timeout=600)
    assert process.returncode == 0 and killed, text
    assert text.count("it is run again") <= killed
    expected = undisturbed(tmp_path / "undisturbed")
    assert numbers(out) == numbers(expected)
    table = pathlib.Path("report") / "fig5-digits.csv"
    assert (out / table).read_bytes() == (expected / table).read_bytes()
    assert list((out / "training").iterdir()) == []


@pytest.mark.slow
@proc
def test_interrupt_is_clean_and_leaves_no_worker(tmp_path):
    process = start(tmp_path, "--workers", "2")
    while len(list((tmp_path / "records").glob("*.json"))) < 1:
        assert process.poll() is None
        time.sleep(0.05)
    workers = workers_of(process)
    # As a terminal does: to every process of the group.
    os.killpg(process.pid, signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in text, text
    assert workers and not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers)
    assert [path for path in tmp_path.rglob("*") if ".tmp" in path.name] == []


@pytest.mark.slow
@proc
def test_workers_go_with_a_killed_driver(tmp_path):
    process = start(tmp_path, "--workers", "1")
    while not workers_of(process):
        assert process.poll() is None
        time.sleep(0.05)
    workers = workers_of(process)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
