"""`publish`: from a training's checkpoint and records to a checkpoint of the zoo."""

import pathlib
import sys
import tempfile

from reproduce.errors import UsageError
from reproduce.publish.entries import ENTRIES, name_of
from reproduce.publish.trainings import find, trainings_of
from reproduce.quiet import import_keras
from reproduce.records import RecordStore

# What is larger is not part of the package and is fetched when it is first used; so is what has no
# room beside the files that are in the package already.
LARGEST, TOGETHER = 2**20, 8 * 2**20


class _Unmeasured(UsageError):
    """A network whose accuracy nobody knows has no place in the zoo."""


def publish(options):
    """Publishes one training, or all of the list; returns the exit code."""
    from reproduce.plan import load_plans

    if options.all == bool(options.network):
        raise UsageError("Say which network to publish, or --all; `publish --help` explains.")
    if options.all and options.name:
        raise UsageError("--name is of one network; --all has names of its own.")
    store = RecordStore(options.out)
    trainings = trainings_of(store)
    if options.all:
        chosen = {entry.name: entry.training(trainings) for entry in ENTRIES}
    else:
        found = find(trainings, options.network)
        name = options.name or name_of(found)
        if name is None:
            raise UsageError(f"{found.cell.name} has no name in the zoo yet: give it --name NAME.")
        chosen = {name: found}
    import_keras()
    plans = load_plans(store)
    for name, training in chosen.items():
        if training is not None:
            try:
                _publish(name, training.checked(), plans, store, options)
            except _Unmeasured as error:
                if not options.all:
                    raise
                print(error, file=sys.stderr)
    _say_what_is_missing([name for name, training in chosen.items() if training is None], options)
    return 0


def _publish(name, training, plans, store, options):
    from binomial_keras import zoo
    from reproduce.inference_file import write_inference_file
    from reproduce.publish.card import card_of

    replace = options.all or options.replace or _same_training(name, training)
    card = card_of(training, plans, store)
    if not any(one["as_trained"] and one["records"] for one in card["clean"]):
        raise _Unmeasured(
            f"{training.cell.name} has no record of its clean accuracy yet: left out."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "model.keras"
        write_inference_file(training.path, file)
        large = not _has_room(name, file.stat().st_size)
        try:
            entry = zoo.add(file, name, card, replace, options.release if large else None)
        except ValueError as error:
            raise UsageError(" ".join(str(error).split())) from None
    place = pathlib.Path(options.release) / entry["url"] if large else "in the package"
    print(f"{name}: {training.cell.name}, {entry['size']:,} bytes, {place}", flush=True)


def _has_room(name, size):
    """Whether a file of so many bytes may be in the package under this name."""
    from binomial_keras import zoo

    cards = [zoo.info(other) for other in zoo.names() if other != name]
    others = sum(card["size"] for card in cards if "file" in card)
    return size <= LARGEST and others + size <= TOGETHER


def _same_training(name, training):
    """Whether the zoo's checkpoint of that name is an earlier publication of a training."""
    from binomial_keras import zoo

    known = zoo.info(name) if name in zoo.names() else {}
    return known.get("training", {}).get("record") == training.record["id"]


def _say_what_is_missing(names, options):
    from binomial_keras import zoo

    kept = [name for name in names if name in zoo.names()]
    absent = [name for name in names if name not in kept]
    if kept:
        print(f"Left as they are, without a checkpoint in {options.out}: {', '.join(kept)}.")
    if absent:
        print(f"Without a checkpoint in {options.out}, left out: {', '.join(absent)}.",
              file=sys.stderr)
