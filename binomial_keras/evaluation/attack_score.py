"""Attacked and clean scores side by side."""

import dataclasses
from typing import Any

import numpy as np

from .estimate import Estimate
from .paired_difference import PairedDifference, paired_difference
from .robust_score import RobustScore


@dataclasses.dataclass(frozen=True, eq=False)
class AttackScore:
    """Result of `score_attack`.

    Attributes:
        clean: `RobustScore` of the original images.
        attacked: `RobustScore` of the attacked images, in other draws.
        unchanged: bool `(images,)`, whether the attack returned the original.
        seed: integer from which the seeds of both scores were derived.
    """

    clean: RobustScore
    attacked: RobustScore
    unchanged: np.ndarray
    seed: int

    def table(self, **bootstrap: Any) -> dict[str, tuple[Estimate, Estimate]]:
        """Dict of measures (see `RobustScore.table`) to `(clean, attacked)`, two `Estimate`s."""
        clean, attacked = self.clean.table(**bootstrap), self.attacked.table(**bootstrap)
        return {name: (clean[name], attacked[name]) for name in clean}

    def drop(self, **bootstrap: Any) -> PairedDifference:
        """Clean minus attacked mean single-pass accuracy, as a `PairedDifference`."""
        return paired_difference(self.clean, self.attacked, **bootstrap)

    @property
    def unchanged_share(self) -> float:
        """Share of images that the attack returned unchanged, in [0, 1]."""
        return float(self.unchanged.mean())

    @property
    def unchanged_error(self) -> float | None:
        """Mean clean error of the unchanged images in [0, 1]; `None` where there are none.

        Wrong answers on unchanged images are the model's own and no success of the attack.
        """
        if not self.unchanged.any():
            return None
        return float(1 - self.clean.share[self.unchanged].mean())
