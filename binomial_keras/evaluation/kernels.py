"""The compiled functions behind an `ARTClassifier`."""

import functools

import numpy as np
from keras import ops

from .. import backend
from .draws import Kernel
from .one_pixel import OnePixel
from .without_softmax import without_softmax

AVERAGES = ("loss", "vote")
_TINY = 1e-30


class Kernels:
    """What is computed of a classifier's outputs, its class gradients and its losses.

    Args:
        model: `keras.Model`, whose outputs and losses are meant.
        sloped: the model whose gradients are taken: `model`, or a copy with another backward
            rule.
        logits, average: as for `ARTClassifier`.
    """

    def __init__(self, model, sloped, logits, average):
        self._views = {False: _View(model, logits)}
        self._views[True] = self._views[False] if sloped is model else _View(sloped, logits)
        exposed, view = self._views[False].exposed, self._views[True]
        self._vote = average == "vote"
        # The vote is a mean of probabilities; shown in place of logits, it is their logarithm.
        self._log = self._vote and not view.shows_probabilities
        # Probabilities add up to one, so the gradient of the last is minus the sum of the others:
        # one backward pass less.
        self._sums_to_one = view.softmax_shown or self._log
        reduce = _mean_softmax if self._log else None
        self.outputs = Kernel(
            exposed, lambda draws: backend.compile_forward(exposed, reduce, draws)
        )
        self.forward = backend.compile_forward(exposed)
        rows = _all_but_last_class if self._sums_to_one else _every_class
        passes = view.classes - self._sums_to_one

        def vjps(cotangents, backwards):
            return Kernel(
                view.exposed,
                lambda draws: backend.compile_vjps(view.exposed, cotangents, reduce, draws),
                backwards,
            )

        self.class_gradients = vjps(rows, passes)
        self.class_gradient = vjps(_given_class, 1)
        self._losses = {}

    @functools.cached_property
    def one_pixel(self):
        """`OnePixel` of the shown outputs; only for a model without noise."""
        return OnePixel(self.outputs.model)

    def shown(self, outputs):
        """The outputs to show, from what the kernel `outputs` gives."""
        return ops.convert_to_numpy(_log(outputs)) if self._log else outputs

    def every_class(self, outputs, gradients):
        """Gradients of all shown outputs, from what the kernel `class_gradients` gives."""
        if self._sums_to_one:
            last = -gradients.sum(axis=1, keepdims=True)
            gradients = np.concatenate([gradients, last], axis=1)
        return self._of_log(gradients, outputs) if self._log else gradients

    def one_class(self, outputs, gradients, one_hot):
        """Gradient of one shown output, from what the kernel `class_gradient` gives."""
        chosen = (outputs * one_hot).sum(-1, keepdims=True)
        return self._of_log(gradients, chosen) if self._log else gradients

    @staticmethod
    def _of_log(gradients, p):
        shape = p.shape + (1,) * (gradients.ndim - 2)
        return gradients / np.maximum(p, _TINY).reshape(shape)

    def vote(self, gradient):
        """Kernel of the mean of the softmax outputs, of the model or of the one with slopes."""
        view = self._views[gradient]
        return self._kept(
            ("vote", gradient),
            view.with_loss,
            lambda draws: backend.compile_forward(
                view.with_loss, lambda z: _mean_softmax(view.logits(z)), draws
            ),
        )

    def loss(self, loss, gradient, given_vote=False):
        """Kernel of `(loss, share of draws that are right)`, and the gradient where wanted.

        Takes images, truth, and, where wanted, goals and the vote of all draws.
        """
        view = self._views[gradient]
        objective = self._objective(view, loss, given_vote)

        def build(draws):
            if gradient:
                return backend.compile_objective(view.with_loss, objective, draws)
            return backend.compile_forward(view.with_loss, objective, draws)

        return self._kept((loss, gradient, given_vote), view.with_loss, build, int(gradient))

    def _kept(self, key, *arguments):
        if key not in self._losses:
            self._losses[key] = Kernel(*arguments)
        return self._losses[key]

    def _objective(self, view, loss, given_vote):
        def objective(z, truth, *others):
            z = view.logits(z)
            named = ops.argmax(truth, axis=-1)[:, None]
            right = ops.mean(ops.cast(ops.equal(ops.argmax(z, -1), named), "float32"), axis=1)
            if self._vote:
                *goal, vote = (*others, None) if not given_vote else others
                p = _mean_softmax(z)
                if given_vote:
                    # The value of all draws with the slope of these: their mean is the gradient.
                    p = vote + (p - ops.stop_gradient(p))
                return loss(_log(p), truth, *goal), right
            goal = [one[:, None] for one in others]
            return ops.mean(loss(z, truth[:, None], *goal), axis=1), right

        return objective


class _View:
    """A model, what it shows, and where its logits are."""

    def __init__(self, model, logits):
        functional = bool(getattr(model, "outputs", None))
        before = without_softmax(model) if functional or logits else None
        self.exposed = before if logits and before is not None else model
        self.with_loss = model if before is None else before
        self.classes = model.output_shape[-1]
        self.softmax_shown = before is not None and self.exposed is model
        # A model whose layers cannot be seen is taken at its word: logits=False, probabilities.
        self._opaque = before is None and not functional
        self.shows_probabilities = self.softmax_shown or self._opaque

    def logits(self, outputs):
        """Cross-entropy is taken from logits wherever they can be had.

        Through saturated probabilities its gradient would be 0 / 0.
        """
        return _log(outputs) if self._opaque else outputs


def _log(p):
    return ops.log(ops.maximum(p, _TINY))


def _mean_softmax(z):
    return ops.mean(ops.softmax(z, axis=-1), axis=1)


def _every_class(outputs):
    rows = ops.eye(outputs.shape[-1], dtype="float32")[:, None, :]
    return rows + ops.zeros_like(outputs)[None]


def _all_but_last_class(outputs):
    return _every_class(outputs)[:-1]


def _given_class(outputs, one_hot):
    return one_hot[None]
