"""Networks, one file per paper, and what can be done to any network of these layers."""

from .anytime_labels import anytime_labels
from .binomial_cnn import binomial_cnn
from .convert import convert
from .reseed import reseed
from .step_by_step import StepByStep

__all__ = ["StepByStep", "anytime_labels", "binomial_cnn", "convert", "reseed"]
