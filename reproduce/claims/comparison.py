"""One piece of evidence: a number with its interval, and what a claim says it should be."""

import dataclasses
import math

from reproduce.sample import difference

SUPPORTS, CONTRADICTS, UNDECIDED = "supports", "contradicts", "undecided"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A number beside the range in which a claim wants it.

    Args:
        what: what is compared, in words.
        value, low, high: the number with its 95 % interval, in percentage points.
        above, below: the claim holds for numbers strictly between these.
        contains: the claim holds where the interval contains this number; `above` and `below`
            then mean nothing.
        seeds: number of training seeds.
        trainings: whether different trainings are compared, so that their spread matters.
        records: ids of the records behind it.
        printed: the number that the text prints, or None.
    """

    what: str
    value: float
    low: float
    high: float
    above: float = -math.inf
    below: float = math.inf
    contains: float | None = None
    seeds: int = 1
    trainings: bool = True
    records: tuple = ()
    printed: float | None = None

    @property
    def outcome(self):
        """Whether the interval lies in the range, outside of it, or across its edge."""
        if self.contains is not None:
            return SUPPORTS if self.low <= self.contains <= self.high else CONTRADICTS
        if self.low > self.above and self.high < self.below:
            return SUPPORTS
        if self.high <= self.above or self.low >= self.below:
            return CONTRADICTS
        return UNDECIDED

    @property
    def wanted(self):
        """The range in words."""
        if self.contains is not None:
            return f"interval with {self.contains:g}"
        if self.below == math.inf:
            return f"above {self.above:g}"
        if self.above == -math.inf:
            return f"below {self.below:g}"
        return f"{self.above:g} to {self.below:g}"


def compare(what, one, other, **wanted):
    """[`Comparison`] of one - other; empty where one of them was not run.

    Args:
        what: in words.
        one, other: `Sample` or None.
        wanted: of `Comparison`: `above`, `below`, `contains`, `trainings`, `printed`.
    """
    gap = None if one is None or other is None else difference(one, other)
    if gap is None:
        return []
    value, low, high, seeds = gap
    records = tuple(dict.fromkeys(one.records + other.records))
    return [Comparison(what, value, low, high, seeds=seeds, records=records, **wanted)]


def compare_weights(what, one, other, **wanted):
    """The same for two tests of the same weights: one `Comparison` for each training seed.

    The difference then has no spread over trainings; a claim has to hold for every network.
    """
    from reproduce.sample import Sample

    if one is None or other is None:
        return []
    common = sorted(set(one.per_seed) & set(other.per_seed))
    return [
        found for seed in common
        for found in compare(f"{what}, seed {seed}", Sample({seed: one.per_seed[seed]}),
                             Sample({seed: other.per_seed[seed]}), trainings=False, **wanted)
    ]


def level(what, sample, **wanted):
    """[`Comparison`] of a number itself; empty where it was not run."""
    if sample is None:
        return []
    low, high = sample.interval()
    return [Comparison(what, sample.value, low, high, seeds=len(sample.per_seed),
                       records=sample.records, **wanted)]
