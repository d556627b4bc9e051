"""A network of three binomial units whose every outcome can be listed."""

import itertools
from math import comb

import keras
import numpy as np

import binomial_keras as bk

HIDDEN, CLASSES = 3, 3


def network(neuron="C", T=1, softmax=True):
    """Two inputs, three units of type B or C, three classes. Fixed weights."""
    x = keras.Input((2,))
    generator = np.random.default_rng(5)
    first, last = keras.layers.Dense(HIDDEN), keras.layers.Dense(CLASSES)
    output = last(bk.layers.BU(neuron, T=T)(first(x)))
    first.set_weights([generator.normal(0, 0.7, (2, HIDDEN)), np.full(HIDDEN, 0.6)])
    last.set_weights([generator.normal(0, 2, (HIDDEN, CLASSES)), generator.normal(0, 0.4, CLASSES)])
    return keras.Model(x, keras.layers.Softmax()(output) if softmax else output)


class Law:
    """Exact probabilities of what `network` answers to one image."""

    def __init__(self, model, image, T):
        first, last = (layer.get_weights() for layer in model.layers if layer.weights)
        h = np.maximum(0, np.tanh(image @ first[0] + first[1]))
        counts = np.array(list(itertools.product(range(T + 1), repeat=HIDDEN)))
        binomial = np.array([comb(T, k) for k in range(T + 1)])[counts]
        self.chance = np.prod(binomial * h**counts * (1 - h) ** (T - counts), axis=1)
        logits = counts / T @ last[0] + last[1]
        self.softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    def vote(self, N, label):
        """P(the mean softmax of N draws is largest for `label`), over all N-tuples of outcomes."""
        total, chance = np.zeros((1, CLASSES)), np.ones(1)
        for _ in range(N):
            total = (total[:, None] + self.softmax[None]).reshape(-1, CLASSES)
            chance = (chance[:, None] * self.chance[None]).reshape(-1)
        return chance[total.argmax(axis=1) == label].sum()

    def margin(self, label):
        """E[log p_label - max of the others' log p]."""
        log_p = np.log(self.softmax)
        others = np.delete(log_p, label, axis=1).max(axis=1)
        return self.chance @ (log_p[:, label] - others)
