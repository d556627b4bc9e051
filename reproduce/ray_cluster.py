"""Runs the cells on a Ray cluster: one cell, one task, one process. Needs no shared files."""

import socket
from pathlib import Path

from reproduce.errors import UsageError
from reproduce.provenance import provenance
from reproduce.ray_task import STATE, Mailbox, Parcel, perform_remotely, versions
from reproduce.records import write_atomically
from reproduce.task import Failed, Lost, worker_environment

# How often the states of trainings are fetched, in seconds.
FETCH = 2.0
# What a cluster may take to answer, in seconds.
PATIENCE = 10.0
# Tasks in the cluster for each that can run at once, so that no node waits for the driver.
QUEUE = 2


def import_ray():
    """Ray, or a `UsageError` that says how to get it."""
    try:
        import ray
    except ImportError:
        raise UsageError(
            "--ray needs Ray, which is not installed: pip install 'binomial_keras[cluster]'."
        ) from None
    return ray


class RayCluster:
    """Runs tasks on a Ray cluster.

    What a task needs (data, checkpoint, state of an interrupted training) travels with it, and
    the record, the checkpoint and the state come back: nodes share no files with the driver,
    only the installed packages. Each process ends after its task. A task gets a GPU of its own
    when the cluster has any. Memory: Ray's object store holds the data and the checkpoints once
    per node.

    Args:
        address: "local" (start a cluster on this machine), "auto" (the one that runs here)
            or HOST:PORT.
        threads: threads that a task computes with; it reserves as many of the cluster's CPUs.
        bench: `Bench` that holds the data and finds the checkpoints.

    Raises:
        UsageError: Ray is not installed, or no cluster answers at `address`.
    """

    def __init__(self, address, threads, bench):
        self.ray = import_ray()
        self.threads = threads
        self.bench = bench
        self._connect(address)
        resources = self.ray.cluster_resources()
        gpus = int(resources.get("GPU", 0))
        self.size = max(1, gpus or int(resources.get("CPU", 1)) // threads)
        # Retries are counted by the driver, which knows the state a training has come to.
        self._function = self.ray.remote(
            num_cpus=threads, num_gpus=1 if gpus else 0, max_calls=1, max_retries=0
        )(perform_remotely)
        self._mailbox = self._start_mailbox()
        self._environment = worker_environment(threads)
        self._versions = versions(provenance())
        self._stored = {}
        self._running = {}
        self._trainings = {}

    def room(self):
        """How many more tasks may be submitted now."""
        return QUEUE * self.size - len(self._running)

    def submit(self, name, task):
        """Sends a task to the cluster; `wait` will report it under `name`."""
        cell, sources, state = task.cell, (), None
        if cell.kind == "train":
            data, splits, path = cell.data, ("train", "test"), self._state(task.identity)
            state = path.read_bytes() if path.is_file() else None
            self._trainings[name] = path
        else:
            data, splits = cell.checkpoint.data, ("test",)
            sources = (cell.checkpoint, *getattr(cell, "sources", ()))
        contents = [self._checkpoint(source) for source in sources]
        contents += [self._data(data, split) for split in splits]
        names = tuple(source.name for source in sources)
        parcel = Parcel(
            name, task, self._environment, self._versions, names, data, splits, state
        )
        self._running[self._function.remote(parcel, self._mailbox, *contents)] = name

    def wait(self):
        """Waits for tasks to end; returns a list of (name, outcome)."""
        ready = []
        while not ready:
            ready, _ = self.ray.wait(list(self._running), num_returns=1, timeout=FETCH)
            self._fetch_states()
        ready, _ = self.ray.wait(
            list(self._running), num_returns=len(self._running), timeout=0
        )
        found = []
        for reference in ready:
            name = self._running.pop(reference)
            self._trainings.pop(name, None)
            found.append((name, self._outcome(reference)))
        return found

    def close(self):
        """Ends the tasks of this run and leaves the cluster; one that was started here ends."""
        for reference in self._running:
            self.ray.cancel(reference, force=True)
        self._running = {}
        self.ray.shutdown()

    def _connect(self, address):
        settings = {"include_dashboard": False} if address == "local" else {}
        try:
            if address not in ("local", "auto"):
                _knock(address)
            self.ray.init(
                address=address, log_to_driver=False, logging_level="ERROR",
                namespace="binomial_keras", **settings
            )
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
            raise UsageError(f"The Ray cluster at {address} cannot be used ({reason}).") from None

    def _start_mailbox(self):
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # On the driver's own node: it is lost only together with the driver.
        here = NodeAffinitySchedulingStrategy(
            self.ray.get_runtime_context().get_node_id(), soft=False
        )
        return self.ray.remote(num_cpus=0)(Mailbox).options(scheduling_strategy=here).remote()

    def _state(self, identity):
        return self.bench.training_folder(identity) / STATE

    def _data(self, name, split):
        key = ("data", name, split)
        if key not in self._stored:
            self._stored[key] = self.ray.put(self.bench.data(name, split))
        return self._stored[key]

    def _checkpoint(self, source):
        if source not in self._stored:
            self._stored[source] = self.ray.put(Path(self.bench.path(source)).read_bytes())
        return self._stored[source]

    def _fetch_states(self):
        if not self._trainings:
            return
        for name, content in self.ray.get(self._mailbox.take.remote()).items():
            if name in self._trainings:
                write_atomically(self._trainings[name], content)

    def _outcome(self, reference):
        from ray import exceptions

        try:
            return self.ray.get(reference)
        except exceptions.RayTaskError as error:
            return Failed(error.cause if isinstance(error.cause, Exception) else error)
        except exceptions.RayError as error:
            text = str(error).strip() or type(error).__name__
            return Lost(f"lost ({type(error).__name__}: {text.splitlines()[0]})")


def _knock(address):
    """Raises `OSError` or `ValueError` at once where Ray itself would try for a quarter hour."""
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise ValueError("expected local, auto or HOST:PORT")
    socket.create_connection((host, int(port)), timeout=PATIENCE).close()
