"""Runs the cells of a plan on a crew of workers: which cell when, and again when one is lost."""

import collections
import sys
import time

from reproduce.bench import checkpoint_file
from reproduce.errors import WorkerError
from reproduce.lookup import checkpoints_of, identity_of
from reproduce.progress import Progress
from reproduce.provenance import command_line
from reproduce.records import write_atomically
from reproduce.runner import has_record, summary, wanted_checkpoints
from reproduce.task import Done, Failed, Task

# A cell whose worker died is run again this many times.
RETRIES = 3
# Seconds until a cell that another run is at is looked at again, when there is nothing else to do.
PATIENCE = 1.0


def run_on(crew, jobs, bench, progress=None):
    """Runs cells on a crew; a cell whose record is whole is skipped.

    A cell that uses a checkpoint waits until its training is done. Records are written here, by
    the driver alone. A cell whose worker dies is run again, at most `RETRIES` times; the other
    cells go on. A cell that raises an error stops the run when the cells at work are finished.
    Cells that another run with the same output folder is at are left to it, and waited for.

    Args:
        crew: `Pool` or `RayCluster`. It is closed at the end.
        jobs: list of (plan, cell), in the order in which they are begun.
        bench: `Bench` with the store of the records.
        progress: `Progress`, or None for one on standard output.

    Returns:
        (number of cells run now, number of cells that had a record).

    Raises:
        WorkerError: workers died again and again with the same cell.
    """
    progress = progress or Progress([cell for _, cell in jobs], workers=crew.size)
    locks = {}
    try:
        return _Run(crew, jobs, bench, progress, locks).all()
    finally:
        crew.close()
        # Only now: until then a worker may still be at a cell that another run would begin.
        for lock in locks.values():
            lock.release()
        progress.close()


class _Run:
    def __init__(self, crew, jobs, bench, progress, locks):
        self.crew, self.bench, self.store, self.progress = crew, bench, bench.store, progress
        self.open = list(jobs)
        self.total = len(jobs)
        self.running = {}
        self.wanted = wanted_checkpoints(jobs, bench.store, bench.retrain)
        self.unfinished = {cell for _, cell in jobs if cell.kind == "train"}
        self.locks = locks
        self.elsewhere, self.told = set(), set()
        self.losses = collections.Counter()
        self.given_up = []
        self.error = None
        self.ran = 0

    def all(self):
        self._start()
        while self.running or self.elsewhere:
            self._step()
        if self.error is not None:
            raise self.error
        if self.given_up:
            raise WorkerError(self._what_was_lost())
        return self.ran, self.total - self.ran

    def _step(self):
        """Takes what is finished, or waits for another run, and begins what can be begun."""
        if self.running:
            for name, outcome in self.crew.wait():
                self._take(*self.running.pop(name), name, outcome)
                self.locks.pop(name).release()
        else:
            time.sleep(PATIENCE)
        self.elsewhere.clear()
        if self.error is None:
            self._start()

    def _start(self):
        """Begins cells, the first of the list first, as long as there is room for them."""
        waiting = []
        self.open.reverse()
        while self.open and self.crew.room() > 0:
            job = self.open.pop()
            if not self._begin(*job):
                waiting.append(job)
        self.open.reverse()
        self.open = waiting + self.open

    def _begin(self, plan, cell):
        """Begins, skips or drops a cell; False when it has to wait."""
        if self.unfinished.intersection(checkpoints_of(cell)):
            return False
        identity = identity_of(cell, plan, self.store)
        if identity is None:
            return True  # its training was given up
        name = self.store.name(identity)
        if name in self.running:
            return False
        if self._is_done(cell, identity):
            return True
        lock = self.store.lock(identity)
        if not lock.take():
            if cell not in self.told:
                self.progress.say(f"{cell.label()}: another run is at it; waiting")
            self.told.add(cell)
            self.elsewhere.add(cell)
            return False
        if self._is_done(cell, identity):
            # Another run has made it since the question above.
            lock.release()
            return True
        self.locks[name] = lock
        task = Task(cell, identity, command_line(sys.argv[1:]), self.crew.threads)
        self.crew.submit(name, task)
        self.running[name] = (plan, cell, identity)
        return True

    def _is_done(self, cell, identity):
        """Skips a cell whose record is there; whether it is."""
        done = has_record(cell, identity, self.store, self.wanted)
        if done:
            self.unfinished.discard(cell)
            self.progress.skip(cell)
        return done

    def _take(self, plan, cell, identity, name, outcome):
        if isinstance(outcome, Done):
            self._keep(cell, identity, outcome)
        elif isinstance(outcome, Failed):
            self.error = self.error or outcome.error
        else:
            self._again(plan, cell, name, outcome.reason)

    def _keep(self, cell, identity, done):
        if done.checkpoint is not None:
            path = self.store.checkpoints / checkpoint_file(cell, identity)
            write_atomically(path, done.checkpoint)
        record = self.store.put(identity, done.record, done.arrays)
        if cell.kind == "train":
            self.bench.forget_training(identity)
        self.unfinished.discard(cell)
        self.ran += 1
        self.progress.finish(cell, done.seconds, summary(record))

    def _again(self, plan, cell, name, reason):
        self.losses[name] += 1
        if self.losses[name] <= RETRIES:
            self.progress.say(f"{cell.label()}: its process was {reason}; it is run again")
            self.open.insert(0, (plan, cell))
            return
        self.progress.say(f"{cell.label()}: its process was {reason}; given up")
        self.unfinished.discard(cell)
        self.given_up.append((cell.label(), reason))

    def _what_was_lost(self):
        label, reason = self.given_up[0]
        others = len(self.given_up) - 1
        more = f" (and {others} more cells)" if others else ""
        return (
            f"The process of the cell '{label}'{more} died {RETRIES + 1} times, the last one was "
            f"{reason}; if memory was short, fewer --workers or a smaller --batch-size may help."
        )
