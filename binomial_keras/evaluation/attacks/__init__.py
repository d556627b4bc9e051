"""ART's attacks without what slows ART down, and attacks that average over a model's noise.

`CarliniL2`, `DeepFool`, `Pixel` and `Square` have the arguments and the meaning of ART's classes.

ART is imported when an attack is first used.
"""

import importlib
import warnings

_FILES = {
    "APGD": "apgd",
    "CarliniL2": "carlini_l2",
    "DeepFool": "deepfool",
    "EOTPGD": "eot_pgd",
    "NES": "nes",
    "Pixel": "pixel",
    "RandomNoise": "random_noise",
    "RayS": "rays",
    "Square": "square",
    "TargetedAPGD": "targeted_apgd",
    "Transfer": "transfer",
    "UnconstrainedLBFGS": "unconstrained_lbfgs",
}

__all__ = sorted(_FILES)


def __getattr__(name):
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with warnings.catch_warnings():
        # ART tells on import which frameworks it does not find; Keras has found its own.
        warnings.simplefilter("ignore", UserWarning)
        module = importlib.import_module(f".{_FILES[name]}", __name__)
    return getattr(module, name)


def __dir__():
    return __all__
