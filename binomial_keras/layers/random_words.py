"""Counter-based random numbers: one integer hash per number, no state, no second memory pass.

The backends' own generators cost more than the convolutions of a small network. Here the
word of element `i` in pass `t` is a hash of (key, t, i): it can be computed anywhere, in any
order, fused with whatever uses it, and the same key gives the same number on every backend.

The hash is a multiply-xorshift finaliser (two rounds, 32 bit) over a Weyl sequence, with one
key word added before and one between the rounds. It is a simulation generator, not a
cryptographic one; `tests/layers/test_random_words.py` holds its statistical tests.
"""

import numpy as np
from keras import ops

_WEYL = 0x9E3779B9
_ROUND_1 = 0x21F0AAAD
_ROUND_2 = 0x735A2D97
_MIX_1 = 0x7FEB352D
_MIX_2 = 0x846CA68B


def _int32(word):
    """The signed 32-bit integer with these bits (int32 arithmetic wraps on every backend)."""
    return int(np.array(word, np.uint32).view(np.int32))


def _shift_right(x, bits):
    """Logical right shift: int32 shifts are arithmetic, the mask removes the copied sign."""
    return ops.bitwise_and(ops.right_shift(x, bits), (1 << (32 - bits)) - 1)


def _mix(x):
    x = ops.bitwise_xor(x, _shift_right(x, 16)) * _int32(_MIX_1)
    x = ops.bitwise_xor(x, _shift_right(x, 15)) * _int32(_MIX_2)
    return ops.bitwise_xor(x, _shift_right(x, 16))


def uniforms(key, passes, index):
    """Uniform numbers in [0, 1) on the grid of multiples of 2**-24.

    Args:
        key: int32 tensor of shape `(2,)`, the key of one call of one layer.
        passes: int32 tensor, number of the pass (1, 2, ...), broadcastable with `index`.
        index: int32 tensor, number of the element within one pass.

    Returns:
        float32 tensor of the broadcast shape of `passes` and `index`.
    """
    first = _mix(_mix(key[1] + passes * _int32(_MIX_2)) + key[0])
    second = _mix(first + _int32(_WEYL))
    x = index * _int32(_WEYL) + first
    x = ops.bitwise_xor(x, _shift_right(x, 16)) * _int32(_ROUND_1) + second
    x = ops.bitwise_xor(x, _shift_right(x, 15)) * _int32(_ROUND_2)
    x = ops.bitwise_xor(x, _shift_right(x, 15))
    return ops.cast(_shift_right(x, 8), "float32") * 2.0**-24


def next_key(seed_generator):
    """A fresh key (int32, shape `(2,)`) from a `keras.random.SeedGenerator`."""
    return ops.cast(seed_generator.next(), "int32")
