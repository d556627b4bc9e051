"""Projected gradient ascent on the expected loss."""

from typing import Any

import numpy as np

from ..inputs import check_count
from .averaged_attack import AveragedAttack, check_number

# How often a run measures its point with an estimator of few draws.
_LOOKS = 5


class EOTPGD(AveragedAttack):
    """Projected gradient ascent with momentum on a loss averaged over draws.

    With L the mean loss over the estimator's draws, new ones in every step,

        v <- momentum * v + grad L(x) / mean|grad L(x)|
        x <- project(x + step_size * sign v)        L-infinity
        x <- project(x + step_size * v / ||v||)     L2

    from a random point of the ball. Kept is, of all points visited, one that fools more than
    half of the draws if there is any, and of those the one with the highest loss. A lucky flip
    ends nothing: an image leaves after 100 wrong draws in a row. Of several restarts the best is
    chosen in new draws.

    With an estimator of fewer than 20 draws the losses of the steps are too noisy to choose by:
    a run's point is then measured five times on the way, in 20 draws each. So `draws=1` with many
    small steps, which averages over the noise along the way, is a fair competitor of `draws=20`.

    `steps=1, step_size=eps, random_start=False, momentum=0` is FGSM.

    Args:
        estimator, norm, eps, loss, restarts, targeted, early_stop, seed, verbose: see
            `AveragedAttack`.
        steps: integer >= 1.
        step_size: > 0, in pixel units; `None` for `eps / 4`, `eps / 10` and `2.5 * eps / steps`
            in turn, another one for every restart. Small steps average over more noise and end
            in the first local maximum.
        momentum: in [0, 1); 0 for none.
        random_start: if `False`, the run starts from the clean image, and all restarts are the
            same but for the noise.

    Example:

    >>> estimator = ARTClassifier(model, draws=20)
    >>> adversarial = EOTPGD(estimator, eps=0.1, steps=100, restarts=5, seed=0).generate(x, y)

    References:
        Athalye, Carlini and Wagner (2018), arXiv 1802.00420; Dong et al. (2018), arXiv
        1710.06081, for the momentum.
    """

    attack_params = AveragedAttack.attack_params + [
        "steps",
        "step_size",
        "momentum",
        "random_start",
    ]

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        steps: int = 100,
        step_size: float | None = None,
        restarts: int = 1,
        momentum: float = 0.75,
        loss: str = "cross_entropy",
        random_start: bool = True,
        targeted: bool = False,
        early_stop: bool = True,
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator, norm, eps, loss, restarts, targeted, early_stop, seed, verbose)
        self.steps, self.step_size = steps, step_size
        self.momentum, self.random_start = momentum, random_start
        self._check_params()

    def cost(self) -> tuple[int, int]:
        """See `AveragedAttack`."""
        looks = 1 if self._judging() == 1 else 1 + len(self._looks())
        losses = self._judging() * (looks + (self.restarts > 1))
        return self.restarts * losses, self.restarts * self.steps

    def _looks(self):
        """Steps before which a run measures its point where one answer does not count."""
        return {self.steps * (k + 1) // _LOOKS for k in range(_LOOKS)} - {0, self.steps}

    def _run(self, shard, restart):
        rows = shard.active
        points = shard.start((restart,), rows) if self.random_start else shard.x[rows]
        sizes = (0.25, 0.1, 2.5 / self.steps)
        speed, size = 0.0, self.step_size or sizes[restart % len(sizes)] * self.eps
        looks = self._looks()
        for step in range(self.steps):
            loss, right, slope = shard.slopes(points, rows)
            speed = self.momentum * speed + slope / _scale(slope)
            if shard.trusted or step in looks:
                measured = (loss, right) if shard.trusted else shard.judged(points, rows)
                stay = shard.keep(rows, points, *measured)
                rows, points, speed = rows[stay], points[stay], speed[stay]
                if not rows.size:
                    return
            points = shard.ball.moved(points, speed, size, rows)
        shard.keep(rows, points, *shard.judged(points, rows))

    def _check_params(self):
        super()._check_params()
        if not hasattr(self, "random_start"):
            return
        check_count("steps", self.steps)
        if self.step_size is not None:
            check_number("step_size", self.step_size)
        if not 0 <= self.momentum < 1:
            raise ValueError(
                "Invalid value received for argument `momentum`. Expected a number in [0, 1). "
                f"Received: momentum={self.momentum!r}"
            )


def _scale(slope):
    mean = np.abs(slope).mean(axis=tuple(range(1, slope.ndim)), keepdims=True)
    return np.where(mean > 0, mean, 1)
