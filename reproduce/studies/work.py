"""What the cells of a study do: build a network, measure an accuracy."""

import time

import numpy as np

from reproduce.studies.measures import KINDS

PICTURES = 8


def new_network(cell):
    """The untrained network of a `NetworkCell`."""
    import binomial_keras as bk

    about = bk.data.describe(cell.data)
    arguments = {name: _listed(value) for name, value in cell.arguments}
    builder = getattr(bk.models, cell.builder)
    return builder(about["shape"], about["classes"], seed=cell.seed, **arguments)


def _listed(value):
    return list(value) if isinstance(value, tuple) else value


def training_images(cell, x, y):
    """The images that a `NetworkCell` is trained on: all, or as many of every class."""
    if cell.images is None:
        return x, y
    classes = np.unique(y)
    rng = np.random.default_rng([cell.seed, cell.images])
    each = cell.images // len(classes)
    chosen = [rng.choice(np.flatnonzero(y == one), each, replace=False) for one in classes]
    chosen = np.sort(np.concatenate(chosen))
    return x[chosen], y[chosen]


def measure(cell, identity, bench):
    """Accuracy on changed test images; returns (result, arrays, cost)."""
    from binomial_keras.evaluation import predict_draws
    from reproduce.work import interval, noise_seed

    numbers, x, y = bench.images(cell.checkpoint.data, 0, cell.images)
    seed = noise_seed(identity)
    attacked = _estimators(cell, cell.source or cell.checkpoint, bench)
    tested = _estimators(cell, cell.checkpoint, bench)(1)
    passes = _Passes()
    started = time.monotonic()
    shown = KINDS[cell.measure](x, y, passes.counting(attacked), seed, dict(cell.settings))
    seconds = time.monotonic() - started
    labels = predict_draws(tested, shown, cell.draws, seed + 1, cell.batch_size)
    correct = labels == y
    result = {
        "accuracy": float(correct.mean()),
        "interval": interval(correct),
        "unchanged": float((shown == x).reshape(len(x), -1).all(axis=1).mean()),
        "images": len(x),
        "draws": int(correct.shape[0]),
    }
    arrays = {"correct": correct, "image_numbers": numbers.astype("int32"),
              "true_labels": y.astype("int16"), "pictures": shown[:PICTURES].astype("float32")}
    return result, arrays, {**passes.total(), "seconds": seconds}


def _estimators(cell, source, bench):
    """Function of K to the estimator of a network that averages over K draws."""
    from binomial_keras.evaluation import ARTClassifier
    from binomial_keras.models.rebuild import rebuild

    change = cell.change if source == cell.checkpoint else ()

    def model():
        trained = bench.model(source)
        return rebuild(trained, lambda layer: _fitting(layer, change)) if change else trained

    def estimator(draws):
        tested = bench.kept(("model", source, change), model)
        return bench.kept(
            ("estimator", source, change, draws, cell.batch_size),
            lambda: ARTClassifier(tested, draws=draws, batch_size=cell.batch_size),
        )

    return estimator


def _fitting(layer, change):
    """The changes that a layer has arguments for."""
    known = layer.get_config()
    return {name: value for name, value in change if name in known}


class _Passes:
    """Counts what the estimators of an attack pass."""

    def __init__(self):
        self.used = {}

    def counting(self, estimators):
        def estimator(draws):
            made = estimators(draws)
            self.used[id(made)] = made
            made.reset_counts()
            return made

        return estimator

    def total(self):
        return {
            "forwards": int(sum(one.forwards for one in self.used.values())),
            "backwards": int(sum(one.backwards for one in self.used.values())),
        }
