"""Carlini and Wagner's loss, descended by gradient steps with a line search."""

import numpy as np
from art.utils import original_to_tanh, tanh_to_original

from .difference_gradient import difference_gradient

# ART's: keeps artanh finite at the ends of the pixel range.
_SMOOTHER = 0.999999
# How far past the wanted margin the hinge reaches, in parts of the largest output: two equal
# outputs fool nobody, and a batch of another size rounds differently.
_BEYOND = 1e-5


class _State:
    """Where some images are: everything known about them without asking the model again."""

    def __init__(self, **parts):
        self.__dict__.update(parts)

    def __getitem__(self, rows):
        return _State(**{name: part[rows].copy() for name, part in vars(self).items()})

    def put(self, rows, other, mask):
        for name, part in vars(self).items():
            part[rows[mask]] = getattr(other, name)[mask]


class HingeDescent:
    """A batch of images, the loss of `CarliniL2`, and the best fooling images found so far.

    Args:
        attack: the `CarliniL2` with the settings.
        x: clean images `(images, ...)`.
        labels: classes `(images,)`.
        clip: `(lowest, highest)` pixel value.

    Attributes:
        best, best_distance: the fooling images with the smallest change and its squared length;
            the clean image and infinity where none was found.
    """

    def __init__(self, attack, x, labels, clip):
        self.attack, self.x, self.labels, self.clip = attack, x, labels, clip
        self._clips = attack.variables == "pixels"
        self.best, self.best_distance = x.copy(), np.full(len(x), np.inf)
        w = x if self._clips else original_to_tanh(x, *clip, _SMOOTHER).astype(np.float32)
        rows = np.arange(len(x))
        self._clean = self._look(rows, w, x)
        self._keep_best(rows, self._clean)

    def descend(self, rows, c):
        """One binary search step: from the clean image, `max_iter` steps with the constants c.

        Returns:
            Boolean array: which of the rows were fooled on the way.
        """
        attack, now = self.attack, self._clean[rows]
        rates = np.full(len(rows), float(attack.learning_rate))
        failures = np.zeros(len(rows), int)
        fooled = now.hinge <= 0
        for _ in range(attack.max_iter):
            active = np.flatnonzero(failures < attack.patience)
            if not active.size:
                break
            old = now[active]
            direction = self._direction(rows[active], c[active], old)
            new, rates[active], moved = self._line_search(
                rows[active], c[active], old, direction, rates[active]
            )
            failures[active] = np.where(moved, 0, failures[active] + 1)
            now.put(active, new, moved)
            self._keep_best(rows[active[moved]], new[moved])
            fooled |= now.hinge <= 0
        return fooled

    def _look(self, rows, w, images=None):
        """The state of images that belong to `rows`, given by the variables w."""
        if self._clips:
            images = w = np.clip(w, *self.clip)
        elif images is None:
            images = tanh_to_original(w, *self.clip).astype(np.float32)
        outputs = self.attack.estimator.predict(images, batch_size=self.attack.batch_size)
        own = self.labels[rows, None]
        others = outputs.copy()
        np.put_along_axis(others, own, -np.inf, axis=1)
        margins = np.take_along_axis(outputs, own, axis=1)[:, 0] - others.max(axis=1)
        margins = -margins if self.attack.targeted else margins
        aim = self.attack.confidence + _BEYOND * np.abs(outputs).max(axis=1)
        hinge = np.maximum(margins + aim, 0).astype(np.float64)
        changes = (images - self.x[rows]).reshape(len(images), -1).astype(np.float64)
        distance = np.einsum("ij,ij->i", changes, changes)
        rival = others.argmax(axis=1)
        return _State(w=w, images=images, hinge=hinge, distance=distance, rival=rival)

    def _keep_best(self, rows, state):
        better = (state.hinge <= 0) & (state.distance < self.best_distance[rows])
        self.best[rows[better]] = state.images[better]
        self.best_distance[rows[better]] = state.distance[better]

    def _direction(self, rows, c, state):
        """Minus the gradient of the loss with respect to w."""
        gradient = 2 * (state.images - self.x[rows])
        pushed = np.flatnonzero(state.hinge > 0)
        if pushed.size:
            own, rival = self.labels[rows[pushed]], state.rival[pushed]
            first, second = (rival, own) if self.attack.targeted else (own, rival)
            of_hinge = difference_gradient(
                self.attack.estimator, state.images[pushed], first, second
            )
            gradient[pushed] += _spread(c[pushed], of_hinge) * of_hinge
        if self._clips:
            return -gradient.astype(np.float32)
        # d image / d w.
        slope = (self.clip[1] - self.clip[0]) * (1 - np.tanh(state.w) ** 2) / 2
        return (-gradient * slope).astype(np.float32)

    def _line_search(self, rows, c, old, direction, rates):
        """Halve the step until the loss falls, or double it while the loss keeps falling.

        Returns:
            The states reached, the next rates, and which images moved at all.
        """
        best, rates = old[:], rates.copy()
        losses = c * old.hinge + old.distance
        moved = np.zeros(len(rows), bool)

        def improved(tried):
            w = old.w[tried] + _spread(rates[tried], old.w) * direction[tried]
            state = self._look(rows[tried], w.astype(np.float32))
            loss = c[tried] * state.hinge + state.distance
            better = loss < losses[tried]
            best.put(tried, state, better)
            losses[tried[better]] = loss[better]
            return better

        tried = np.arange(len(rows))
        for attempt in range(self.attack.max_halving):
            better = improved(tried)
            moved[tried[better]] = True
            if attempt == 0:
                doubled = tried[better]
            tried = tried[~better]
            if not tried.size:
                break
            if attempt < self.attack.max_halving - 1:
                rates[tried] /= 2
        for _ in range(self.attack.max_doubling):
            if not doubled.size:
                break
            rates[doubled] *= 2
            better = improved(doubled)
            rates[doubled[~better]] /= 2
            doubled = doubled[better]
        return best, rates, moved


def _spread(values, like):
    return values.reshape((-1,) + (1,) * (like.ndim - 1)).astype(np.float32)
