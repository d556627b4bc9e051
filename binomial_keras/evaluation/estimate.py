"""A mean over images, with its interval."""

import dataclasses

import numpy as np

from .statistics import bootstrap_interval, wilson_interval


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over images and its confidence interval.

    The interval is the percentile bootstrap over images. Where all n images have the same value
    v, resampling them shows no spread, although other images may differ. All that n equal
    images say is that at most a share w of all images differs from them, with
    `w = z^2 / (n + z^2)`, the upper end of Wilson's interval for 0 of n and z the normal
    quantile of (1 + level) / 2. The interval is then
    `[(1 - w) v + w lowest, (1 - w) v + w highest]`; for v = 0 or 1 it is Wilson's.

    Attributes:
        value: the mean.
        low, high: ends of the interval.
        level: its confidence level.
        images: number of images.
        method: `"bootstrap"`, or `"unanimous"` where all images have the same value.
        seed, resamples: of the bootstrap.

    Example:

    >>> print(Estimate.of_mean([1, 1, 0, 1], seed=0))
    0.7500 [0.2500, 1.0000]
    """

    value: float
    low: float
    high: float
    level: float
    images: int
    method: str
    seed: int
    resamples: int

    @classmethod
    def of_mean(
        cls,
        values: np.ndarray,
        level: float = 0.95,
        seed: int = 0,
        resamples: int = 2000,
        bounds: tuple[float, float] = (0.0, 1.0),
    ) -> "Estimate":
        """The mean of one value per image.

        Args:
            values: array `(images,)`, each within `bounds`.
            level: confidence level in (0, 1).
            seed: integer; the same seed and number of images give the same resamples.
            resamples: integer >= 1.
            bounds: lowest and highest value that an image can have.
        """
        values = np.asarray(values, float)
        # Checks the arguments too.
        low, high = bootstrap_interval(values, level, seed, resamples)
        method = "bootstrap"
        if (values == values[0]).all():
            method = "unanimous"
            other = wilson_interval(0, values.size, level)[1]
            low, high = ((1 - other) * values[0] + other * bound for bound in bounds)
        return cls(
            float(values.mean()),
            float(low),
            float(high),
            level,
            values.size,
            method,
            seed,
            resamples,
        )

    def __str__(self):
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"
