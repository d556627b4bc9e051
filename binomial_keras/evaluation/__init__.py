"""Adversarial evaluation: an estimator for ART, the published attacks, similarity, statistics.

ART is imported only when `ARTClassifier` is first used, or an attack is run.
"""

import warnings

from .alpha_score import alpha_score
from .attack_outcome import AttackOutcome
from .evaluate_attack import evaluate_attack
from .published_attack import PublishedAttack
from .published_suite import published_suite
from .scoring import predict_draws
from .ssim import ssim
from .statistics import accuracy_interval, bootstrap_interval, wilson_interval

__all__ = [
    "ARTClassifier",
    "AttackOutcome",
    "PublishedAttack",
    "accuracy_interval",
    "alpha_score",
    "bootstrap_interval",
    "evaluate_attack",
    "predict_draws",
    "published_suite",
    "ssim",
    "wilson_interval",
]


def __getattr__(name):
    if name == "ARTClassifier":
        with warnings.catch_warnings():
            # ART tells on import which frameworks it does not find; Keras has found its own.
            warnings.simplefilter("ignore", UserWarning)
            from .art_classifier import ARTClassifier

        return ARTClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
