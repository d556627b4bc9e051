"""The first layer of HMAX: edges by fixed Gabor filters."""

import keras
import numpy as np
from keras import ops

from .arguments import check_count, check_number, invalid
from .window_sum import window_sum

# Envelope: its width over the wavelength, and its aspect ratio.
_WIDTH, _ASPECT = 0.8, 0.3
# Far below the energy of any window that holds a pixel of 1/255 times 1/10.
_LEAST_ENERGY = 1e-7


def gabor_filter(size, wavelength, orientation):
    """One filter, a grating under a Gaussian, as float64 `(size, size)`.

    `exp(-(a^2 + 0.3^2 b^2) / (2 sigma^2)) cos(2 pi a / lambda)` with (a, b) the (row, column)
    offset from the centre `size // 2`, turned by `orientation + 90` degrees,
    `lambda = 2 size / wavelength` and `sigma = 0.8 lambda`; 0 farther than size / 2 from the
    centre; then shifted to mean 0 and scaled to Euclidean norm 1.

    Args:
        size: odd integer, side in pixels.
        wavelength: how many waves two sides hold.
        orientation: of the edges that it sees, in degrees.
    """
    row, column = np.mgrid[:size, :size] - size // 2
    angle = np.deg2rad(orientation + 90)
    a = row * np.cos(angle) + column * np.sin(angle)
    b = column * np.cos(angle) - row * np.sin(angle)
    period = 2 * size / wavelength
    envelope = np.exp(-(a**2 + (_ASPECT * b) ** 2) / (2 * (_WIDTH * period) ** 2))
    found = envelope * np.cos(2 * np.pi * a / period)
    found[np.hypot(row, column) > size / 2] = 0
    found -= found.mean()
    return found / np.linalg.norm(found)


@keras.saving.register_keras_serializable(package="binomial_keras")
class Gabor(keras.layers.Layer):
    """Responses of Gabor filters, whatever the contrast: the S1 units of HMAX, one size.

    Forward: `|<filter, window>| / ||window||` for every position and orientation, in [0, 1];
    outside of the image are zeros, and an empty window gives 0. The gradient is exact; there are
    no weights.

    Shapes: `(batch, height, width, 1)` to `(batch, height, width, orientations)`.

    Args:
        size: odd integer, side of the filters in pixels.
        wavelength: see `gabor_filter`.
        orientations: degrees.

    References:
        Riesenhuber, Poggio (1999); Serre, Oliva, Poggio (2007); parameters as in
        github.com/wmvanvliet/pytorch_hmax.
    """

    def __init__(self, size, wavelength, orientations=(90, -45, 0, 45), **kwargs):
        super().__init__(**kwargs)
        self.size = check_count("size", size)
        if not self.size % 2:
            raise invalid("size", "an odd integer", size)
        self.wavelength = check_number("wavelength", wavelength, positive=True)
        self.orientations = tuple(check_number("orientations", o) for o in orientations)

    def build(self, input_shape):
        if len(input_shape) != 4 or input_shape[-1] != 1:
            raise ValueError(
                f"Invalid input for layer `{self.name}`. Expected (batch, height, width, 1). "
                f"Received: shape={tuple(input_shape)}"
            )
        filters = [gabor_filter(self.size, self.wavelength, o) for o in self.orientations]
        self._filters = np.stack(filters, axis=-1)[:, None].astype("float32")
        self.built = True

    def call(self, inputs):
        x = ops.cast(inputs, "float32")[..., 0]
        energy = window_sum(ops.square(x), self.size)[..., None]
        # The columns of a window as channels: convolutions of one channel are several times slower.
        width, border = ops.shape(x)[2], self.size // 2
        x = ops.pad(x, ((0, 0), (border, border), (border, border)))
        x = ops.stack([x[:, :, i : i + width] for i in range(self.size)], axis=-1)
        response = ops.conv(x, self._filters, 1, "valid", "channels_last")
        # The maximum keeps the square root's derivative finite.
        response = ops.abs(response) * ops.rsqrt(ops.maximum(energy, _LEAST_ENERGY))
        return ops.cast(response, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:3], len(self.orientations))

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "wavelength": self.wavelength,
            "orientations": self.orientations,
        }
