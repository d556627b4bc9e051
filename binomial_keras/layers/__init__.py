"""Layers: spike trains are tensors with a time axis, `(batch, T, ...)`."""

from .batch_normalization import BatchNormalization
from .bu import BU
from .econv2d import EConv2D
from .edense import EDense
from .evidence import Evidence
from .flexible import FlexibleLayer
from .per_pass import PerPass
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
    "PerPass",
    "Present",
    "SpikeEncoder",
    "Threshold",
]
