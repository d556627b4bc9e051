"""Cells on a Ray cluster: nodes and workers may die, the numbers stay the same."""

import builtins
import os
import pathlib
import random
import signal
import time
import types

import pytest

from reproduce.bench import Bench
from reproduce.cells import CleanCell, TrainCell
from reproduce.cli import main
from reproduce.ray_task import Mailbox, Parcel, perform_remotely, versions
from reproduce.records import RecordStore
from reproduce.task import Failed, Lost, Task
from tests.reproduce.runs import kill_after, numbers, start, undisturbed

pytestmark = pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs /proc")


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch, capfd, tmp_path):
    real = builtins.__import__

    def without(name, *arguments, **settings):
        if name == "ray":
            raise ImportError(name)
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["run", "table3", "--ray", "auto", "--out", str(tmp_path / "out")]) == 2
    error = capfd.readouterr().err
    assert "binomial_keras[cluster]" in error and len(error.splitlines()) == 1


def test_mailbox_keeps_the_newest_state_of_each():
    mailbox = Mailbox()
    mailbox.put("a", b"1")
    mailbox.put("a", b"2")
    mailbox.put("b", b"3")
    assert mailbox.take() == {"a": b"2", "b": b"3"} and mailbox.take() == {}


def test_node_with_other_versions_is_refused():
    from reproduce.provenance import provenance

    here = versions(provenance())
    assert here["keras"] and here["binomial_keras"]
    cell = CleanCell(TrainCell("digits", "D", "D", None, 0, "cpu", (), (4,), "last"), "D", (), 5, 1)
    task = Task(cell, cell.identity("t", "w"), "", 1)
    parcel = Parcel("name", task, {}, {**here, "keras": "2.0"}, (), "digits", (), None)
    outcome = perform_remotely(parcel, None)
    assert isinstance(outcome, Failed)
    assert f"has keras {here['keras']} where this machine has 2.0" in str(outcome.error)


def parents():
    """Parent by process number, of all processes."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            pass  # it has just ended
    return found


OWN = os.getpid()


def workers_here(own=OWN):
    """The processes at work on a cell, in the clusters that this process has started."""
    above, found = parents(), []
    for pid in above:
        try:
            title = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        ancestor = pid
        while ancestor in above and ancestor != own:
            ancestor = above[ancestor]
        if ancestor == own and title.startswith(b"ray::perform_remotely"):
            found.append(pid)
    return found


def _head(settings):
    from ray.cluster_utils import Cluster

    arguments = {**settings, "include_dashboard": False}
    return Cluster(initialize_head=True, head_node_args=arguments)


def _patiently(begin, tries=4):
    """Ray gives a node 30 seconds to start, which a busy machine may exceed."""
    for left in reversed(range(tries)):
        try:
            return begin()
        except Exception as error:
            if not left or "timed out during startup" not in str(error):
                raise


@pytest.fixture
def cluster():
    pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    settings = {"num_cpus": 1, "object_store_memory": 100_000_000}
    cluster = _patiently(lambda: _head(settings))
    cluster.second = _patiently(lambda: cluster.add_node(**settings))
    yield cluster
    cluster.shutdown()


@pytest.mark.slow
def test_killed_workers_node_and_runs_end_like_an_undisturbed_run(cluster, tmp_path):
    chance, out, ray = random.Random(6), tmp_path / "killed", ("--ray", cluster.address)
    kill_after(out, chance.randint(1, 4), chance.uniform(0, 0.5), *ray)
    process, killed = start(out, *ray), 0
    while process.poll() is None and killed < 2:
        time.sleep(chance.uniform(0, 5))
        workers = workers_here()
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed += 1
    # A whole node goes; what ran there is run again on the other.
    cluster.remove_node(cluster.second, allow_graceful=False)
    text, _ = process.communicate(timeout=900)
    assert process.returncode == 0 and killed, text
    expected = undisturbed(tmp_path / "undisturbed")
    assert numbers(out) == numbers(expected)
    table = pathlib.Path("report") / "fig5-digits.csv"
    assert (out / table).read_bytes() == (expected / table).read_bytes()
    assert list((out / "training").iterdir()) == []
    assert [path for path in out.rglob("*") if ".tmp" in path.name] == []


@pytest.mark.slow
def test_killed_training_goes_on_from_its_last_epoch(cluster, tmp_path):
    """The state of a training comes to the driver while the training runs."""
    from reproduce.ray_cluster import RayCluster

    store = RecordStore(tmp_path)
    store.prepare()
    bench = Bench(store)
    cell = TrainCell("digits", "D", "D", None, 0, "cpu", (("epochs", 400),), (4,), "last")
    task = Task(cell, cell.identity("d"), "", 1)
    crew = RayCluster(cluster.address, 1, bench)
    try:
        crew.submit("training", task)
        state = bench.training_folder(task.identity) / "training.npz"
        ready, deadline = [], time.monotonic() + 300
        while not state.exists() and not ready and time.monotonic() < deadline:
            ready, _ = crew.ray.wait(list(crew._running), timeout=0.5)
            crew._fetch_states()
        assert state.exists() and not ready
        for pid in workers_here():
            os.kill(pid, signal.SIGKILL)
        [(name, outcome)] = crew.wait()
        assert name == "training" and isinstance(outcome, Lost)
        assert "WorkerCrashedError" in outcome.reason
        sent = []
        crew._function = types.SimpleNamespace(remote=lambda parcel, *rest: sent.append(parcel))
        crew.submit("training", task)
        assert sent[0].state == state.read_bytes()
    finally:
        crew._running = {}
        crew.close()


@pytest.mark.parametrize("address, words", [
    ("127.0.0.1:1", "cannot be used"), ("somewhere", "expected local, auto or HOST:PORT"),
])
def test_no_cluster_at_the_address(address, words, capfd, tmp_path):
    pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    code = main(["run", "fig5", "--data", "digits", "--ray", address, "--out",
                 str(tmp_path / "out")])
    error = capfd.readouterr().err
    assert code == 2 and f"The Ray cluster at {address}" in error and words in error
    assert len(error.strip().splitlines()) == 1
