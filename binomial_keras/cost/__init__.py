"""What a network costs on hardware: operations, spikes, accumulators, energy."""

from .energy import PRECISIONS
from .summary import summary
from .table import Summary

__all__ = ["PRECISIONS", "Summary", "summary"]
