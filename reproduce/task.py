"""A cell as a piece of work for another process, and what can come of it."""

import dataclasses
import os
import pickle
import time
import traceback


@dataclasses.dataclass(frozen=True)
class Task:
    """What a worker is told.

    Args:
        cell: a cell of a plan.
        identity: its identity.
        command: the driver's command line, for the record's provenance.
        threads: threads the worker computes with, for the record's provenance.
    """

    cell: object
    identity: dict
    command: str
    threads: int


@dataclasses.dataclass(frozen=True)
class Done:
    """A cell's record and arrays; `checkpoint` holds the file that a training made elsewhere."""

    record: dict
    arrays: dict
    seconds: float
    checkpoint: bytes | None = None


@dataclasses.dataclass(frozen=True)
class Failed:
    """The cell raised `error`. It would raise it again: such a cell is not retried."""

    error: Exception


@dataclasses.dataclass(frozen=True)
class Lost:
    """The worker died before it answered; `reason` completes "the process was ..."."""

    reason: str


def perform(task, bench):
    """Runs a task; returns `Done` or `Failed`. Writes no record."""
    from reproduce.runner import make_record

    started = time.monotonic()
    try:
        record, arrays = make_record(task.cell, task.identity, bench)
    except Exception as error:
        return Failed(_portable(error))
    record["provenance"] = {
        **record["provenance"], "command": task.command, "threads": task.threads
    }
    return Done(record, arrays, time.monotonic() - started)


def worker_environment(threads):
    """Environment variables of a worker, to be set before it computes anything.

    The number of threads decides in which order a convolution's gradient is summed, and so the
    last bits of a result. It is therefore the same in every worker, whatever their number.
    """
    import keras

    count = str(threads)
    found = {
        "KERAS_BACKEND": keras.backend.backend(),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_NUM_INTEROP_THREADS": count,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        # Several workers may have to share one GPU.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    if keras.backend.backend() == "jax":
        found["NPROC"] = count
        if threads == 1:
            flags = os.environ.get("XLA_FLAGS", "")
            found["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    return found


def _portable(error):
    """`error` if it survives the way between processes, otherwise its text; with the traceback."""
    error.add_note("In the worker:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        notes, error = error.__notes__, RuntimeError(f"{type(error).__name__}: {error}")
        error.__notes__ = notes
    return error
