"""Seeds: streams that never meet, and the global random state that ART's attacks draw from."""

import contextlib
import numbers
import random
import zlib

import numpy as np


@contextlib.contextmanager
def seeded(seed):
    """Seed NumPy's and Python's global generators, and put their states back afterwards.

    ART's Square and Pixel attacks draw from them and take no seed of their own.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    np.random.seed(seed % 2**32)
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def stream_seed(seed, stream):
    """The seed of a named stream of draws: other names, other draws, even for the same `seed`.

    Attack, selection and scoring of one evaluation each have their own stream. So a user who
    gives all of them the same seed still scores with draws that the attack never saw.

    Args:
        seed: integer >= 0.
        stream: its name.

    Returns:
        Integer in [0, 2**31), which every seed generator takes.
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(
            "Invalid value received for argument `seed`. Expected an integer >= 0. "
            f"Received: seed={seed!r}"
        )
    words = np.random.SeedSequence([int(seed), zlib.crc32(stream.encode())]).generate_state(1)
    return int(words[0]) >> 1
