"""Robust, biologically inspired neural networks for Keras 3.

Layers and models import Keras alone. `cost`, `data`, `evaluation`, `interchange`, `training`,
`zoo`, `load` and `summary` are imported when they are first used, so that `import binomial_keras`
stays light.
"""

import importlib

from . import layers, models
from ._version import __version__
from .backend import keep_memory
from .models import convert, reseed

__all__ = [
    "__version__",
    "convert",
    "cost",
    "data",
    "evaluation",
    "interchange",
    "keep_memory",
    "layers",
    "load",
    "models",
    "reseed",
    "summary",
    "training",
    "zoo",
]


def __getattr__(name):
    if name == "load":
        return importlib.import_module(".saving", __name__).load
    if name == "summary":
        return importlib.import_module(".cost", __name__).summary
    if name in ("cost", "data", "evaluation", "interchange", "training", "zoo"):
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
