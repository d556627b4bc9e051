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
from .lif import LIF
from .lif_cell import LIFCell
from .maxout import Maxout
from .membrane_readout import MembraneReadout
from .per_pass import PerPass
from .poisson_encoder import PoissonEncoder
from .present import Present
from .spike_encoder import SpikeEncoder
from .splash import SPLASH
from .threshold import Threshold

__all__ = [
    "ACTIVATIONS",
    "APL",
    "BU",
    "BatchNormalization",
    "EConv2D",
    "EDense",
    "Evidence",
    "FlexibleLayer",
    "LIF",
    "LIFCell",
    "Maxout",
    "MembraneReadout",
    "PerPass",
    "PoissonEncoder",
    "Present",
    "SPLASH",
    "SpikeEncoder",
    "Threshold",
    "activation",
    "hinges_from",
]
