"""The estimator that stands between a Keras model and ART's attacks."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from art.estimators.classification.classifier import ClassifierNeuralNetwork

from .. import backend
from ..models.with_backward import OWN, with_backward
from .batches import in_batches
from .classifier_inputs import (
    check_average,
    check_clip_values,
    check_model,
    images_of_shape,
    one_hot,
    targets,
)
from .draws import Draws
from .inputs import check_count
from .kernels import Kernels
from .losses import check_loss


class ARTClassifier(ClassifierNeuralNetwork):
    """A Keras 3 model as a classifier of the Adversarial Robustness Toolbox (ART).

    Works on every Keras backend, compiles forward pass, loss gradient and class gradients,
    cuts arrays into batches of a few fixed sizes (nothing is retraced), and counts its work.
    A stochastic model draws anew in every call; all class gradients of one call to
    `class_gradient` belong to the same draw.

    With K = `draws`, answers are means over K independent draws. `average="loss"` is the
    expectation: outputs, losses and their gradients are means over the draws, so that
    `loss_gradient` is that of `E[loss]`. `average="vote"` is the classifier that averages K
    softmax outputs p_k and decides once: with `p = mean_k p_k` its output is p (or `log p` in
    place of logits), its loss that of `log p`. Small K are folded into the batch, the rest is a
    loop (see `Draws`): never more than `batch_size` images are in the model at once. A
    deterministic model answers in one draw, whatever K is.

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
        average: `"loss"` or `"vote"`, what the mean over the draws is taken of (see above).
        backward: rule of the gradients, `"own"` or one of `models.backward_rules(model)`. The
            outputs and losses remain those of the model.
        common_noise: if `True`, every call sees the same noise until `renew_noise()` is called
            (common random numbers, for comparisons within one step of an attack). ART's own
            attacks do not call it: for them the noise is then frozen.

    Attributes:
        forwards, backwards: images passed forward and backward since `reset_counts()`, counted
            per image and draw. Padding is not counted. `class_gradient` of all classes is one
            forward and `classes` backwards (one less for the probabilities of a softmax).

    Raises:
        ValueError: for arguments out of range; for `logits=True` with a subclassed model.
    """

    def __init__(
        self,
        model: keras.Model,
        draws: int = 1,
        batch_size: int = 256,
        clip_values: tuple[float, float] = (0.0, 1.0),
        logits: bool = True,
        average: str = "loss",
        backward: str = OWN,
        common_noise: bool = False,
    ) -> None:
        check_count("draws", draws)
        check_count("batch_size", batch_size)
        check_clip_values(clip_values)
        check_average(average)
        classes = check_model(model)
        super().__init__(model=model, clip_values=tuple(clip_values), channels_first=False)
        self.nb_classes = classes
        self.draws, self.batch_size, self.logits = int(draws), int(batch_size), bool(logits)
        self.average, self.backward = average, backward
        self._draws = Draws(model, self.draws, self.batch_size, common_noise)
        self._kernels = Kernels(model, with_backward(model, backward), self.logits, average)
        self.forward = self._kernels.forward

    @property
    def forwards(self) -> int:
        return self._draws.forwards

    @property
    def backwards(self) -> int:
        return self._draws.backwards

    def reset_counts(self, forwards: int = 0, backwards: int = 0) -> None:
        """Set `forwards` and `backwards`, to zero if nothing else is said."""
        self._draws.forwards, self._draws.backwards = forwards, backwards

    @property
    def stochastic(self) -> bool:
        """Whether the model draws at inference."""
        return self._draws.stochastic

    def renew_noise(self) -> None:
        """With `common_noise`: other noise from now on. Without: nothing."""
        self._draws.renew()

    @property
    def input_shape(self) -> tuple:
        """`(height, width, channels)` of one image."""
        return tuple(self.model.input_shape[1:])

    def predict(
        self, x: np.ndarray, batch_size: int | None = None, **kwargs: Any
    ) -> np.ndarray:
        """Outputs `(images, classes)`.

        Args:
            x: images.
            batch_size: at most this many images at once; `self.batch_size` is never exceeded.
            kwargs: ignored; some attacks pass `logits=True` to every classifier.
        """
        x = self._images(x)
        outputs = self._draws.mean(self._kernels.outputs, x, limit=batch_size)
        return self._kernels.shown(outputs)

    def with_one_pixel(self, x: np.ndarray) -> Any:
        """`OnePixel.of` for these images, whose answers are those of `predict`, not counted here.

        `None` where nothing would be gained: noise, votes, no convolutions in a chain.
        """
        fast = None if self.stochastic or self.average == "vote" else self._kernels.one_pixel
        return fast.of(self._images(x), self.batch_size) if fast and fast.worthwhile else None

    def class_gradient(
        self, x: np.ndarray, label: np.ndarray | int | None = None, **kwargs: Any
    ) -> np.ndarray:
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
            return self._kernels.every_class(*self._draws.mean(self._kernels.class_gradients, x))
        labels = np.asarray(label).reshape(-1)
        if labels.size == 1:
            labels = np.repeat(labels, len(x))
        chosen = one_hot(labels, len(x), self.nb_classes)
        outputs, gradients = self._draws.mean(self._kernels.class_gradient, x, chosen)
        return self._kernels.one_class(outputs, gradients, chosen)

    def loss_gradient(self, x: np.ndarray, y: np.ndarray, **kwargs: Any) -> np.ndarray:
        """Gradient of every image's cross-entropy with respect to the image, shaped like `x`.

        Args:
            x: images.
            y: classes `(images,)`, or target distributions `(images, classes)`.
        """
        x = self._images(x)
        return self._loss(x, "cross_entropy", True, targets(y, len(x), self.nb_classes))[-1]

    def losses(
        self,
        x: np.ndarray,
        y: np.ndarray,
        loss: str = "cross_entropy",
        goal: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """What an attacker maximises, for every image (see `losses.py`).

        Args:
            x: images.
            y: true classes `(images,)`.
            loss: `"cross_entropy"`, `"margin"` or `"dlr"`.
            goal: classes `(images,)` to be reached instead of leaving `y`, or `None`.

        Returns:
            `(loss, right)`, both `(images,)`: the loss of the K draws (mean of the losses, or
            loss of the vote), and the share of the draws that are right.
        """
        x = self._images(x)
        return self._loss(x, loss, False, *self._truth_and_goal(y, goal, len(x)))

    def loss_and_gradient(
        self,
        x: np.ndarray,
        y: np.ndarray,
        loss: str = "cross_entropy",
        goal: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`losses` and the gradient of the loss with respect to the images, in the same draws.

        Returns:
            `(loss, right, gradient)`.
        """
        x = self._images(x)
        return self._loss(x, loss, True, *self._truth_and_goal(y, goal, len(x)))

    def _loss(self, x, name, gradient, truth, goal=None):
        loss = check_loss(name, self.nb_classes, goal is not None)
        arrays = (x, truth) if goal is None else (x, truth, goal)
        if not gradient:
            return self._of_loss(loss, False, arrays)
        if self.backward == OWN:
            return self._of_loss(loss, True, arrays)
        # The gradient is another model's; what it does to the loss is the model's own.
        before = self._draws.states()
        slope = self._of_loss(loss, True, arrays)[-1]
        after = self._draws.states()
        self._draws.restore(before)
        found = self._of_loss(loss, False, arrays)
        self._draws.restore(after)
        return (*found, slope)

    def _of_loss(self, loss, gradient, arrays):
        rounds = self._draws.rounds(len(arrays[0]))
        if self.average == "loss" or rounds == 1:
            return self._draws.mean(self._kernels.loss(loss, gradient), *arrays)
        # The vote of all draws is needed before any of them knows its share in the gradient.
        before = self._draws.states()
        vote = self._draws.mean(self._kernels.vote(gradient), arrays[0])
        self._draws.restore(before)
        return self._draws.mean(self._kernels.loss(loss, gradient, True), *arrays, vote)

    def fit(self, x: np.ndarray, y: np.ndarray, **kwargs: Any) -> None:
        """Not offered: train the Keras model itself."""
        raise NotImplementedError(
            "ARTClassifier does not train. Train the Keras model, then build a new ARTClassifier."
        )

    def get_activations(
        self, x: np.ndarray, layer: str | int, batch_size: int = 128, framework: bool = False
    ) -> np.ndarray:
        """Outputs of one layer of a functional model, `layer` being its name or position."""
        if framework:
            raise NotImplementedError("ARTClassifier gives activations as NumPy arrays only.")
        by_name = isinstance(layer, str)
        source = self.model.get_layer(**{"name" if by_name else "index": layer})
        part = backend.compile_forward(keras.Model(self.model.inputs[0], source.output))
        return in_batches(part, min(batch_size, self.batch_size), self._images(x))

    def save(self, filename: str, path: str | None = None) -> None:
        """Save the Keras model, as `path/filename.keras`."""
        self.model.save(Path(path or ".") / f"{filename}.keras")

    def _images(self, x):
        return images_of_shape(x, self.input_shape)

    def _truth_and_goal(self, y, goal, images):
        classes = [y] if goal is None else [y, goal]
        return [one_hot(labels, images, self.nb_classes) for labels in classes]
