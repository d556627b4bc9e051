"""From the records of a study to its numbers: nothing is run or loaded here."""

import dataclasses

import numpy as np

from reproduce.lookup import record_of

# Two-sided 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom.
_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """Mean accuracy of a kind of network over its training seeds. All numbers are percentages.

    Attributes:
        value: mean over seeds, draws and images.
        error: standard error over seeds, None for one seed.
        low, high: 95 % interval: over seeds (Student's t) where there are several, otherwise
            over the images of the one network.
        per_seed: dict from training seed to accuracy.
        images: how many.
        records: ids of the records behind the number.
    """

    value: float
    error: float | None
    low: float
    high: float
    per_seed: dict
    images: int
    records: tuple


def accuracy_of(study, plan, store, network, measure):
    """`Accuracy`, or None when no seed was run."""
    found = {seed: point_of(study, plan, store, network, measure, seed)
             for seed in range(plan.seeds)}
    found = {seed: one for seed, one in found.items() if one is not None}
    if not found:
        return None
    points, records = zip(*found.values())
    values = np.array([100 * point["accuracy"] for point in points])
    mean, error = float(values.mean()), None
    low, high = (100 * bound for bound in points[0]["interval"])
    if len(values) > 1:
        error = float(values.std(ddof=1) / np.sqrt(len(values)))
        reach = (_T[len(values) - 2] if len(values) - 2 < len(_T) else 1.96) * error
        low, high = mean - reach, mean + reach
    return Accuracy(
        mean, error, max(low, 0.0), min(high, 100.0), dict(zip(found, values.tolist())),
        records[0]["result"]["images"], tuple(record["id"] for record in records),
    )


def point_of(study, plan, store, network, measure, seed):
    """(result of one measure of one trained network, its record), or None when it was not run."""
    cell, place = study.cell(plan, network, measure, seed)
    record = record_of(cell, plan, store)
    return None if record is None else (record["result"]["points"][place], record)


def difference(one, other):
    """(mean, low, high) of `one - other` over the seeds that both have, or None for one seed.

    Networks of one seed share their data order, so the difference is taken seed by seed.
    """
    common = sorted(set(one.per_seed) & set(other.per_seed))
    count = len(common)
    if count < 2:
        return None
    gaps = np.array([one.per_seed[seed] - other.per_seed[seed] for seed in common])
    reach = (_T[count - 2] if count - 2 < len(_T) else 1.96) * gaps.std(ddof=1) / np.sqrt(count)
    return float(gaps.mean()), float(gaps.mean() - reach), float(gaps.mean() + reach)
