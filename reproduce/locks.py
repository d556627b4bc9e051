"""Locks of cells: of all runs with one output folder, one at a time works on a cell.

Two experiments share networks (`table3` and `fig4b` do), and two runs in two terminals would train
each of them twice, at the same state on disk. A lock is the operating system's (`flock`): it ends
with the process that holds it, however that ends, and nobody has to clean up after a kill.
"""

import os
import pathlib

try:
    import fcntl
except ImportError:  # Windows: runs are not kept apart there
    fcntl = None


class CellLock:
    """The lock of one cell; not held at first.

    A file system without locks, such as some network mounts, locks nothing.

    Args:
        path: its file, which is there while the lock is held. The folder is created.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._handle = None

    def take(self, wait=False):
        """Takes the lock; False where another run holds it, unless this waits for it."""
        if fcntl is None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = open(self.path, "ab")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                handle.close()
                return False
            except OSError:
                handle.close()
                return True
            if self._is_there(handle):
                self._handle = handle
                return True
            # Whoever held it has removed the file meanwhile: this locks what nobody else sees.
            handle.close()

    def release(self):
        """Gives the lock back, if it is held, and removes its file."""
        if self._handle is not None:
            self.path.unlink(missing_ok=True)
            self._handle.close()
            self._handle = None

    def _is_there(self, handle):
        try:
            return os.path.samestat(os.fstat(handle.fileno()), os.stat(self.path))
        except FileNotFoundError:
            return False
