"""The estimator that stands between a Keras model and ART's attacks."""

from pathlib import Path

import keras
import numpy as np
from art.estimators.classification.classifier import ClassifierNeuralNetwork
from keras import ops

from .. import backend
from .batches import in_batches
from .without_softmax import without_softmax

_TINY = 1e-30


class ARTClassifier(ClassifierNeuralNetwork):
    """A Keras 3 model as a classifier of the Adversarial Robustness Toolbox (ART).

    Works on every Keras backend, compiles forward pass, loss gradient and class gradients,
    cuts arrays into batches of a few fixed sizes (nothing is retraced), and counts its work.
    A stochastic model draws anew in every call; all class gradients of one call to
    `class_gradient` belong to the same draw.

    With K = `draws`, outputs and gradients are means over K independent draws: `predict` of the
    model's outputs, `class_gradient` of the gradients of these outputs, `loss_gradient` of the
    gradients of the K cross-entropies, that is, of `E[loss]`.

    Shapes: images `(images, *input_shape)`, outputs `(images, classes)`, class gradients
    `(images, classes or 1, *input_shape)`. All float32.

    Differences from ART's own TensorFlow classifier: `loss_gradient` is the gradient of each
    image's own loss (the sum over the batch, not the mean, so it does not depend on how images
    are batched); `predict` keeps to its batch size.

    Args:
        model: a `keras.Model` with one input and one output of two or more classes.
        draws: integer >= 1, draws averaged in every answer. A deterministic model gives the
            same with 1.
        batch_size: integer >= 1, the most images that pass through the model at once.
        clip_values: `(lowest, highest)` pixel value; attacks stay between them.
        logits: if `True`, the outputs are what precedes a final softmax (or the model's own
            output, if it does not end in one); if `False`, the model's own output.

    Attributes:
        forwards, backwards: images passed forward and backward since `reset_counts()`, counted
            per image and draw. Padding is not counted. `class_gradient` of all classes is one
            forward and `classes` backwards (one less for the probabilities of a softmax).

    Raises:
        ValueError: for arguments out of range; for `logits=True` with a subclassed model.
    """

    def __init__(self, model, draws=1, batch_size=256, clip_values=(0.0, 1.0), logits=True):
        _check_positive("draws", draws)
        _check_positive("batch_size", batch_size)
        _check_clip_values(clip_values)
        classes = _check_model(model)
        super().__init__(model=model, clip_values=tuple(clip_values), channels_first=False)
        self.nb_classes = classes
        self.draws, self.batch_size, self.logits = int(draws), int(batch_size), bool(logits)
        self._prepare(model)
        self.reset_counts()

    def _prepare(self, model):
        functional = bool(getattr(model, "outputs", None))
        before_softmax = without_softmax(model) if functional or self.logits else None
        own_logits = functional and before_softmax is None
        exposed = before_softmax if self.logits and before_softmax is not None else model
        # Cross-entropy is taken from the logits wherever they can be had: through saturated
        # probabilities its gradient would be 0 / 0.
        stable = before_softmax is not None or own_logits
        with_loss = exposed if before_softmax is None else before_softmax
        loss = _from_logits if stable else _from_probabilities
        self.forward = backend.compile_forward(exposed)
        # Probabilities add up to one, so the gradient of the last is minus the sum of the others:
        # one backward pass less.
        self._softmax_exposed = before_softmax is not None and exposed is model
        rows = _all_but_last_class if self._softmax_exposed else _every_class
        self._all_classes = backend.compile_vjps(exposed, rows)
        self._one_class = backend.compile_vjps(exposed, _given_class)
        self._loss = backend.compile_vjps(with_loss, loss)

    def reset_counts(self):
        """Set `forwards` and `backwards` to zero."""
        self.forwards = 0
        self.backwards = 0

    @property
    def input_shape(self):
        """`(height, width, channels)` of one image."""
        return tuple(self.model.input_shape[1:])

    def predict(self, x, batch_size=None, **kwargs):
        """Outputs `(images, classes)`.

        Args:
            x: images.
            batch_size: at most this many images at once; `self.batch_size` is never exceeded.
            kwargs: ignored; some attacks pass `logits=True` to every classifier.
        """
        x = self._images(x)
        limit = min(batch_size or self.batch_size, self.batch_size)
        return self._mean_over_draws(self.forward, 0, limit, x)

    def class_gradient(self, x, label=None, **kwargs):
        """Gradients of the outputs with respect to the images.

        Args:
            x: images.
            label: `None` for all classes, an integer for one class, or an array of one class
                per image.

        Returns:
            Array `(images, classes, ...)` for `None`, else `(images, 1, ...)`.
        """
        x = self._images(x)
        if label is None:
            return self._every_class_gradient(x)
        labels = np.asarray(label).reshape(-1)
        if labels.size == 1:
            labels = np.repeat(labels, len(x))
        return self._mean_over_draws(
            self._one_class, 1, self.batch_size, x, self._one_hot(labels, len(x))
        )

    def _every_class_gradient(self, x):
        backwards = self.nb_classes - self._softmax_exposed
        gradients = self._mean_over_draws(self._all_classes, backwards, self.batch_size, x)
        if self._softmax_exposed:
            last = -gradients.sum(axis=1, keepdims=True)
            gradients = np.concatenate([gradients, last], axis=1)
        return gradients

    def loss_gradient(self, x, y, **kwargs):
        """Gradient of every image's cross-entropy with respect to the image, shaped like `x`.

        Args:
            x: images.
            y: classes `(images,)`, or target distributions `(images, classes)`.
        """
        x, targets = self._images(x), self._targets(y, len(x))
        return self._mean_over_draws(self._loss, 1, self.batch_size, x, targets)[:, 0]

    def fit(self, x, y, **kwargs):
        """Not offered: train the Keras model itself."""
        raise NotImplementedError(
            "ARTClassifier does not train. Train the Keras model, then build a new ARTClassifier."
        )

    def get_activations(self, x, layer, batch_size=128, framework=False):
        """Outputs of one layer of a functional model, `layer` being its name or position."""
        if framework:
            raise NotImplementedError("ARTClassifier gives activations as NumPy arrays only.")
        by_name = isinstance(layer, str)
        source = self.model.get_layer(**{"name" if by_name else "index": layer})
        part = backend.compile_forward(keras.Model(self.model.inputs[0], source.output))
        return in_batches(part, min(batch_size, self.batch_size), self._images(x))

    def save(self, filename, path=None):
        """Save the Keras model, as `path/filename.keras`."""
        self.model.save(Path(path or ".") / f"{filename}.keras")

    def _mean_over_draws(self, function, backwards, limit, *arrays):
        # One call per draw, not one long batch: a layer may share one draw among all images
        # of a batch, and would then repeat it.
        total = 0.0
        for _ in range(self.draws):
            total = total + in_batches(function, limit, *arrays)
        self.forwards += len(arrays[0]) * self.draws
        self.backwards += len(arrays[0]) * self.draws * backwards
        return (total / self.draws).astype(np.float32)

    def _images(self, x):
        x = np.ascontiguousarray(x, dtype=np.float32)
        expected = self.input_shape
        if x.ndim != len(expected) + 1 or any(
            e is not None and e != s for e, s in zip(expected, x.shape[1:])
        ):
            raise ValueError(
                "Invalid value received for argument `x`. Expected an array of shape "
                f"{('images', *expected)}. Received: x.shape={x.shape}"
            )
        if not len(x):
            raise ValueError(
                "Invalid value received for argument `x`. Expected at least one image. "
                f"Received: x.shape={x.shape}"
            )
        return x

    def _targets(self, y, images):
        y = np.asarray(y)
        if y.shape == (images, self.nb_classes):
            return np.ascontiguousarray(y, dtype=np.float32)
        return self._one_hot(y.reshape(-1), images)

    def _one_hot(self, labels, images):
        if len(labels) != images or labels.min() < 0 or labels.max() >= self.nb_classes:
            raise ValueError(
                f"Invalid value received for labels. Expected {images} integers from 0 to "
                f"{self.nb_classes - 1}. Received: {len(labels)} labels from {labels.min()} to "
                f"{labels.max()}"
            )
        return np.eye(self.nb_classes, dtype=np.float32)[labels.astype(np.int64)]


def _every_class(outputs):
    rows = ops.eye(outputs.shape[-1], dtype="float32")[:, None, :]
    return rows + ops.zeros_like(outputs)[None]


def _all_but_last_class(outputs):
    return _every_class(outputs)[:-1]


def _given_class(outputs, one_hot):
    return one_hot[None]


def _from_logits(outputs, targets):
    # d(-sum_k t_k log softmax(z)_k)/dz, in closed form.
    return (ops.softmax(outputs) * ops.sum(targets, -1, keepdims=True) - targets)[None]


def _from_probabilities(outputs, targets):
    return (-targets / ops.maximum(outputs, _TINY))[None]


def _check_positive(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected an integer >= 1. "
            f"Received: {name}={value!r}"
        )


def _check_clip_values(clip_values):
    if np.size(clip_values) != 2 or not clip_values[0] < clip_values[1]:
        raise ValueError(
            "Invalid value received for argument `clip_values`. Expected (lowest, highest). "
            f"Received: clip_values={clip_values}"
        )


def _check_model(model):
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or (shape[-1] or 0) < 2:
        raise ValueError(
            "Invalid value received for argument `model`. Expected a built keras.Model with one "
            "output of shape (images, classes), two classes or more. Received: "
            f"output shape {shape}"
        )
    return shape[-1]
