"""Robust, biologically inspired neural networks for Keras 3.

Layers and models import Keras alone. `data`, `evaluation`, `training`, `zoo` and `load` are
imported when they are first used, so that `import binomial_keras` stays light.
"""

import importlib

from . import layers, models
from ._version import __version__
from .models import convert, reseed

__all__ = [
    "__version__",
    "convert",
    "data",
    "evaluation",
    "layers",
    "load",
    "models",
    "reseed",
    "training",
    "zoo",
]


def __getattr__(name):
    if name == "load":
        return importlib.import_module(".saving", __name__).load
    if name in ("data", "evaluation", "training", "zoo"):
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
