"""What runs in a process of a Ray cluster. Imports Keras only when the task is there."""

import dataclasses
import os
import pathlib
import tempfile
import threading
import time

from reproduce.cells import GivenCheckpoint
from reproduce.errors import UsageError
from reproduce.task import Done, Failed, Task, perform

# Name of the file that `training.train` keeps its state in.
STATE = "training.npz"
# How often a worker looks for a new state, in seconds.
LOOK = 1.0


class Mailbox:
    """The newest state of each training, from the workers to the driver. A Ray actor."""

    def __init__(self):
        self._states = {}

    def put(self, name, content):
        self._states[name] = content

    def take(self):
        """All states that came since the last call, as a dict."""
        states, self._states = self._states, {}
        return states


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A task with what a node cannot know.

    Args:
        name: name of the record.
        task: the `Task`.
        environment: environment variables of the worker.
        versions: versions of the packages that decide numbers, at the driver.
        checkpoints: names of the checkpoints that are sent along.
        data: name of the data set.
        splits: its splits that are sent along, after the checkpoints.
        state: what a training that was interrupted had written, or None.
    """

    name: str
    task: Task
    environment: dict
    versions: dict
    checkpoints: tuple
    data: str
    splits: tuple
    state: bytes | None


def versions(provenance):
    """Versions of the packages that decide numbers."""
    deciding = ("keras", provenance["backend"], "numpy", "adversarial-robustness-toolbox")
    found = {name: provenance["versions"].get(name) for name in deciding}
    return {"binomial_keras": provenance["package"], **found}


def perform_remotely(parcel, mailbox, *contents):
    """Runs a cell in a folder of its own; returns `Done` or `Failed`."""
    started = time.monotonic()
    os.environ.update(parcel.environment)
    from reproduce.provenance import provenance
    from reproduce.quiet import import_keras

    import_keras()
    problem = _difference(parcel.versions, versions(provenance()))
    if problem:
        return Failed(UsageError(problem))
    files = dict(zip(parcel.checkpoints, contents))
    splits = zip(parcel.splits, contents[len(files):])
    data = {(parcel.data, name): arrays for name, arrays in splits}
    with tempfile.TemporaryDirectory(prefix="binomial-keras-") as folder:
        outcome = _perform_in(pathlib.Path(folder), parcel, mailbox, files, data)
    if isinstance(outcome, Done):
        # Every cell pays for the start of Keras here: the estimate of the time to go needs it.
        outcome = dataclasses.replace(outcome, seconds=time.monotonic() - started)
    return outcome


def _perform_in(folder, parcel, mailbox, files, data):
    from reproduce.bench import Bench
    from reproduce.checkpoints import GivenCheckpoints
    from reproduce.records import RecordStore

    task, store = parcel.task, RecordStore(folder / "out")
    store.prepare()
    if not files:
        return _train(Bench(store, data=data), parcel, mailbox)
    for name, content in files.items():
        (folder / f"{name}.keras").write_bytes(content)
    # Here it is a given checkpoint wherever it was trained: the identity stays the same.
    cell = task.cell
    places = {"checkpoint": _given(cell.checkpoint, task.identity["weights_sha256"])}
    if cell.kind == "measure" and cell.source is not None:
        places["source"] = _given(cell.source, *task.identity["sources_sha256"])
    cell = dataclasses.replace(cell, **places)
    bench = Bench(store, given=GivenCheckpoints(folder), data=data)
    return perform(dataclasses.replace(task, cell=cell), bench)


def _given(source, weights):
    return GivenCheckpoint(source.data, source.network, source.seed, weights)


def _train(bench, parcel, mailbox):
    """A training; its state goes to the driver after every epoch, so that it is not lost."""
    state = bench.training_folder(parcel.task.identity) / STATE
    if parcel.state is not None:
        state.write_bytes(parcel.state)
    stop = threading.Event()
    sender = threading.Thread(target=_send, args=(stop, state, parcel.name, mailbox), daemon=True)
    sender.start()
    outcome = perform(parcel.task, bench)
    stop.set()
    sender.join()
    if isinstance(outcome, Done):
        file = bench.store.checkpoints / outcome.record["result"]["file"]
        outcome = dataclasses.replace(outcome, checkpoint=file.read_bytes())
    return outcome


def _send(stop, state, name, mailbox):
    import ray

    sent = state.stat().st_mtime_ns if state.exists() else None
    while not stop.wait(LOOK):
        written = state.stat().st_mtime_ns if state.exists() else None
        if written != sent:
            ray.get(mailbox.put.remote(name, state.read_bytes()))
            sent = written


def _difference(wanted, found):
    """A sentence about the first version in which a node differs from the driver, or None."""
    for name, version in wanted.items():
        if found.get(name) != version:
            return (
                f"A node of the cluster has {name} {found.get(name)} where this machine has "
                f"{version}: a cell would not give the same result everywhere."
            )
    return None
