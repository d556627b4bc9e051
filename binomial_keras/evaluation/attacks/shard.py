"""A block of images under attack: what was found for them, and which are still attacked."""

import numpy as np

from .ball import Ball
from .best_points import BestPoints

# One draw is right by luck or wrong by luck; fewer draws than these say nothing about a point.
TRUSTED = 20
# An image leaves after so many wrong draws in a row: one that is right in 3 % of its draws gets
# there with probability 0.05.
WRONG_IN_A_ROW = 100


class Shard:
    """Images, the loss that an attack maximises on them, and the best points found.

    Every loss, gradient and share of right draws comes from the estimator, which averages over
    its draws; each call sees new noise. An image leaves (`early_stop`) when 100 draws in a row
    were wrong; for a deterministic model when it is fooled; never under a vote or with a goal.

    Args:
        estimator: `ARTClassifier`.
        name: of the attack, for messages.
        x: clean images `(images, ...)`.
        truth: int64 `(images,)`.
        goal: int64 `(images,)`, or `None`.
        norm, eps, loss, early_stop: of the attack.
        seed: integer >= 0.
        first: number of the first image.

    Attributes:
        ball: `Ball`.
        best: `BestPoints` over all runs.
        trusted: whether one answer of the estimator says something about a point.
    """

    def __init__(
        self, estimator, name, x, truth, goal, norm, eps, loss, early_stop, seed, first=0
    ):
        self.estimator, self.name, self.loss = estimator, name, loss
        self.x, self.truth, self.goal = x, truth, goal
        self.ball = Ball(x, norm, eps, estimator.clip_values)
        self._seed, self._first = seed, first
        stochastic = estimator.stochastic
        self.draws = estimator.draws if stochastic else 1
        self.trusted = not stochastic or self.draws >= TRUSTED
        self._answers = 1 if self.trusted else -(-TRUSTED // self.draws)
        # A vote can be right where no single draw is, and a goal is more than an error.
        self._majority = goal is None and not (stochastic and estimator.average == "vote")
        self._enough = WRONG_IN_A_ROW if stochastic else 1
        self._leaving = early_stop and self._majority
        self._wrong = np.zeros(len(x))
        self.best = BestPoints(x, self._majority)
        self._run = None

    @property
    def active(self):
        """Numbers of the images that are still attacked."""
        return np.flatnonzero(self._wrong < self._enough)

    def generators(self, stream, rows):
        """A NumPy generator for every image: its numbers depend on no other image."""
        return [np.random.default_rng((self._seed, *stream, self._first + r)) for r in rows]

    def start(self, stream, rows):
        """Random points in the ball."""
        return self.ball.random(self.generators(stream, rows), rows)

    def slopes(self, points, rows):
        """`(loss, share of right draws, gradient)` of points that belong to `rows`."""
        self.estimator.renew_noise()
        found = self.estimator.loss_and_gradient(
            points, self.truth[rows], self.loss, self._goal(rows)
        )
        self._check_finite("gradient", found[2], rows)
        return found

    def losses(self, points, rows):
        """`(loss, share of right draws)` of points that belong to `rows`."""
        self.estimator.renew_noise()
        found = self.estimator.losses(points, self.truth[rows], self.loss, self._goal(rows))
        self._check_finite("loss", found[0], rows)
        return found

    def both_losses(self, up, down, rows):
        """Losses of two sets of points, in the same noise if the estimator has common noise."""
        self.estimator.renew_noise()
        found = []
        for points in (up, down):
            goal = self._goal(rows)
            loss, _ = self.estimator.losses(points, self.truth[rows], self.loss, goal)
            self._check_finite("loss", loss, rows)
            found.append(loss)
        return found

    def judged(self, points, rows):
        """As `losses`, from at least 20 draws if the model is stochastic."""
        found = [self.losses(points, rows) for _ in range(self._answers)]
        return tuple(np.mean(part, axis=0) for part in zip(*found))

    def keep(self, rows, points, loss, right, judged=True):
        """Offer points of the current run.

        Args:
            rows, points, loss, right: points, the images they belong to, how they were measured.
            judged: whether they were measured by `judged`, not in one answer of the estimator.

        Returns:
            bool `(rows,)`, which of the images are still attacked.
        """
        if self._run is None:
            self._run = BestPoints(self.x, self._majority)
        self._run.offer(rows, points, loss, right)
        if not self._leaving:
            return np.ones(len(rows), bool)
        draws = self.draws * (self._answers if judged else 1)
        self._wrong[rows] = np.where(right == 0, self._wrong[rows] + draws, 0)
        return self._wrong[rows] < self._enough

    def close_run(self, again):
        """End a run: its points now compete with those of the runs before.

        Args:
            again: whether to measure them in new draws first. The highest of many noisy losses
                is too high by luck, and more so in a run that saw more points.
        """
        run, self._run = self._run, None
        rows = np.flatnonzero(run.loss > -np.inf)
        points, loss, right = run.points[rows], run.loss[rows], run.right[rows]
        if again and rows.size:
            loss, right = self.judged(points, rows)
        self.best.offer(rows, points, loss, right)

    def _goal(self, rows):
        return None if self.goal is None else self.goal[rows]

    def _check_finite(self, what, values, rows):
        bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if bad.any():
            raise ValueError(
                f"{self.name}: the {what} is not finite for {int(bad.sum())} of {len(rows)} "
                f"images, the first of them number {self._first + int(rows[bad.argmax()])}. An "
                "attack would go astray without a sign. Look for 0 / 0, log 0 or an overflow in "
                "the model."
            )
