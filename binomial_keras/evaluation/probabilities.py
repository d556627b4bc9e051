"""Class probabilities from whatever a classifier returns."""

import numpy as np

# Wide enough for a softmax that was computed in float16.
_TOLERANCE = 1e-2
_TINY = 1e-30


def are_probabilities(outputs):
    """Whether every row is a distribution: no entry below 0, the sum 1 (to 1e-2).

    Logits pass for probabilities only if they are so by chance for every image.

    Args:
        outputs: array `(images, classes)`.

    Returns:
        `bool`.
    """
    outputs = np.asarray(outputs)
    return bool(outputs.min() >= 0 and np.abs(outputs.sum(-1) - 1).max() <= _TOLERANCE)


def log_probabilities(outputs, probabilities):
    """Logarithms of class probabilities, from probabilities or from logits.

    Args:
        outputs: array `(images, classes)`.
        probabilities: whether `outputs` are probabilities; `log(max(p, 1e-30))` is taken then.
            Otherwise they are logits z: `z - log sum_k exp z_k`.

    Returns:
        float64 array `(images, classes)`.
    """
    outputs = np.asarray(outputs, np.float64)
    if probabilities:
        return np.log(np.maximum(outputs, _TINY))
    shifted = outputs - outputs.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
