"""From a cell of a plan to its record, without running or loading anything."""

from reproduce.cells import GivenCheckpoint


def weights_of(source, plan, store):
    """sha256 of a checkpoint's weights; None while the network is not trained."""
    if isinstance(source, GivenCheckpoint):
        return source.weights_sha256
    record = store.get(source.identity(plan.data_sha256["train"]))
    return None if record is None else record["result"]["weights_sha256"]


def identity_of(cell, plan, store):
    """Identity of a cell; None while the checkpoint that it needs does not exist."""
    if cell.kind == "train":
        return cell.identity(plan.data_sha256["train"])
    weights = [weights_of(source, plan, store) for source in checkpoints_of(cell)]
    if None in weights:
        return None
    first, *others = weights
    return cell.identity(plan.data_sha256["test"], first, *([others] if others else []))


def checkpoints_of(cell):
    """The checkpoints that a cell needs: first that of the tested network."""
    if cell.kind == "train":
        return ()
    return (cell.checkpoint, *(cell.sources if cell.kind == "measure" else ()))


def record_of(cell, plan, store):
    """Record of a cell, or None."""
    identity = None if cell is None else identity_of(cell, plan, store)
    return None if identity is None else store.get(identity)
