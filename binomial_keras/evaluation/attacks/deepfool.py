"""DeepFool, moving only the images that are not fooled yet."""

import logging
from typing import Any

import numpy as np
from art.attacks.evasion import DeepFool as ARTDeepFool
from art.utils import is_probability
from tqdm.auto import tqdm

from ..inputs import checked_images

_LOGGER = logging.getLogger(__name__)
# ART's guard against division by zero.
_TINY = 1e-7


class DeepFool(ARTDeepFool):
    """ART's `DeepFool` without the work that does not change the result.

    With outputs f, the label k predicted for the clean image, `w_j = grad f_j - grad f_k` and
    `d_j = |f_j - f_k|`, every step goes over the boundary that looks nearest,

        l = argmin_j d_j / ||w_j||,    x <- clip(x + range * d_l / ||w_l||^2 * w_l),

    `range` being the highest minus the lowest pixel value, until the prediction is no longer k
    or for `max_iter` steps. The whole change is then multiplied by `1 + epsilon` and clipped.

    What differs from ART's class. For a deterministic model and `nb_grads` not below the number
    of classes the images are the same:

    * An image leaves as soon as it is fooled and the next one takes its place, so that the
      model sees batches of `batch_size` until the last few images. ART computes all gradients
      of all images of a batch until its last one is fooled.
    * No gradient is taken of an image that the outputs already call fooled.
    * An image that a step leaves as it was, to the last bit, leaves too: where two outputs are
      equal and the predicted class comes first, ART stays until `max_iter`. (Not if the model
      is stochastic.)
    * With `nb_grads` below the number of classes every image is moved towards its own
      `nb_grads - 1` most likely classes. ART takes the classes of all images together.
    * For a stochastic model an image that was fooled once stays as it is; ART asks again in
      every step. Either way the last word belongs to a fresh scoring.

    Shapes: images `(images, height, width, channels)`. Memory beyond input and output: that of
    the class gradients of `batch_size` images.

    Args:
        classifier: an `ARTClassifier`, preferably with logits as outputs.
        max_iter: integer >= 1, most steps per image.
        epsilon: overshoot, >= 0.
        nb_grads: integer >= 2, how many of the classes most likely at the start to consider,
            the predicted one included.
        batch_size: images moved at a time. ART's default is 1; the result is the same.
        verbose: show a progress bar.

    Raises:
        ValueError: for arguments out of range.

    Example:

    >>> adversarial = DeepFool(ARTClassifier(model)).generate(x)

    References:
        Moosavi-Dezfooli et al. (2015), arXiv 1511.04599.
    """

    def __init__(
        self,
        classifier: Any,
        max_iter: int = 100,
        epsilon: float = 1e-6,
        nb_grads: int = 10,
        batch_size: int = 64,
        verbose: bool = True,
    ) -> None:
        super().__init__(classifier, max_iter, epsilon, nb_grads, batch_size, verbose)
        if nb_grads < 2:
            raise ValueError(
                "Invalid value received for argument `nb_grads`. Expected an integer >= 2: the "
                f"predicted class and another. Received: nb_grads={nb_grads}"
            )

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images.

        Args:
            x: images `(images, ...)`.
            y: not used; every image is moved away from its predicted class.

        Returns:
            float32 array shaped like `x`. Where the attack failed, the last attempt.
        """
        x = checked_images("x", x, self.estimator.clip_values)
        outputs = self.estimator.predict(x, batch_size=self.batch_size)
        if is_probability(outputs[0]):
            _LOGGER.warning(
                "The attacked model seems to return probabilities. DeepFool needs logits for "
                "its full strength: ARTClassifier(model, logits=True)."
            )
        change = (1 + self.epsilon) * (self._fooled(x, outputs) - x)
        return self._clip(x + change).astype(np.float32)

    def _fooled(self, x, outputs):
        images, outputs = x.copy(), outputs.copy()
        labels, classes = outputs.argmax(axis=1), self._classes(outputs)
        steps, still = np.zeros(len(x), int), np.zeros(len(x), bool)
        active, waiting = np.arange(len(x))[: self.batch_size], min(self.batch_size, len(x))
        with tqdm(total=len(x), desc="DeepFool", disable=not self.verbose) as progress:
            while active.size:
                before = images[active]
                images[active] = self._step(
                    before, outputs[active], labels[active], classes[active]
                )
                outputs[active] = self.estimator.predict(images[active])
                steps[active] += 1
                if not getattr(self.estimator, "stochastic", False):
                    same = images[active] == before
                    still[active] = np.all(same.reshape(len(active), -1), axis=1)
                going_on = outputs[active].argmax(axis=1) == labels[active]
                going_on &= (steps[active] < self.max_iter) & ~still[active]
                left = int(np.sum(~going_on))
                progress.update(left)
                new = np.arange(waiting, min(waiting + left, len(x)))
                active, waiting = np.concatenate([active[going_on], new]), waiting + len(new)
        return images

    def _classes(self, outputs):
        """The classes to consider `(images, at most nb_grads)`; ascending, as ART has them."""
        return np.sort(np.argsort(-outputs, axis=1)[:, : self.nb_grads], axis=1)

    def _step(self, images, outputs, labels, classes):
        gradients = self._gradients(images, classes)
        outputs = np.take_along_axis(outputs, classes, axis=1)
        n, own = np.arange(len(images)), np.argmax(classes == labels[:, None], axis=1)
        distances = np.abs(outputs - outputs[n, own][:, None])
        slopes = gradients - gradients[n, own][:, None]
        norms = np.linalg.norm(slopes.reshape(*classes.shape, -1), axis=2)
        ratios = distances / (norms + _TINY)
        ratios[n, own] = np.inf
        nearest = ratios.argmin(axis=1)
        lengths = distances[n, nearest] / (norms[n, nearest] ** 2 + _TINY)
        lengths = lengths.reshape((-1,) + (1,) * (images.ndim - 1))
        clip = self.estimator.clip_values
        scale = 1.0 if clip is None else clip[1] - clip[0]
        return self._clip(images + lengths * slopes[n, nearest] * scale)

    def _gradients(self, images, classes):
        """Gradients of the given classes of every image, `(images, classes, ...)`."""
        # A call per class repeats the forward pass, a call for all does not.
        if 2 * classes.shape[1] < self.estimator.nb_classes:
            columns = [self.estimator.class_gradient(images, label=column) for column in classes.T]
            return np.concatenate(columns, axis=1)
        gradients = self.estimator.class_gradient(images)
        if classes.shape[1] == gradients.shape[1]:
            return gradients  # classes ascend: all of them in their order
        index = classes.reshape(classes.shape + (1,) * (images.ndim - 1))
        return np.take_along_axis(gradients, index, axis=1)

    def _clip(self, images):
        clip = self.estimator.clip_values
        return images if clip is None else np.clip(images, *clip)
