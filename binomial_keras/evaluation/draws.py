"""Means over independent draws of a stochastic model, folded into batches or looped."""

import keras
import numpy as np

from .. import backend
from ..models.traversal import walk
from .batches import in_batches


class Kernel:
    """A compiled function of images for any number of draws in one batch, made when needed.

    Args:
        model: the model that it calls.
        build: `draws -> ` compiled function (see `backend`).
        backwards: backward passes of one draw, for the counts.
    """

    def __init__(self, model, build, backwards=0):
        self.model, self.backwards = model, backwards
        self._build, self._built = build, {}

    def __call__(self, draws):
        if draws not in self._built:
            self._built[draws] = self._build(draws)
        return self._built[draws]


class Draws:
    """Applies kernels K times to images, each time in a fresh draw, and takes the mean.

    Several draws share one batch where every image has noise of its own and the batch has room:
    k of K draws pass through the model together, with k the largest divisor of K for which
    `k * images <= batch_size`. The rest is a loop whose results are summed. So at most
    `batch_size` images are in the model at once, whatever K is.

    Args:
        model: the model whose generators decide the noise.
        count: K, integer >= 1.
        batch_size: the most images in the model at once.
        common: whether every call gets the same noise until `renew` (common random numbers).

    Attributes:
        forwards, backwards: images passed forward and backward, counted per draw.
    """

    def __init__(self, model, count, batch_size, common=False):
        self.model, self.count, self.batch_size = model, count, batch_size
        self.common = common
        self.forwards = self.backwards = 0
        self._states = backend.seed_states(model)
        self._start = None
        self._kind = None

    @property
    def stochastic(self):
        """Whether the model draws at inference: found out by one call on one black image."""
        return self._look()[0]

    @property
    def foldable(self):
        """Whether every layer that draws has noise of its own for every image of a batch."""
        return self._look()[1]

    def renew(self):
        """With `common`: from now on other noise."""
        self._start = self.states()

    def states(self):
        """The states of the model's generators, as arrays."""
        return [keras.ops.convert_to_numpy(state).copy() for state in self._states]

    def restore(self, states):
        """Put back what `states` returned: the next call repeats the noise of then."""
        _assign(self._states, states)

    def mean(self, kernel, *arrays, limit=None):
        """Mean over K draws of what a kernel gives.

        Args:
            kernel: `Kernel`.
            arrays: images, and further arrays with the same first axis.
            limit: most images at once, if less than `batch_size`.

        Returns:
            float32 array, or tuple of arrays, as the kernel's function gives.
        """
        limit = min(limit or self.batch_size, self.batch_size)
        if self.common:
            if self._start is None:
                self.renew()
            self.restore(self._start)
        folded, rounds = self._split(len(arrays[0]), limit)
        states = self._hand_over(kernel.model)
        function, total = kernel(folded), None
        for _ in range(rounds):
            result = in_batches(function, max(1, limit // folded), *arrays)
            total = result if total is None else _add(total, result)
        self._take_back(states)
        work = len(arrays[0]) * folded * rounds
        self.forwards += work
        self.backwards += work * kernel.backwards
        return _scaled(total, rounds)

    def rounds(self, images):
        """How many batches the K draws of so many images take."""
        return self._split(images, self.batch_size)[1]

    def _split(self, images, limit):
        """(draws in one batch, how often)."""
        count = self.count if self.count == 1 or self.stochastic else 1
        if count == 1 or not self.foldable:
            return 1, count
        room = max(1, limit // images)
        folded = max(k for k in range(1, min(count, room) + 1) if count % k == 0)
        return folded, count // folded

    def _hand_over(self, model):
        # A model with another backward rule is a copy with generators of its own: it goes on
        # with the stream of the model that it stands for.
        states = backend.seed_states(model)
        if self._own(states):
            return None
        if len(states) != len(self._states):
            raise ValueError(
                f"Model `{model.name}` has {len(states)} generators; the model that it stands "
                f"for has {len(self._states)}."
            )
        _assign(states, self.states())
        return states

    def _own(self, states):
        known = {id(state) for state in self._states}
        return all(id(state) in known for state in states)

    def _take_back(self, states):
        if states is not None:
            self.restore([keras.ops.convert_to_numpy(state) for state in states])

    def _look(self):
        if self._kind is None:
            before = self.states()
            self.model(np.zeros((1, *self.model.input_shape[1:]), "float32"), training=False)
            moved = [
                id(state)
                for state, old in zip(self._states, before)
                if not np.array_equal(keras.ops.convert_to_numpy(state), old)
            ]
            self.restore(before)
            own = {
                id(value.state)
                for layer in walk(self.model)
                if getattr(layer, "noise_per_image", False)
                for value in vars(layer).values()
                if isinstance(value, keras.random.SeedGenerator)
            }
            self._kind = bool(moved), all(state in own for state in moved)
        return self._kind


def _assign(variables, values):
    for variable, value in zip(variables, values):
        variable.assign(value)


def _add(a, b):
    return tuple(x + y for x, y in zip(a, b)) if isinstance(a, tuple) else a + b


def _scaled(total, rounds):
    if isinstance(total, tuple):
        return tuple(_scaled(part, rounds) for part in total)
    return (total / rounds).astype(np.float32) if rounds > 1 else total.astype(np.float32)
