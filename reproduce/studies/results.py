"""From the records of a study to its numbers: nothing is run or loaded here."""

from reproduce.lookup import record_of
from reproduce.sample import Point, Sample


def sample_of(study, plan, store, network, measure):
    """Accuracy in percent, a `Sample` over the training seeds, or None when none was run."""
    points = {}
    for seed in range(plan.seeds):
        cell, place = study.cell(plan, network, measure, seed)
        record = record_of(cell, plan, store)
        if record is not None:
            hits = store.arrays(record)["correct"][place]
            points[seed] = Point(100 * hits.mean(axis=0), (record["id"],))
    return Sample(points) if points else None


def point_of(study, plan, store, network, measure, seed):
    """(result of one measure of one trained network, its record), or None when it was not run."""
    cell, place = study.cell(plan, network, measure, seed)
    record = record_of(cell, plan, store)
    return None if record is None else (record["result"]["points"][place], record)
