"""The difference of two classifiers on the same images."""

import dataclasses

import numpy as np

from .estimate import Estimate
from .robust_score import RobustScore
from .statistics import bootstrap_means


@dataclasses.dataclass(frozen=True)
class PairedDifference:
    """Result of `paired_difference`: mean single-pass accuracy of a, minus that of b.

    Attributes:
        estimate: the difference as an `Estimate`, in [-1, 1].
        contradicting: share of the resampled differences that are 0 or have the other sign than
            the difference, (count + 1) / (resamples + 1). Small values speak against chance;
            it is like a one-sided p-value, though not an exact one. 1 where the difference is 0.
    """

    estimate: Estimate
    contradicting: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval does not contain 0."""
        return not self.estimate.low <= 0 <= self.estimate.high

    def __str__(self):
        return f"{self.estimate} (contradicting {self.contradicting:.4f})"


def paired_difference(
    score_a: RobustScore,
    score_b: RobustScore,
    level: float = 0.95,
    seed: int = 0,
    resamples: int = 2000,
) -> PairedDifference:
    """Paired bootstrap over images for the difference of two mean single-pass accuracies.

    With s_i the share of right draws of image i, `mean_i (s_i of a - s_i of b)`. Every resample
    takes the same images for both: a hard image is hard for both, and that part of the spread
    cancels. Two models, or one model with and without an attack.

    Args:
        score_a, score_b: two `RobustScore`s of the same images in the same order (the attacked
            images may differ, where `originals` was given). Their numbers of draws may differ.
        level: confidence level in (0, 1).
        seed: integer, of the bootstrap.
        resamples: integer >= 1.

    Returns:
        A `PairedDifference`.

    Raises:
        ValueError: if the scores are not of the same images and labels in the same order.

    Example:

    >>> stochastic = score_draws(model, x, y, draws=100)
    >>> twin = score_draws(convert(model, "D"), x, y)
    >>> print(paired_difference(stochastic, twin))
    0.0120 [-0.0040, 0.0290] (contradicting 0.0715)
    """
    a, b = score_a.image_hashes, score_b.image_hashes
    if not np.array_equal(a, b):
        common = len(np.intersect1d(a, b))
        raise ValueError(
            "Invalid value received for arguments `score_a` and `score_b`. Expected scores of "
            "the same images and labels in the same order (for attacked images, with "
            f"`originals` given). Received: {len(a)} and {len(b)} images, {common} in common"
        )
    values = score_a.share - score_b.share
    estimate = Estimate.of_mean(values, level, seed, resamples, bounds=(-1.0, 1.0))
    means = bootstrap_means(values, seed, resamples)
    against = resamples
    if estimate.value:
        against = int(np.count_nonzero(means * np.sign(estimate.value) <= 0))
    return PairedDifference(estimate, float((against + 1) / (resamples + 1)))
