"""Layers: spike trains are tensors with a time axis, `(batch, T, ...)`."""

from .batch_normalization import BatchNormalization
from .bu import BU
from .econv2d import EConv2D
from .edense import EDense
from .evidence import Evidence
from .flexible import FlexibleLayer
from .lif import LIF
from .lif_cell import LIFCell
from .membrane_readout import MembraneReadout
from .per_pass import PerPass
from .poisson_encoder import PoissonEncoder
from .present import Present
from .spike_encoder import SpikeEncoder
from .threshold import Threshold

__all__ = [
    "BU",
    "BatchNormalization",
    "EConv2D",
    "EDense",
    "Evidence",
    "FlexibleLayer",
    "LIF",
    "LIFCell",
    "MembraneReadout",
    "PerPass",
    "PoissonEncoder",
    "Present",
    "SpikeEncoder",
    "Threshold",
]
