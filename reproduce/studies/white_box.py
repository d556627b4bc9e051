"""The per-image worst case over white-box and query attacks, for networks without noise."""

import numpy as np


def white_box(x, y, estimator, seed, settings):
    """Images of one that fools the network, where any attack found one; others unchanged.

    For the network's own gradient and for every one that its layers offer
    (`models.backward_rules`): PGD with momentum, APGD on the cross-entropy and APGD on the DLR
    loss; then Square, which asks for no gradient. An image that is fooled is attacked no more.

    Args:
        x, y: images and labels.
        estimator: function of K, and of a backward rule, to an `ARTClassifier`.
        seed: of the attacks.
        settings: "eps" (L-infinity), "steps" of PGD and APGD, "queries" of Square.
    """
    from binomial_keras.models import backward_rules

    plain = estimator(1)
    if plain.stochastic:
        raise ValueError("The worst case of studies is for networks without noise.")
    shown = x.copy()
    left = np.flatnonzero(plain.predict(x).argmax(axis=1) == y)
    for rule in ["own", *backward_rules(plain.model)]:
        for attack in _ascents(estimator(1, rule), seed, settings):
            left = _attacked(attack, x, y, shown, left, plain)
    _attacked(_square(plain, seed, settings), x, y, shown, left, plain)
    return shown


def _attacked(attack, x, y, shown, left, plain):
    """Attacks what is left; returns what is left then."""
    if not left.size:
        return left
    made = attack.generate(x[left], y[left])
    fooled = plain.predict(made).argmax(axis=1) != y[left]
    shown[left[fooled]] = made[fooled]
    return left[~fooled]


def _ascents(estimator, seed, settings):
    from binomial_keras.evaluation.attacks import APGD, EOTPGD

    common = {"eps": settings["eps"], "steps": settings["steps"], "seed": seed}
    yield EOTPGD(estimator, **common)
    yield APGD(estimator, loss="cross_entropy", **common)
    yield APGD(estimator, loss="dlr", **common)


def _square(estimator, seed, settings):
    from binomial_keras.evaluation.attacks import Square

    return Square(
        estimator, eps=settings["eps"], max_iter=settings["queries"], seed=seed, verbose=False
    )
