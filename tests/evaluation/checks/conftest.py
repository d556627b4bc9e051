"""A function that makes a `Probe` of a small model, with labels that the model gets right."""

import numpy as np
import pytest

from binomial_keras.evaluation.checks import Probe
from binomial_keras.evaluation.scoring import predict_draws
from tests.evaluation.attacks.known_models import images


@pytest.fixture
def probe_of():
    def make(model, count=12, eps=0.2, **settings):
        x = images(count, 0.1, 0.9)
        labels = predict_draws(model, x, 31, 0)
        y = np.array([np.bincount(column).argmax() for column in labels.T])
        defaults = dict(draws=4, steps=5, score_draws=20, selection_draws=10)
        return Probe(model, x, y, eps, **{**defaults, **settings})

    return make
