"""A pool of worker processes on this machine."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading

from reproduce.task import Lost, perform, worker_environment

# What a worker that is told to stop may take to leave its current step, in seconds.
PATIENCE = 5.0


class Pool:
    """Runs tasks in worker processes, one task at a time in each.

    A worker keeps data, networks and compiled classifiers from one task to the next. A worker
    that dies loses its task alone; the next task gets a new one.

    Args:
        size: number of workers, at least 1.
        threads: threads that each computes with.
        bench: `Bench` whose folder, own data, data hashes and given checkpoints the workers use.
    """

    def __init__(self, size, threads, bench):
        self.size = size
        self.threads = threads
        self._settings = (
            bench.store.out, bench.train_sha256, bench.given, bench.own_data,
            worker_environment(threads),
        )
        self._idle = []
        self._busy = {}

    def room(self):
        """How many more tasks may be submitted now."""
        return self.size - len(self._busy)

    def submit(self, name, task):
        """Gives a task to a worker; `wait` will report it under `name`."""
        worker = self._free_worker()
        try:
            worker.connection.send(task)
        except OSError:
            pass  # it has just died: `wait` finds the end of its connection and reports it
        self._busy[worker] = name

    def wait(self):
        """Waits for tasks to end; returns a list of (name, outcome)."""
        connections = {worker.connection: worker for worker in self._busy}
        found = []
        for connection in multiprocessing.connection.wait(list(connections)):
            worker = connections[connection]
            name = self._busy.pop(worker)
            try:
                found.append((name, connection.recv()))
                self._idle.append(worker)
            except (EOFError, OSError):
                found.append((name, Lost(worker.end())))
        return found

    def close(self):
        """Ends all workers, those at work included."""
        workers = [*self._idle, *self._busy]
        self._idle, self._busy = [], {}
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.end()

    def _free_worker(self):
        while self._idle:
            worker = self._idle.pop()
            if worker.process.is_alive():
                return worker
            worker.end()
        return _Worker(self._settings)


class _Worker:
    """A process and this side of the connection to it."""

    def __init__(self, settings):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, *settings), daemon=True)
        with _interrupts_held():
            self.process.start()
        # With its only copy in the worker, a dead worker is the end of the connection.
        theirs.close()

    def end(self):
        """Makes sure that the process is gone; returns how it ended."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.connection.close()
        code = self.process.exitcode
        self.process.close()
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"left with code {code}"


class _interrupts_held:
    """Processes started meanwhile never see Ctrl-C, which the terminal sends to all of them."""

    def __enter__(self):
        if hasattr(signal, "pthread_sigmask"):
            self._before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def __exit__(self, *error):
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def serve(connection, out, train_sha256, given, data, environment):
    """Body of a worker process: performs tasks until the driver hangs up."""
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_leave_with_driver, daemon=True).start()

    from reproduce.bench import Bench
    from reproduce.quiet import import_keras
    from reproduce.records import RecordStore

    import_keras()
    bench = Bench(RecordStore(out), train_sha256, given, data=data)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send(perform(task, bench))


def _leave(number, frame):
    # An exception, so that files half written under another name are removed on the way out.
    sys.exit(128 + number)


def _leave_with_driver():
    """A driver that was killed must not leave workers behind that write beside its successor's."""
    multiprocessing.parent_process().join()
    os._exit(1)
