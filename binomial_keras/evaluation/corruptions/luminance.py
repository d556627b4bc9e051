"""Grey values of colours."""

import numpy as np

# ITU-R BT.601, as OpenCV and Pillow use it.
WEIGHTS = np.array([0.299, 0.587, 0.114], "float32")


def luminance(x):
    """0.299 R + 0.587 G + 0.114 B with the last axis kept; one channel is its own luminance."""
    return x if x.shape[-1] == 1 else (x @ WEIGHTS.astype(x.dtype))[..., None]


def tint(colour, channels):
    """A colour (R, G, B) as `channels` numbers: itself, or its luminance."""
    colour = np.array(colour, "float32")
    return colour if channels == 3 else luminance(colour)
