"""Networks, one file per paper, and what can be done to any network of these layers."""

from .anytime_labels import anytime_labels
from .binomial_cnn import binomial_cnn
from .convert import convert
from .reseed import reseed
from .step_by_step import StepByStep
from .with_backward import backward_rules, with_backward

__all__ = [
    "StepByStep",
    "anytime_labels",
    "backward_rules",
    "binomial_cnn",
    "convert",
    "reseed",
    "with_backward",
]
