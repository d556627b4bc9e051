"""The one place that knows which backend runs Keras: compilation, gradients, memory.

Everything else in the library is written with `keras.ops` alone.
"""

from .compilation import compile_arrays, compile_maps, compiled, fused
from .memory import keep_memory
from .passes import compile_forward, compile_objective, compile_vjps
from .random_draws import seed_states

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
]
