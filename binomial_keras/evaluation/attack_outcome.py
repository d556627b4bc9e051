"""What an attack did to a model, image by image."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class AttackOutcome:
    """Result of `evaluate_attack`.

    Attributes:
        adversarial: float32 `(images, height, width, channels)`, the attacked images.
        correct: bool `(draws, images)`, whether the attacked image is classified correctly in
            each of `draws` fresh draws, independent of those the attack saw.
        clean_correct: bool `(draws, images)`, the same for the originals.
        ssim: float `(images,)`, similarity of attacked to original image, in [-1, 1]; `None`
            where the images are smaller than the 7x7 window.
        l2: float `(images,)`, Euclidean size of the change, in pixel units.
        linf: float `(images,)`, largest change of a pixel.
        unchanged: bool `(images,)`, whether the attack returned the original.
        forwards, backwards: images passed forward and backward by the attack, over all images.
        seconds: wall-clock time of the attack, without the scoring.
    """

    adversarial: np.ndarray
    correct: np.ndarray
    clean_correct: np.ndarray
    ssim: np.ndarray | None
    l2: np.ndarray
    linf: np.ndarray
    unchanged: np.ndarray
    forwards: int
    backwards: int
    seconds: float

    @property
    def accuracy(self) -> float:
        """Accuracy under attack, mean over draws and images, in [0, 1]."""
        return float(self.correct.mean())

    @property
    def clean_accuracy(self) -> float:
        """Accuracy on the originals, mean over draws and images, in [0, 1]."""
        return float(self.clean_correct.mean())
