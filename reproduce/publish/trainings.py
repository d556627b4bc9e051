"""The trainings of an output directory, and which of them is meant."""

import dataclasses
import pathlib

from reproduce.cells import TrainCell, canonical, pairs
from reproduce.checkpoints import weights_sha256
from reproduce.errors import UsageError
from reproduce.studies.cells import NetworkCell


@dataclasses.dataclass(frozen=True)
class Training:
    """A finished training.

    Args:
        record: its record.
        cell: the `TrainCell` or `NetworkCell` that the record is of.
        path: where its checkpoint should lie.
    """

    record: dict
    cell: TrainCell | NetworkCell
    path: pathlib.Path

    @property
    def size(self):
        """What decides between several: values of the network, then images it was shown."""
        return self.record["result"]["parameters"], self.record["cost"]["backwards"]

    def is_of(self, cell, data_sha256):
        """Whether it is the training of a plan's cell."""
        if cell is None or cell.kind != "train":
            return False
        return canonical(cell.identity(data_sha256)) == canonical(self.record["identity"])

    def checked(self):
        """Itself. Raises `UsageError` unless its checkpoint is there and that of the record."""
        if not self.path.is_file():
            command = self.record["provenance"]["command"]
            again = f"{command} --retrain" if " run " in command else command
            raise UsageError(
                f"The checkpoint {self.path} is not there; make it again with: {again}"
            )
        if weights_sha256(self.path) != self.record["result"]["weights_sha256"]:
            raise UsageError(f"The weights in {self.path} are not those of {self.record['id']}.")
        return self


def trainings_of(store):
    """All `Training`s with a whole record, sorted by the names of their checkpoints."""
    found = []
    for path in store.records.glob("train-*.json"):
        try:
            record = store.by_id(path.stem)
        except KeyError:
            continue
        checkpoint = store.checkpoints / record["result"]["file"]
        found.append(Training(record, _cell(record["identity"]), checkpoint))
    return sorted(found, key=lambda one: one.path.name)


def find(trainings, text):
    """The training called `text`.

    Args:
        trainings: list of `Training`.
        text: a checkpoint's path or file name, with or without its ending, the id of a record, or
            a name such as `mnist-A3-s0`.

    Raises:
        UsageError: there is none, or several.
    """
    name = pathlib.PurePath(text).name
    exact = [one for one in trainings
             if name in (one.path.name, one.path.stem, one.record["id"])]
    found = exact or [one for one in trainings if one.cell.name == name]
    if len(found) == 1:
        return found[0]
    if not found:
        known = ", ".join(dict.fromkeys(one.cell.name for one in trainings)) or "none"
        raise UsageError(f"There is no record of a training called {text!r}; there are: {known}.")
    files = ", ".join(one.path.name for one in found)
    raise UsageError(f"Several trainings are called {text!r}; say which file: {files}.")


def _cell(identity):
    kind = NetworkCell if "builder" in identity else TrainCell
    names = {field.name for field in dataclasses.fields(kind)}
    values = {key: value for key, value in identity.items() if key in names}
    for key in {"arguments", "overrides"} & set(values):
        values[key] = pairs(values[key])
    if "widths" in values:
        values["widths"] = tuple(values["widths"])
    return kind(**values)

