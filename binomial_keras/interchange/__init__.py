"""Spiking networks to and from other programs, in the Neuromorphic Intermediate Representation.

Needs the package `nir` (an extra: `pip install binomial_keras[nir]`), and only when one of the two
functions is called.
"""

from .from_nir import from_nir
from .to_nir import to_nir

__all__ = ["from_nir", "to_nir"]
