"""APGD, projected gradient ascent that chooses its step size, with means over draws."""

import dataclasses
import math
from typing import Any

import numpy as np

from ..inputs import check_count
from .averaged_attack import AveragedAttack

_MOMENTUM = 0.75
_RHO = 0.75
_FIRST, _SHRINK, _LEAST = 0.22, 0.03, 0.06


class APGD(AveragedAttack):
    """Auto-PGD whose loss, best point and success are means over the estimator's draws.

    From a random point, with the step size eta starting at 2 eps,

        z       = project(x_k + eta * unit(grad L(x_k)))
        x_{k+1} = project(x_k + 0.75 (z - x_k) + 0.25 (x_k - x_{k-1}))

    (x_1 = z). At the checkpoints `w_j = ceil(p_j * steps)`, `p_0 = 0`, `p_1 = 0.22`,
    `p_{j+1} = p_j + max(p_j - p_{j-1} - 0.03, 0.06)`, eta is halved and the run goes back to the
    point with the highest loss if

    1. fewer than 0.75 of the steps since the last checkpoint raised the loss, or
    2. neither eta nor the highest loss has changed since the last checkpoint.

    AutoAttack's own version averages the gradient over draws, yet takes loss and success from
    one of them. Here all are means over the K draws of the estimator, new ones in every step; a
    stochastic model needs K of 20 or so. Since the highest of many noisy losses is too high by
    luck, it is measured again, with its gradient, whenever the run goes back to it.

    What is returned, and when an image leaves, is as in `EOTPGD`.

    Args:
        estimator, norm, eps, loss, restarts, targeted, early_stop, seed, verbose: see
            `AveragedAttack`.
        steps: integer >= 1.

    Example:

    >>> attack = APGD(ARTClassifier(model, draws=20), eps=0.1, loss="dlr", seed=0)
    >>> adversarial = attack.generate(x, y)

    References:
        Croce and Hein (2020), arXiv 2003.01690, Algorithm 1.
    """

    attack_params = AveragedAttack.attack_params + ["steps"]

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        steps: int = 100,
        restarts: int = 1,
        loss: str = "cross_entropy",
        targeted: bool = False,
        early_stop: bool = True,
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator, norm, eps, loss, restarts, targeted, early_stop, seed, verbose)
        self.steps = steps
        self._check_params()

    def cost(self) -> tuple[int, int]:
        """See `AveragedAttack`."""
        back = len(checkpoints(self.steps)) if self.estimator.stochastic else 0
        again = self._judging() if self.restarts > 1 else 0
        return self.restarts * (1 + again), self.restarts * (self.steps + back)

    def _run(self, shard, restart):
        run = self._started(shard, restart)
        spans = dict(checkpoints(self.steps))
        for step in range(1, self.steps + 1):
            if not run.rows.size:
                return
            run.move(shard.ball, first=step == 1)
            loss, right, slope = self._seen(shard, run, last=step == self.steps)
            run.note(loss, slope)
            run = run.only(shard.keep(run.rows, run.points, loss, right, judged=False))
            if step in spans and step < self.steps:
                back = run.checkpoint(spans[step])
                self._return(shard, run, back)

    def _started(self, shard, restart):
        rows = shard.active
        points = shard.start((restart,), rows)
        loss, right, slope = shard.slopes(points, rows)
        stay = shard.keep(rows, points, loss, right, judged=False)
        size = np.full(len(rows), 2 * self.eps)
        return _Run.start(rows, points, loss, slope, size).only(stay)

    @staticmethod
    def _seen(shard, run, last):
        if last:
            return (*shard.losses(run.points, run.rows), run.slope)
        return shard.slopes(run.points, run.rows)

    @staticmethod
    def _return(shard, run, back):
        """Where the runs go back to their highest point, with the gradient found there."""
        if not back.any():
            return
        run.points[back], run.slope[back] = run.peak[back], run.peak_slope[back]
        run.loss[back] = run.peak_loss[back]
        if shard.estimator.stochastic:
            loss, _, slope = shard.slopes(run.points[back], run.rows[back])
            run.slope[back] = run.peak_slope[back] = slope
            run.loss[back] = run.peak_loss[back] = run.peak_before[back] = loss

    def _check_params(self):
        super()._check_params()
        if hasattr(self, "steps"):
            check_count("steps", self.steps)


def checkpoints(steps):
    """`[(w_j, w_j - w_{j-1}), ...]` of the schedule in `APGD`, up to `steps`."""
    found, before, now = [], 0.0, _FIRST
    while math.ceil(round(now * steps, 6)) <= steps:
        end, start = (math.ceil(round(p * steps, 6)) for p in (now, before))
        found.append((end, end - start))
        before, now = now, now + max(now - before - _SHRINK, _LEAST)
    return [pair for pair in found if pair[1]]


@dataclasses.dataclass
class _Run:
    """State of the images of one run; every array has one row per image."""

    rows: np.ndarray
    points: np.ndarray
    previous: np.ndarray
    slope: np.ndarray
    loss: np.ndarray
    size: np.ndarray
    peak: np.ndarray
    peak_slope: np.ndarray
    peak_loss: np.ndarray
    # At the last checkpoint: the highest loss then, whether the step size was halved, and how
    # many steps raised the loss since.
    peak_before: np.ndarray
    halved: np.ndarray
    raised: np.ndarray

    @classmethod
    def start(cls, rows, points, loss, slope, size):
        none, loss = np.zeros(len(rows), int), np.array(loss, float)
        return cls(
            rows, points, points.copy(), slope.copy(), loss, size, points.copy(), slope.copy(),
            loss.copy(), loss.copy(), none.astype(bool), none,
        )  # fmt: skip

    def only(self, stay):
        """The state of some of the images."""
        if stay.all():
            return self
        values = [getattr(self, field.name)[stay] for field in dataclasses.fields(self)]
        return _Run(*values)

    def move(self, ball, first):
        z = ball.moved(self.points, self.slope, self.size, self.rows)
        if not first:
            drift = self.points - self.previous
            z = self.points + _MOMENTUM * (z - self.points) + (1 - _MOMENTUM) * drift
            z = ball.project(z, self.rows)
        self.previous, self.points = self.points, z

    def note(self, loss, slope):
        self.raised = self.raised + (loss > self.loss)
        self.loss, self.slope = np.array(loss, float), slope.copy()
        higher = loss > self.peak_loss
        self.peak[higher], self.peak_slope[higher] = self.points[higher], slope[higher]
        self.peak_loss[higher] = loss[higher]

    def checkpoint(self, span):
        """Halve the step size where it is due; returns where."""
        stuck = ~self.halved & (self.peak_loss <= self.peak_before)
        back = (self.raised < _RHO * span) | stuck
        self.size = np.where(back, self.size / 2, self.size)
        self.halved, self.peak_before = back, self.peak_loss.copy()
        self.raised = np.zeros_like(self.raised)
        return back
