"""One attack of the published protocol: a name, settings, and ART's own class."""

import dataclasses
import importlib
from typing import Any

import numpy as np

from .seeds import seeded

_CLASSES = {
    "FGM": ("fast_gradient", "FastGradientMethod"),
    "DeepFool": ("deepfool", "DeepFool"),
    "Square": ("square_attack", "SquareAttack"),
    "C&W": ("carlini", "CarliniL2Method"),
    "Pixel": ("pixel_threshold", "PixelAttack"),
}
# ART's Pixel attack converts images to 0..255 and back in float32.
_ROUNDING = 1e-6


@dataclasses.dataclass(frozen=True)
class PublishedAttack:
    """An attack of the binomial-neuron paper, run by the Adversarial Robustness Toolbox.

    Attributes:
        name: `"FGM"`, `"DeepFool"`, `"Square"`, `"C&W"` or `"Pixel"`.
        settings: sorted tuple of `(argument of ART's class, value)`; a dict is accepted.

    Example:

    >>> attack = published_suite("mnist")["FGM"].replace(eps=0.2)
    >>> adversarial = attack.run(ARTClassifier(model, logits=False), x, y)
    """

    name: str
    settings: tuple | dict = ()

    def __post_init__(self):
        if self.name not in _CLASSES:
            raise ValueError(
                f"Invalid value received for argument `name`. Expected one of {list(_CLASSES)}. "
                f"Received: name={self.name!r}"
            )
        object.__setattr__(self, "settings", tuple(sorted(dict(self.settings).items())))

    def replace(self, **settings: Any) -> "PublishedAttack":
        """The same attack with other values for some settings."""
        return PublishedAttack(self.name, {**dict(self.settings), **settings})

    def to_dict(self) -> dict[str, Any]:
        """`{"name": ..., "settings": {...}}`, ready for JSON."""
        return {"name": self.name, "settings": dict(self.settings)}

    def run(self, classifier: Any, x: np.ndarray, y: np.ndarray, seed: int = 0) -> np.ndarray:
        """Attack images.

        Args:
            classifier: an `ARTClassifier`. The published networks end in a softmax and were
                attacked as such: `logits=False`.
            x: images within the classifier's `clip_values`, `(images, height, width, channels)`.
            y: true classes `(images,)`. ART's DeepFool does not use them: it moves every image
                away from its predicted class.
            seed: integer; seeds the global generators ART draws from for the time of the
                attack. It does not seed the model.

        Returns:
            float32 array shaped like `x`, within `clip_values`. Images for which the attack
            failed are, as ART returns them: the original for C&W and Pixel, the last attempt
            for the others.
        """
        attack = self._art_attack(classifier)
        x = np.ascontiguousarray(x, np.float32)
        with seeded(seed):
            adversarial = attack.generate(x=x.copy(), y=np.asarray(y))
        adversarial = np.clip(adversarial, *classifier.clip_values).astype(np.float32)
        if self.name == "Pixel":
            adversarial = np.where(np.abs(adversarial - x) < _ROUNDING, x, adversarial)
        return adversarial

    def _art_attack(self, classifier):
        module, name = _CLASSES[self.name]
        attack_class = getattr(importlib.import_module(f"art.attacks.evasion.{module}"), name)
        settings = dict(self.settings)
        unknown = sorted(set(settings) - set(attack_class.attack_params))
        if unknown:
            raise ValueError(
                f"Invalid value received for settings of attack {self.name!r}. Expected names "
                f"among {sorted(attack_class.attack_params)}. Received: {unknown}"
            )
        if "verbose" in attack_class.attack_params:
            settings.setdefault("verbose", False)
        return attack_class(classifier, **settings)
