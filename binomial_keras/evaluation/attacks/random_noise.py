"""Random noise: the floor that every attack has to beat."""

from typing import Any

import numpy as np

from ..inputs import check_count
from .averaged_attack import AveragedAttack


class RandomNoise(AveragedAttack):
    """Random points of the ball; the one with the highest mean loss is returned.

    Every other point is uniform in the ball; the ones between are at its corners (every pixel
    up or down by eps, L-infinity) or on its surface (L2). An attack that is not stronger than
    this has found nothing.

    Each point is measured in at least 20 draws if the model is stochastic.

    Args:
        estimator, norm, eps, loss, early_stop, seed, verbose: see `AveragedAttack`.
        tries: integer >= 1, points per image.

    Example:

    >>> noisy = RandomNoise(ARTClassifier(model, draws=20), eps=0.1, seed=0).generate(x, y)
    """

    attack_params = ["norm", "eps", "loss", "early_stop", "seed", "verbose", "tries"]

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        tries: int = 100,
        loss: str = "cross_entropy",
        early_stop: bool = True,
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator, norm, eps, loss, 1, False, early_stop, seed, verbose)
        self.tries = tries
        self._check_params()

    def cost(self) -> tuple[int, int]:
        """See `AveragedAttack`."""
        return self.tries * self._judging(), 0

    def _run(self, shard, restart):
        rows = shard.active
        generators = shard.generators((restart,), rows)
        for number in range(self.tries):
            points = shard.ball.random(generators, rows, extreme=number % 2 == 1)
            stay = shard.keep(rows, points, *shard.judged(points, rows))
            rows = rows[stay]
            if not rows.size:
                return
            generators = [g for g, left in zip(generators, stay) if left]

    def _check_params(self):
        super()._check_params()
        if hasattr(self, "tries"):
            check_count("tries", self.tries)
