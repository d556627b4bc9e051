"""Adversarial evaluation: an estimator for ART, the published attacks, similarity, statistics.

ART is imported only when `ARTClassifier` is first used, or an attack is run. Corruptions, spectra
and stylised images need SciPy's image filters, which are loaded on first use too.
"""

import importlib
import warnings

from .adaptive_attack import AdaptiveAttack
from .adaptive_suite import adaptive_suite
from .alpha_score import alpha_score
from .attack_outcome import AttackOutcome
from .attack_score import AttackScore
from .estimate import Estimate
from .evaluate_attack import evaluate_attack
from .paired_difference import PairedDifference, paired_difference
from .published_attack import PublishedAttack
from .published_suite import published_suite
from .robust_score import RobustScore
from .score_attack import score_attack
from .score_draws import score_draws
from .scoring import predict_draws
from .select_worst import WorstCase, select_worst
from .ssim import ssim
from .statistics import accuracy_interval, bootstrap_interval, wilson_interval
from .worst_case import SuiteScore, worst_case

__all__ = [
    "ARTClassifier",
    "AdaptiveAttack",
    "AttackOutcome",
    "AttackScore",
    "Estimate",
    "PairedDifference",
    "PublishedAttack",
    "RobustScore",
    "SuiteScore",
    "WorstCase",
    "accuracy_interval",
    "activation_shapes",
    "adaptive_suite",
    "alpha_score",
    "band_centres",
    "band_pass",
    "bandwidth",
    "bootstrap_interval",
    "corruptions",
    "evaluate_attack",
    "paired_difference",
    "plot_estimates",
    "plot_images",
    "plot_raster",
    "plot_shapes",
    "predict_draws",
    "published_suite",
    "radial_spectrum",
    "score_attack",
    "score_draws",
    "select_worst",
    "ssim",
    "stylise",
    "wilson_interval",
    "worst_case",
]

_LAZY = {
    "activation_shapes": "learned_shapes",
    "plot_estimates": "plots",
    "plot_images": "plots",
    "plot_raster": "plots",
    "plot_shapes": "learned_shapes",
    "band_centres": "spectrum",
    "band_pass": "spectrum",
    "bandwidth": "spectrum",
    "radial_spectrum": "spectrum",
    "stylise": "stylised",
}


def __getattr__(name):
    if name == "ARTClassifier":
        with warnings.catch_warnings():
            # ART tells on import which frameworks it does not find; Keras has found its own.
            warnings.simplefilter("ignore", UserWarning)
            from .art_classifier import ARTClassifier

        return ARTClassifier
    if name == "corruptions":
        return importlib.import_module(".corruptions", __name__)
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
