"""One attack of the adaptive suite: which attack, its settings, and how the noise is averaged."""

import dataclasses
import importlib
from typing import Any

import numpy as np

from .inputs import check_count

_ATTACKS = ("APGD", "EOTPGD", "NES", "RandomNoise", "Square", "TargetedAPGD", "Transfer")


@dataclasses.dataclass(frozen=True)
class AdaptiveAttack:
    """An attack together with the estimator that it needs.

    `adaptive_suite` makes them. Like a `PublishedAttack` it is a name and settings, and
    `evaluate_attack` runs it.

    Attributes:
        name: what it is called in tables.
        attack: name of the class in `evaluation.attacks`.
        settings: sorted tuple of `(argument, value)`; a dict is accepted.
        draws, average, backward, common_noise: of the estimator, see `ARTClassifier`.
        source: name of the source of a transfer, else `None`.
        estimators: `SuiteEstimators`, shared by the attacks of a suite so that nothing is
            compiled twice.

    Example:

    >>> attack = adaptive_suite(model, eps=0.1)["APGD-DLR"].replace(steps=200)
    >>> outcome = evaluate_attack(ARTClassifier(model), attack, x, y, draws=100)
    """

    name: str
    attack: str
    settings: tuple | dict
    estimators: Any = dataclasses.field(repr=False, compare=False)
    draws: int = 1
    average: str = "loss"
    backward: str = "own"
    common_noise: bool = False
    source: str | None = None

    def __post_init__(self):
        if self.attack not in _ATTACKS:
            raise ValueError(
                f"Invalid value received for argument `attack`. Expected one of {_ATTACKS}. "
                f"Received: attack={self.attack!r}"
            )
        check_count("draws", self.draws)
        object.__setattr__(self, "settings", tuple(sorted(dict(self.settings).items())))

    def replace(self, **settings: Any) -> "AdaptiveAttack":
        """The same attack with other values for some settings."""
        return dataclasses.replace(self, settings={**dict(self.settings), **settings})

    def to_dict(self) -> dict[str, Any]:
        """All that decides the result, given a model and a source; ready for JSON."""
        names = ("name", "attack", "draws", "average", "backward", "common_noise", "source")
        return {**{name: getattr(self, name) for name in names}, "settings": dict(self.settings)}

    def art_attack(self, seed: int = 0) -> Any:
        """The ART attack with its estimator, to be called by `generate(x, y)`."""
        module = importlib.import_module(".attacks", __package__)
        arguments = {**dict(self.settings), "seed": seed, "verbose": False}
        if self.source is not None:
            arguments["source"] = self.estimators.source(self.source, self.draws)
        return getattr(module, self.attack)(self._estimator(), **arguments)

    def run(self, classifier: Any, x: np.ndarray, y: np.ndarray, seed: int = 0) -> np.ndarray:
        """Attack images.

        Args:
            classifier: an `ARTClassifier` of the model that the suite was made for. Its own
                draws are not used; what the attack does is added to its counts.
            x: images within `clip_values`, `(images, ...)`.
            y: true classes `(images,)`.
            seed: integer >= 0, of the attack. It does not seed the model.

        Returns:
            float32 array shaped like `x`.
        """
        if classifier.model is not self.estimators.model:
            raise ValueError(
                "Invalid value received for argument `classifier`. Expected one of the model "
                f"that the suite was made for, `{self.estimators.model.name}`. Received: one of "
                f"another model, `{classifier.model.name}`."
            )
        attack = self.art_attack(seed)
        worker = attack.estimator if self.source is None else attack.source
        worker.reset_counts()
        made = attack.generate(x, y)
        classifier.reset_counts(
            classifier.forwards + worker.forwards, classifier.backwards + worker.backwards
        )
        return made

    def cost(self, images: int = 1) -> dict[str, int]:
        """Most passes for so many images: `{"forwards": ..., "backwards": ...}`.

        Counted per image and draw, as `ARTClassifier` does. Most attacks stop earlier for
        images that are surely fooled.
        """
        check_count("images", images)
        losses, gradients = self._asked()
        # Another rule needs the model's own loss beside its gradient; a vote is known only after
        # all draws, which pass once more where they do not fit into one batch.
        votes = 2 if self.average == "vote" else 1
        passes = losses + gradients * (1 if self.backward == "own" else 2)
        draws = self.draws * images
        return {"forwards": passes * votes * draws, "backwards": gradients * draws}

    def _asked(self):
        attack = self.art_attack()
        if self.attack != "Square":
            return attack.cost()
        refreshes = attack.max_iter // attack.refresh if attack.refresh else 0
        return 1 + attack.nb_restarts * (1 + attack.max_iter + refreshes), 0

    def _estimator(self):
        return self.estimators.of(self.draws, self.average, self.backward, self.common_noise)
