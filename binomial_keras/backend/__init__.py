"""The one place that knows the machine and the backend: compilation, gradients, slices, memory.

Everything else in the library is written with `keras.ops` alone.
"""

from .compilation import compile_arrays, compile_maps, compiled, fused
from .memory import keep_memory
from .passes import compile_forward, compile_objective, compile_vjps
from .random_draws import seed_states
from .slices import split_before_last

__all__ = [
    "compile_arrays",
    "compile_forward",
    "compile_maps",
    "compile_objective",
    "compile_vjps",
    "compiled",
    "fused",
    "keep_memory",
    "seed_states",
    "split_before_last",
]
