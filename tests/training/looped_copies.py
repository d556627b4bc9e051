"""Likelihood-ratio gradients by the plain loop: one image, one noise copy, one layer at a time."""

import keras
import numpy as np

from tests.layer_checks import numpy, vjp


def noise_of(trainer, images, key, number):
    """The noise `(images, copies, potentials...)` of every noisy layer of one chunk."""
    found = []
    for place, step in enumerate(trainer.chain.noisy):
        shape = tuple(step.layer.output.shape[1:])
        copies = trainer.copies // (2 if trainer.antithetic else 1)
        z = numpy(trainer.noise.sample_with((images, copies, *shape), key, number + place))
        found.append(np.concatenate([z, -z], axis=1) if trainer.antithetic else z)
    return found


def looped(trainer, x, y, noise, loss):
    """Mean loss, and mean over images and copies of `(L - baseline) x^T s(z)`, `... s(z)`.

    Args:
        noise: as `noise_of` gives it.
        loss: NumPy function (label, logits) -> number.
    """
    images, copies = noise[0].shape[:2]
    losses = np.zeros((images, copies))
    kept = {}
    for i in range(images):
        for k in range(copies):
            losses[i, k], kept[i, k] = _copy(trainer, x[i], y[i], [z[i, k] for z in noise], loss)
    sums = None
    for i in range(images):
        for k in range(copies):
            own = {k}
            if trainer.antithetic:
                own.add((k + copies // 2) % copies)
            others = [losses[i, j] for j in range(copies) if j not in own]
            factor = losses[i, k] - (np.mean(others) if trainer.baseline else 0.0)
            terms = [factor * term for term in kept[i, k]]
            sums = terms if sums is None else [a + b for a, b in zip(sums, terms)]
    return losses.mean(), [one / (images * copies) for one in sums]


def _copy(trainer, x, label, noise, loss):
    """The loss of one row, and x^T s(z), s(z) of every layer."""
    terms, value = [], x[None]
    noise = iter(noise)
    for layer in trainer.network.layers:
        if not isinstance(layer, (keras.layers.Dense, keras.layers.Conv2D)):
            # The losses take logits.
            if not isinstance(layer, (keras.layers.InputLayer, keras.layers.Softmax)):
                value = numpy(layer(value))
            continue
        z = next(noise)
        linear = type(layer).from_config({**layer.get_config(), "activation": None})
        linear.build(value.shape)
        linear.set_weights(layer.get_weights())
        # By automatic differentiation: the layer's own product, and its transpose.
        potential, _, gradients = vjp(linear, value, numpy(trainer.noise.score(z))[None])
        terms += gradients
        value = potential + z
        if layer is not trainer.network.layers[-1]:
            value = numpy(layer.activation(value))
    return loss(label, value[0].astype("float64")), terms


def cross_entropy(label, logits):
    """-ln softmax."""
    return np.log(np.sum(np.exp(logits - logits.max()))) + logits.max() - logits[label]


def zero_one(label, logits):
    """1 for a wrong answer."""
    return float(np.argmax(logits) != label)
