"""The global random state that ART's attacks draw from."""

import contextlib
import random

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
