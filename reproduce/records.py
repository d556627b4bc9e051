"""Records on disk: each is whole or absent, and is found again by what it is a record of."""

import hashlib
import io
import json
import os
import pathlib

import numpy as np

from reproduce.cells import FORMAT, canonical, digest
from reproduce.errors import UsageError
from reproduce.locks import CellLock


def write_atomically(path, content):
    """Writes bytes so that `path` holds either its former content or all of the new one.

    The bytes are on the disk before the name points at them, so that a power cut after the
    rename cannot leave a name without content.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        with open(temporary, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_if_changed(path, content):
    """The same; a file that holds these bytes already is left alone."""
    path = pathlib.Path(path)
    if not path.is_file() or path.read_bytes() != content:
        write_atomically(path, content)


def pretty(value):
    """JSON text for people, ending in a newline. NaN and infinity are refused."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"


class RecordStore:
    """The folder of an output directory that holds the records.

    `records/<kind>-<id>.json` holds one record; `records/<kind>-<id>.npz` its per-image arrays.
    The arrays are written first and the JSON, which names their sha256, last: a JSON file whose
    arrays match is a whole record, anything else is no record.

    Args:
        out: output directory. It is created when something is written.
    """

    def __init__(self, out):
        self.out = pathlib.Path(out)
        self.records = self.out / "records"
        self.checkpoints = self.out / "checkpoints"
        self.training = self.out / "training"
        self.plans = self.out / "plans"
        self.locks = self.out / "locks"
        self._whole, self._arrays, self._made = {}, {}, {}

    def check_version(self):
        """Raises `UsageError` where the records are of another format than this version's."""
        for path in sorted(self.records.glob("*.json"))[:1]:
            try:
                record = json.loads(path.read_text())
                found = record["identity"]["format"]
            except (OSError, ValueError, KeyError, TypeError):
                return  # A damaged file is no record, see `_read`.
            if found != FORMAT:
                by = record.get("provenance", {}).get("package", "another version")
                raise UsageError(
                    f"The records in {self.records} have format {found} (binomial_keras {by}); "
                    f"this version reads format {FORMAT}. Use the version that wrote them, or "
                    "another folder (--out)."
                )

    def prepare(self):
        """Creates the folders.

        Raises:
            UsageError: they cannot be written, or hold records of another version.
        """
        self.check_version()
        try:
            for folder in (self.records, self.checkpoints, self.plans):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.records / f".probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(
                f"The output folder {self.out} cannot be written ({reason})."
            ) from None

    @staticmethod
    def name(identity):
        """File name, without ending, of the record of `identity`."""
        return f"{identity['kind']}-{digest(identity)[:16]}"

    def lock(self, identity):
        """The `CellLock` of the cell with `identity`, of all runs with this output folder."""
        return CellLock(self.locks / self.name(identity))

    def get(self, identity):
        """The record of `identity`, or None when there is no whole one."""
        name = self.name(identity)
        if name not in self._whole:
            record = self._read(name)
            if record is None or canonical(record["identity"]) != canonical(identity):
                return None
            self._whole[name] = record
        return self._whole[name]

    def by_id(self, name):
        """The record called `name`. Raises `KeyError` when there is no whole one."""
        record = self._whole.get(name) or self._read(name)
        if record is None:
            raise KeyError(name)
        return record

    def put(self, identity, record, arrays):
        """Writes a record.

        Args:
            identity: what the record is a record of (from `cell.identity`).
            record: JSON-able dict with "result", "cost" and "provenance".
            arrays: dict of NumPy arrays, may be empty.

        Returns:
            The record as it was written, with "id", "identity" and "arrays" added.
        """
        name = self.name(identity)
        record = {"id": name, "identity": identity, **record, "arrays": None}
        if arrays:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **arrays)
            content = buffer.getvalue()
            record["arrays"] = {
                "file": f"{name}.npz",
                "sha256": hashlib.sha256(content).hexdigest(),
                "names": sorted(arrays),
            }
            write_atomically(self.records / f"{name}.npz", content)
        write_atomically(self.records / f"{name}.json", pretty(record).encode())
        self._whole[name] = record
        self._arrays.pop(name, None)
        self._made.clear()
        return record

    def arrays(self, record):
        """The per-image arrays of a record, as a dict (empty when it has none).

        They are read once and shared by all who ask: a report asks some of them fifty times.
        """
        if not record["arrays"]:
            return {}
        name = record["id"]
        if name not in self._arrays:
            path = self.records / record["arrays"]["file"]
            with np.load(path, allow_pickle=False) as stored:
                self._arrays[name] = {one: stored[one] for one in stored.files}
            for array in self._arrays[name].values():
                array.flags.writeable = False
        return dict(self._arrays[name])

    def made(self, key, make):
        """`make()`, which is called once per key: for what several parts of a report show.

        Args:
            key: hashable. It names every record that the result follows from.
            make: function without arguments, of whole records alone.
        """
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _read(self, name):
        try:
            record = json.loads((self.records / f"{name}.json").read_text())
            if record["arrays"]:
                content = (self.records / record["arrays"]["file"]).read_bytes()
                if hashlib.sha256(content).hexdigest() != record["arrays"]["sha256"]:
                    return None
            return record if record["id"] == name else None
        except (OSError, ValueError, KeyError, TypeError):
            # A foreign or damaged file is no record: the cell is simply run again.
            return None
