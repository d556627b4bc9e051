"""Networks, one file per paper, and what can be done to any network of these layers."""

from .binomial_cnn import binomial_cnn
from .convert import convert
from .reseed import reseed

__all__ = ["binomial_cnn", "convert", "reseed"]
