"""Natural evolution strategies: gradient ascent that asks for no gradient."""

from typing import Any

import numpy as np

from ..inputs import check_count
from .averaged_attack import AveragedAttack, check_number


class NES(AveragedAttack):
    """Ascent along a gradient estimated from losses at random points around the image.

    With m pairs of antithetic Gaussian directions `u_j ~ N(0, 1)` per step, new ones for every
    image,

        g = 1 / (2 m sigma) * sum_j (L(x + sigma u_j) - L(x - sigma u_j)) u_j

    is the gradient of the loss smoothed over N(x, sigma^2), and x moves as in `EOTPGD`, with
    momentum. What a layer does to gradients does not matter: this attack sees outputs alone.
    The points around x may leave the range of pixels by a few sigma; what is kept does not.

    An estimator with `common_noise=True` gives both ends of a pair the same noise, which makes
    their difference far less noisy; the noise is renewed for every pair.

    Args:
        estimator, norm, eps, loss, restarts, targeted, early_stop, seed, verbose: see
            `AveragedAttack`.
        queries: integer, losses asked for per image and restart, each a mean over the
            estimator's draws; a step takes `2 * pairs + 1`.
        pairs: integer >= 1, m.
        sigma: > 0, width of the smoothing, in pixel units.
        step_size: > 0; `None` for the larger of `eps / 10` and `2.5 * eps / steps`.
        momentum: in [0, 1).

    Example:

    >>> estimator = ARTClassifier(model, draws=20, common_noise=True)
    >>> adversarial = NES(estimator, eps=0.1, queries=5000, seed=0).generate(x, y)

    References:
        Ilyas et al. (2018), arXiv 1804.08598.
    """

    attack_params = AveragedAttack.attack_params + [
        "queries",
        "pairs",
        "sigma",
        "step_size",
        "momentum",
    ]

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        queries: int = 5000,
        pairs: int = 25,
        sigma: float = 0.01,
        step_size: float | None = None,
        restarts: int = 1,
        momentum: float = 0.75,
        loss: str = "margin",
        targeted: bool = False,
        early_stop: bool = True,
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator, norm, eps, loss, restarts, targeted, early_stop, seed, verbose)
        self.queries, self.pairs, self.sigma = queries, pairs, sigma
        self.step_size, self.momentum = step_size, momentum
        self._check_params()

    @property
    def steps(self) -> int:
        """Steps that the queries are enough for."""
        return self.queries // (2 * self.pairs + 1)

    def cost(self) -> tuple[int, int]:
        """See `AveragedAttack`."""
        judging = self._judging()
        step = 2 * self.pairs + judging
        return self.restarts * (self.steps * step + judging * (1 + (self.restarts > 1))), 0

    def _run(self, shard, restart):
        rows = shard.active
        generators = shard.generators((restart,), rows)
        points = shard.ball.random(generators, rows)
        speed, size = 0.0, self.step_size or max(0.1, 2.5 / self.steps) * self.eps
        for _ in range(self.steps):
            stay = shard.keep(rows, points, *shard.judged(points, rows))
            if not stay.all():
                rows, points = rows[stay], points[stay]
                generators = [g for g, left in zip(generators, stay) if left]
                speed = speed if np.isscalar(speed) else speed[stay]
            if not rows.size:
                return
            speed = self.momentum * speed + self._estimated(shard, points, rows, generators)
            points = shard.ball.moved(points, speed, size, rows)
        shard.keep(rows, points, *shard.judged(points, rows))

    def _estimated(self, shard, points, rows, generators):
        """The gradient, up to the factor 1 / (2 m sigma), which no step sees."""
        total, left = np.zeros_like(points), self.pairs
        while left:
            # A few images fill a batch with several directions each.
            count = min(left, max(1, self.estimator.batch_size // len(rows)))
            shape = (count, *points.shape[1:])
            u = np.stack([g.standard_normal(shape, np.float32) for g in generators], axis=1)
            change = self._difference(shard, points, rows, u)
            total += np.einsum("ki,ki...->i...", change, u)
            left -= count
        return total

    def _difference(self, shard, points, rows, u):
        many = np.tile(rows, len(u))
        ends = [
            (points + side * np.float32(self.sigma) * u).reshape(-1, *points.shape[1:])
            for side in (1, -1)
        ]
        up, down = shard.both_losses(*ends, many)
        return (up - down).reshape(u.shape[:2]).astype(np.float32)

    def _check_params(self):
        super()._check_params()
        if not hasattr(self, "momentum"):
            return
        check_count("pairs", self.pairs)
        check_count("queries", self.queries)
        check_number("sigma", self.sigma)
        if self.step_size is not None:
            check_number("step_size", self.step_size)
        if self.steps < 1:
            raise ValueError(
                "Invalid value received for argument `queries`. Expected at least one step, "
                f"2 * pairs + 1 = {2 * self.pairs + 1}. Received: queries={self.queries}"
            )
        if not 0 <= self.momentum < 1:
            raise ValueError(
                "Invalid value received for argument `momentum`. Expected a number in [0, 1). "
                f"Received: momentum={self.momentum!r}"
            )
