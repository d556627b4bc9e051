"""The proposals of the Square attack in the L2 norm."""

import functools
import math

import numpy as np

_TINY = 1e-12
_CANCELLED = 1e-6
_TILES = 5


class SquaresL2:
    """Moves the length of one window's change to another window, with the length eps in all.

    With the change v = image - x and two windows W1, W2 of one size: on every channel c

        t = s_c * bump + v[W1, c] / ||v[W1, c]||,    s_c = -1 or +1,
        a_c = sqrt(||v[W1 u W2, c]||^2 + (eps^2 - ||v||^2) / channels),
        v[W2] = 0,    v[W1, c] = a_c * t / ||t||,

    and the candidate is `clip(x + eps * v / ||v||)`. `bump` is a pyramid up beside a pyramid
    down, of length 1, upright or lying.

    Args, attributes and methods: as `SquaresLinf`, with eps the length of the change.
    """

    def __init__(self, x, eps, clip_values):
        self.x, self.eps, self.clip_values = x, eps, clip_values
        _, self.height, self.width, self.channels = x.shape
        self.start_count = _TILES * _TILES * (1 + self.channels)
        self.count = 5 + self.channels

    def start(self, numbers):
        """Five times five tiles with a bump each."""
        side = max(min(self.height, self.width) // _TILES, 1)
        changes = np.zeros(self.x.shape, np.float64)
        numbers = numbers.reshape(len(self.x), _TILES, _TILES, -1)
        for i in range(_TILES):
            for j in range(_TILES):
                top, left = i * side, j * side
                tile = changes[:, top : top + side, left : left + side]
                tile[:] = self._bumps(side, numbers[:, i, j])
        return self._on_the_sphere(self.x, changes)

    def propose(self, images, rows, area, numbers):
        """Change two windows of every image; arguments as `SquaresLinf.propose`."""
        x = self.x[rows]
        changes = (images - x).astype(np.float64)
        side = self._side(area)
        first, second = self._window(side, numbers[:, 0:2]), self._window(side, numbers[:, 2:4])
        unused = np.maximum(self.eps**2 - np.sum(changes**2, axis=(1, 2, 3)), 0)
        either = np.zeros(images.shape[:3], bool)
        either[first] = either[second] = True
        available = np.sum(changes**2 * either[..., None], axis=(1, 2))
        available = np.sqrt(available + unused[:, None] / self.channels)[:, None, None, :]
        old = changes[first]
        bumps = self._bumps(side, numbers[:, 4:])
        new = bumps + old / _length(old)
        # The old change may be this very bump with the other sign.
        new = np.where(_length(new) > _CANCELLED, new, bumps)
        changes[second] = 0
        changes[first] = available * new / _length(new)
        return self._on_the_sphere(x, changes)

    def _side(self, area):
        side = max(int(round(math.sqrt(area * self.height * self.width))), 3)
        side += 1 - side % 2  # the bump of an odd side has a middle
        limit = min(self.height, self.width)
        return min(side, limit - 1 + limit % 2)

    def _window(self, side, numbers):
        top = (numbers[:, 0] * (self.height - side + 1)).astype(int)[:, None]
        left = (numbers[:, 1] * (self.width - side + 1)).astype(int)[:, None]
        inside = np.arange(side)
        n = np.arange(len(numbers))[:, None, None]
        return n, (top + inside)[:, :, None], (left + inside)[:, None, :]

    def _bumps(self, side, numbers):
        """Bumps `(n, side, side, channels)`: one number turns them, the others are the signs."""
        upright = _bump(side)
        lying = (numbers[:, 0] < 0.5)[:, None, None]
        signs = np.where(numbers[:, 1 : 1 + self.channels] < 0.5, -1.0, 1.0)[:, None, None, :]
        return np.where(lying, upright.T, upright)[..., None] * signs

    def _on_the_sphere(self, x, changes):
        lengths = np.sqrt(np.sum(changes**2, axis=(1, 2, 3), keepdims=True))
        moved = x + self.eps * changes / np.maximum(lengths, _TINY)
        return np.clip(moved, *self.clip_values).astype(np.float32)


@functools.cache
def _bump(side):
    """A pyramid above its negative, `(side, side)`, of length 1."""
    half = side // 2
    bump = np.zeros((side, side))
    bump[:half] = _pyramid(half, side)
    bump[half:] = -_pyramid(side - half, side)
    return bump / max(np.linalg.norm(bump), _TINY)


def _pyramid(height, width):
    """`sum_{k=0}^{M} 1 / (n + 1 - k)^2` with n = height // 2 and M = n less the distance."""
    n = height // 2
    vertical = np.abs(np.arange(height) - n)[:, None]
    horizontal = np.abs(np.arange(width) - width // 2)[None, :]
    steps = n - np.maximum(vertical, horizontal)
    sums = np.cumsum(1.0 / (n + 1.0 - np.arange(n + 1)) ** 2)
    return np.where(steps >= 0, sums[np.maximum(steps, 0)], 0.0)


def _length(changes):
    return np.maximum(np.sqrt(np.sum(changes**2, axis=(1, 2), keepdims=True)), _TINY)
