"""The gradient of the difference of two outputs."""

import numpy as np

from ..art_classifier import ARTClassifier


def difference_gradient(estimator, x, first, second):
    """Gradient of `f_first(x) - f_second(x)` with respect to every image.

    One forward and one backward pass where the outputs are the logits of an `ARTClassifier`,
    else twice that.

    Args:
        estimator: an ART classifier with `class_gradient`.
        x: images.
        first, second: classes `(images,)`.

    Returns:
        Array shaped like `x`.
    """
    if isinstance(estimator, ARTClassifier) and estimator.logits:
        # The cross-entropy -sum_k t_k log softmax(f)_k with t adding up to 0 is -sum_k t_k f_k.
        rows = np.eye(estimator.nb_classes, dtype=np.float32)
        return estimator.loss_gradient(x, rows[second] - rows[first])
    gradient = estimator.class_gradient(x, label=first) - estimator.class_gradient(x, label=second)
    return gradient.reshape(x.shape)
