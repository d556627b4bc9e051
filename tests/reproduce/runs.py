"""A small run in a process of its own, which tests of several workers kill."""

import os
import signal
import subprocess
import sys
import time

from tests.reproduce.test_kill import LIMIT, ROOT, files, numbers

__all__ = ["finish", "kill_after", "numbers", "start", "undisturbed"]

TINY = ["run", "fig5", "--rows", "1,6", "--data", "digits", "--widths", "4", "--epochs", "3",
        "--images", "4", "--clean-images", "20", "--draws", "2", "--shard", "2",
        "--attacks", "FGM,Square", "--set", "Square.max_iter=3"]


def start(out, *more, arguments=TINY, **environment):
    """A run as the leader of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "reproduce", *arguments, "--out", str(out), *more],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **environment}, start_new_session=True,
    )


def finish(out, *more, arguments=TINY, **environment):
    """Runs to the end; returns what was printed."""
    process = start(out, *more, arguments=arguments, **environment)
    text, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, text
    return text


def undisturbed(out, arguments=TINY):
    """The folder of a run in one process with as many threads as a worker has."""
    finish(out, arguments=arguments, TF_NUM_INTRAOP_THREADS="1", OMP_NUM_THREADS="1")
    return out


def kill_after(out, new_files, delay, *more):
    """Kills a run, not its workers, `delay` seconds after its `new_files`-th new file."""
    before, deadline = len(files(out)), time.monotonic() + LIMIT
    process = start(out, *more)
    while process.poll() is None and len(files(out)) < before + new_files:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=LIMIT)
