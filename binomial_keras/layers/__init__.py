"""Layers: spike trains are tensors with a time axis, `(batch, T, ...)`."""

from .activation import ACTIVATIONS, activation
from .apl import APL
from .batch_normalization import BatchNormalization
from .bu import BU
from .econv2d import EConv2D
from .edense import EDense
from .evidence import Evidence
from .flexible import FlexibleLayer
from .hinges_from import hinges_from
from .maxout import Maxout
from .per_pass import PerPass
from .present import Present
from .spike_encoder import SpikeEncoder
from .splash import SPLASH

__all__ = [
    "ACTIVATIONS",
    "APL",
    "BU",
    "BatchNormalization",
    "EConv2D",
    "EDense",
    "Evidence",
    "FlexibleLayer",
    "Maxout",
    "PerPass",
    "Present",
    "SPLASH",
    "SpikeEncoder",
    "activation",
    "hinges_from",
]
