"""APGD towards one class after another."""

from typing import Any

import numpy as np

from ..inputs import check_count
from ..losses import check_loss
from .apgd import APGD


class TargetedAPGD(APGD):
    """APGD towards each of the likeliest other classes, until one of them is reached.

    An untargeted attack in its result: the truth is left by aiming at the classes in the order
    of their outputs for the clean image. Finds what the untargeted losses miss where the second
    class changes along the way. For deterministic models, such as the twin of a stochastic one;
    it works for all others at `targets` times the cost of APGD.

    The runs have different losses. They are compared by fooling, then by the margin
    `max_{j != y} z_j - z_y`.

    Args:
        estimator, norm, eps, steps, early_stop, seed, verbose: see `APGD`.
        targets: integer >= 1, how many classes to aim at; at most all others.
        restarts: runs per class.
        loss: `"dlr"` needs four classes; `"margin"` or `"cross_entropy"` three.

    Raises:
        ValueError: for a classifier of two classes: leaving one is reaching the other.

    References:
        Croce and Hein (2020), arXiv 2003.01690.
    """

    attack_params = [name for name in APGD.attack_params if name != "targeted"] + ["targets"]

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        steps: int = 100,
        targets: int = 9,
        restarts: int = 1,
        loss: str = "dlr",
        early_stop: bool = True,
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.targets = targets
        super().__init__(
            estimator, norm, eps, steps, restarts, loss, False, early_stop, seed, verbose
        )

    def cost(self) -> tuple[int, int]:
        """See `AveragedAttack`."""
        back = super().cost()[1] // self.restarts
        runs = min(self.targets, self.estimator.nb_classes - 1) * self.restarts
        # One more for the order of the classes.
        return runs * (1 + self._judging()) + 1, runs * back

    def _attack(self, shard):
        outputs = self.estimator.predict(shard.x)
        outputs[np.arange(len(outputs)), shard.truth] = -np.inf
        ranked = np.argsort(-outputs, axis=1)[:, : min(self.targets, outputs.shape[1] - 1)]
        for number, goal in enumerate(ranked.T):
            for restart in range(self.restarts):
                if not shard.active.size:
                    return
                shard.goal, shard.loss = goal, self.loss
                self._run(shard, restart + number * self.restarts)
                shard.goal, shard.loss = None, "margin"
                shard.close_run(again=True)

    def _check_params(self):
        if not hasattr(self, "steps"):
            return
        check_count("targets", self.targets)
        classes = self.estimator.nb_classes
        if classes < 3:
            raise ValueError(
                "Invalid value received for argument `estimator`. A targeted attack needs at "
                f"least 3 classes; the classifier has {classes}: leaving one class is reaching "
                "the other. Use APGD."
            )
        check_loss(self.loss, classes, targeted=True)
        super()._check_params()
