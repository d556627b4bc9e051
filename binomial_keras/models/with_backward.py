"""The same network with another gradient, for attacks."""

import keras

from .rebuild import rebuild
from .traversal import walk

OWN = "own"


def backward_rules(model: keras.Model) -> list[str]:
    """Names of the gradients that the layers of a model offer besides their own.

    A layer offers them by a method `backward_rules()`, which returns a dict from names to the
    changes of its configuration. Write one for a layer of your own and attacks find it.

    Returns:
        List of names, in the order of the layers, each once; empty for a model without any.
    """
    return list(dict.fromkeys(name for layer in walk(model) for name in _rules(layer)))


def with_backward(model: keras.Model, rule: str) -> keras.Model:
    """A copy of a model with the same weights whose gradient follows another rule.

    Every layer that knows the rule is changed as it says, the others are copied. The forward
    pass has the same law, except where the layer says otherwise (`"twin"`: no noise).

    Args:
        model: a functional or sequential `keras.Model`.
        rule: one of `backward_rules(model)`, or `"own"` for the model itself.

    Example:

    >>> with_backward(binomial_cnn(neuron="A", T=3), "leaky 0.1")
    """
    if rule == OWN:
        return model
    known = backward_rules(model)
    if rule not in known:
        raise ValueError(
            f"Invalid value received for argument `backward`. Expected one of {[OWN, *known]}. "
            f"Received: backward={rule!r}"
        )
    return rebuild(model, lambda layer: _rules(layer).get(rule, {}))


def _rules(layer):
    offered = getattr(layer, "backward_rules", None)
    return offered() if callable(offered) else {}
