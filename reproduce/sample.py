"""Numbers per image and training seed, and their differences."""

import dataclasses

import numpy as np

# Fewer training seeds do not show how much two trainings differ by chance.
ENOUGH = 3


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """A number of one trained network.

    Args:
        per_image: float `(images,)`, percent.
        records: ids of the records behind it.
    """

    per_image: np.ndarray
    records: tuple


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """A number of one kind of network, seed by seed.

    Args:
        per_seed: dict from training seed to `Point`; not empty.
    """

    per_seed: dict

    @property
    def value(self):
        """Mean over images and seeds, percent."""
        return float(np.mean([point.per_image.mean() for point in self.per_seed.values()]))

    @property
    def images(self):
        """Number of images that every seed has."""
        return min(len(point.per_image) for point in self.per_seed.values())

    @property
    def records(self):
        """Ids of all records, each once."""
        return tuple(dict.fromkeys(r for one in self.per_seed.values() for r in one.records))

    @property
    def error(self):
        """Standard error of `value` over the seeds, without the images' chance; None for one."""
        means = [point.per_image.mean() for point in self.per_seed.values()]
        return float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else None

    def interval(self):
        """(low, high) of `value`, see `mean_interval`."""
        low, high = mean_interval([point.per_image for point in self.per_seed.values()])
        return max(low, 0.0), min(high, 100.0)

    def text(self):
        """Value and interval for people."""
        low, high = self.interval()
        return f"{self.value:.1f} ({low:.1f} – {high:.1f})"


def mean_interval(per_seed):
    """95 % interval of a mean over seeds and images.

    Two sources of chance, added in quadrature: which images were tested (bootstrap of the means
    over seeds; three in n images where all images agree, the rule of three) and, from three seeds
    on, how much trainings differ (Student's t over the seeds' means). The seeds share their
    images, so their spread does not show the first. Three seeds that happen to agree, such as at
    0 % of 250 images, therefore decide nothing by themselves. With fewer seeds the interval says
    nothing of another training.

    Args:
        per_seed: one array of numbers per image, in percent, for each training seed.
    """
    from scipy.stats import t

    from binomial_keras.evaluation import bootstrap_interval

    count, images = len(per_seed), min(map(len, per_seed))
    each = np.mean([one[:images] for one in per_seed], axis=0)
    mean = each.mean()
    low, high = bootstrap_interval(each)
    if np.ptp(each) < 1e-9:
        low, high = mean - 300 / images, mean + 300 / images
    if count < ENOUGH:
        return float(low), float(high)
    means = np.array([one.mean() for one in per_seed])
    reach = t.ppf(0.975, count - 1) * means.std(ddof=1) / np.sqrt(count)
    below, above = np.hypot(mean - low, reach), np.hypot(high - mean, reach)
    return float(means.mean() - below), float(means.mean() + above)


def difference(one, other):
    """(mean, low, high, seeds) of `one - other`, paired by training seed and by image.

    None where the two have no training seed in common. The images of both are the first ones of
    the same fixed list.
    """
    common = sorted(set(one.per_seed) & set(other.per_seed))
    if not common:
        return None
    gaps = []
    for seed in common:
        a, b = one.per_seed[seed].per_image, other.per_seed[seed].per_image
        images = min(len(a), len(b))
        gaps.append(a[:images] - b[:images])
    low, high = mean_interval(gaps)
    return float(np.mean([gap.mean() for gap in gaps])), low, high, len(common)
