"""Images made for one classifier and tried on another."""

from typing import Any

import numpy as np
from art.attacks.attack import EvasionAttack

from ..art_classifier import ARTClassifier
from .eot_pgd import EOTPGD


class Transfer(EvasionAttack):
    """Momentum PGD on a source classifier; the attacked classifier is never asked.

    Useful sources: the deterministic twin, `bk.convert(model, "D")`, with the same weights and
    no noise; the same network trained without noise; an ordinary ReLU network. Where these
    images fool the model more than its own gradients do, its gradients are masked.

    No image leaves early: what fools the source with a large loss fools others more often.

    Args:
        estimator: `ARTClassifier` of the model under attack; only its shape is looked at.
        source: `ARTClassifier` that the images are made for.
        norm, eps, steps, step_size, restarts, momentum, loss, seed, verbose: of the attack on
            the source, see `EOTPGD`.

    Raises:
        ValueError: for a source with other classes, image shape or range of pixels.

    Example:

    >>> twin = ARTClassifier(bk.convert(model, "D"))
    >>> adversarial = Transfer(ARTClassifier(model), twin, eps=0.1, seed=0).generate(x, y)
    """

    attack_params = EvasionAttack.attack_params + [
        "source",
        "norm",
        "eps",
        "steps",
        "step_size",
        "restarts",
        "momentum",
        "loss",
        "seed",
        "verbose",
    ]
    _estimator_requirements = (ARTClassifier,)

    def __init__(
        self,
        estimator: Any,
        source: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        steps: int = 100,
        step_size: float | None = None,
        restarts: int = 1,
        momentum: float = 0.75,
        loss: str = "cross_entropy",
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator=estimator)
        self.source, self.norm, self.eps = source, norm, eps
        self.steps, self.step_size, self.restarts = steps, step_size, restarts
        self.momentum, self.loss, self.seed, self.verbose = momentum, loss, seed, verbose
        self._check_params()

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images.

        Args, returns and errors as `AveragedAttack.generate`; without `y` the classes that the
        attacked classifier predicts.
        """
        if y is None:
            y = self.estimator.predict(np.asarray(x, np.float32)).argmax(axis=1)
        return self._attack().generate(x, y)

    def cost(self) -> tuple[int, int]:
        """Most passes per image and draw of the source: `(losses, gradients)`."""
        return self._attack().cost()

    def _attack(self):
        return EOTPGD(
            self.source,
            self.norm,
            self.eps,
            self.steps,
            self.step_size,
            self.restarts,
            self.momentum,
            self.loss,
            early_stop=False,
            seed=self.seed,
            verbose=self.verbose,
        )

    def _check_params(self):
        super()._check_params()
        if not hasattr(self, "verbose"):
            return
        if not isinstance(self.source, ARTClassifier):
            raise ValueError(
                "Invalid value received for argument `source`. Expected an ARTClassifier. "
                f"Received: source={self.source!r}"
            )
        kinds = [
            (e.nb_classes, e.input_shape, tuple(map(float, e.clip_values)))
            for e in (self.source, self.estimator)
        ]
        if kinds[0] != kinds[1]:
            raise ValueError(
                "Invalid value received for argument `source`. Expected the classes, image shape "
                f"and clip_values of the estimator, {kinds[1]}. Received: {kinds[0]}"
            )
        self._attack()
