"""Runs the cells of a plan that have no record yet."""

import collections
import dataclasses
import time

from reproduce import work
from reproduce.bench import checkpoint_file
from reproduce.cells import canonical
from reproduce.errors import UsageError
from reproduce.experiments import ATTACK_ORDER
from reproduce.lookup import checkpoints_of, identity_of, record_of
from reproduce.progress import Progress
from reproduce.provenance import provenance


def ordered(jobs):
    """Jobs (plan, cell) of several experiments in the order of the work, without repetitions.

    All training comes first, then all clean tests, then attack by attack, the cheap ones first.
    """
    first = {cell: plan for plan, cell in reversed(jobs)}
    unique = [(plan, cell) for cell, plan in reversed(first.items())]
    return sorted(unique, key=lambda job: _stage(job[1]))


def _stage(cell):
    if cell.kind == "attack":
        return 2 + ATTACK_ORDER.index(cell.attack)
    return 0 if cell.kind == "train" else 1


def run_cells(jobs, store, bench, progress=None):
    """Runs cells in order; a cell whose record is whole is skipped.

    A cell that another run with the same output folder is at is waited for.

    Args:
        jobs: list of (plan, cell); a training comes before the cells that use it.
        store: `RecordStore`.
        bench: `Bench`.
        progress: `Progress`, or None for one on standard output.

    Returns:
        (number of cells run now, number of cells that had a record).
    """
    progress = progress or Progress([cell for _, cell in jobs])
    wanted = wanted_checkpoints(jobs, store, bench.retrain)
    ran = 0
    try:
        for plan, cell in jobs:
            identity = identity_of(cell, plan, store)
            if has_record(cell, identity, store, wanted):
                progress.skip(cell)
                continue
            lock = store.lock(identity)
            if not lock.take():
                progress.say(f"{cell.label()}: another run is at it; waiting")
                lock.take(wait=True)
            try:
                # Another run may have made it since the question above.
                if has_record(cell, identity, store, wanted):
                    progress.skip(cell)
                    continue
                started = time.monotonic()
                record = run_cell(cell, identity, store, bench)
            finally:
                lock.release()
            ran += 1
            progress.finish(cell, time.monotonic() - started, summary(record))
    finally:
        progress.close()
    return ran, len(jobs) - ran


def run_cell(cell, identity, store, bench):
    """Runs one cell and writes its record, which it returns."""
    record, arrays = make_record(cell, identity, bench)
    record = store.put(identity, record, arrays)
    if cell.kind == "train":
        # Only now: until the record is there, the state is what a restart goes on from.
        bench.forget_training(identity)
    return record


def make_record(cell, identity, bench):
    """Runs one cell; returns what `RecordStore.put` takes: (record, arrays)."""
    result, arrays, cost = work.do(cell, identity, bench)
    record = {
        "label": cell.label(),
        "result": result,
        "cost": cost,
        "noise_seed": work.noise_seed(identity),
        "provenance": provenance(),
    }
    return record, arrays


def wanted_checkpoints(jobs, store, retrain=False):
    """The trainings of a run whose checkpoint has to be there.

    A cell without a record will load it; or no cell of the run uses it, so that it was asked for
    itself. Where every result is there already, a network is not trained again: on another
    processor it would come out with other weights, and the results would no longer be its own.

    Args:
        jobs: list of (plan, cell).
        store: `RecordStore`.
        retrain: whether all of them are wanted.
    """
    users = collections.defaultdict(list)
    for plan, cell in jobs:
        for source in checkpoints_of(cell):
            users[source].append((plan, cell))
    return {
        cell for _, cell in jobs
        if cell.kind == "train" and (
            retrain
            or not users[cell]
            or any(record_of(user, plan, store) is None for plan, user in users[cell])
        )
    }


def has_record(cell, identity, store, wanted):
    """Whether nothing is left to do for a cell; `wanted` as from `wanted_checkpoints`.

    Raises `UsageError` for a training whose recipe has come to mean something else since.
    """
    record = store.get(identity)
    if record is None:
        return False
    if cell.kind == "train":
        check_recipe(cell, record)
    if cell.kind != "train" or cell not in wanted:
        return True
    return (store.checkpoints / checkpoint_file(cell, identity)).is_file()


def check_recipe(cell, record):
    """Raises `UsageError` unless a training was recorded with what its recipe is now.

    A cell holds the recipe's name: without this, networks of two recipes would share a table.
    """
    from binomial_keras import training

    recipe = training.recipe(cell.recipe, **dict(cell.overrides))
    # A record older than a field was made with what has since become its default.
    defaults = {field.name: field.default for field in dataclasses.fields(recipe)}
    now = {**defaults, **recipe.to_dict()}
    then = {**defaults, **record["result"].get("recipe", now)}
    changed = [name for name in then if canonical(then[name]) != canonical(now.get(name))]
    if changed:
        values = ", ".join(f"{name}={then[name]} (now {now.get(name)})" for name in changed)
        raise UsageError(
            f"{cell.label()} has a record, {record['id']}, of another recipe {cell.recipe!r}: "
            f"{values}. Train it anew in another --out, or ask for the old values with --set "
            "recipe.NAME=VALUE."
        )


def summary(record):
    """One number for people about a finished cell."""
    result = record["result"]
    if record["identity"]["kind"] == "train":
        scores = result["history"].get("val_accuracy")
        return f"test accuracy {100 * scores[-1]:.2f} %" if scores else "trained"
    if record["identity"]["kind"] == "clean":
        return "accuracy " + ", ".join(f"{100 * value:.2f} %" for value in result["accuracy"])
    if record["identity"]["kind"] == "measure":
        values = [f"{100 * point['accuracy']:.1f}" for point in result["points"][:8]]
        more = ", ..." if len(result["points"]) > 8 else ""
        return f"accuracy {', '.join(values)}{more} %"
    if record["identity"]["kind"] == "adaptive":
        return f"single-pass accuracy {100 * result['accuracy']:.1f} %"
    if record["identity"]["kind"] == "checks":
        failed = [one["name"] for one in result["checks"] if one["passed"] is False]
        return f"failed: {', '.join(failed)}" if failed else "none failed"
    return (
        f"accuracy {100 * result['accuracy']:.1f} %, SSIM {100 * result['ssim']:.1f} %, "
        f"{100 * result['unchanged']:.0f} % unchanged"
    )
