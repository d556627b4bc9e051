"""What the cells of a study do: build a network, measure accuracies."""

import time

import numpy as np

from reproduce.studies.maps import activation_maps
from reproduce.studies.measures import ATTACKS, CHANGES

# Of every point so many pictures are kept.
PICTURES = 4


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
    """Accuracies on changed test images; returns (result, arrays, cost)."""
    from reproduce.work import noise_seed

    numbers, x, y = bench.images(cell.checkpoint.data, 0, cell.images)
    seed, passes = noise_seed(identity), _Passes()
    started = time.monotonic()
    found = [_measured(cell, point, x, y, seed, bench, passes) for point in cell.points]
    seconds = time.monotonic() - started
    results, correct, pictures = zip(*found)
    result = {"points": list(results), "images": len(x), "draws": cell.draws}
    arrays = {"correct": np.stack(correct), "image_numbers": numbers.astype("int32"),
              "true_labels": y.astype("int16"), "pictures": np.stack(pictures)}
    if any(point.kind == "maps" for point in cell.points):
        maps = activation_maps(bench.model(cell.checkpoint), x[0])
        result["maps"] = list(maps)
        arrays |= {f"maps_{name}": found for name, found in maps.items()}
    return result, arrays, {**passes.total(), "seconds": seconds}


def _measured(cell, point, x, y, seed, bench, passes):
    """(result, hits (draws, images), first images as bytes) of one `Point`."""
    from binomial_keras.evaluation import predict_draws
    from binomial_keras.models import reseed
    from reproduce.work import interval

    settings = dict(point.settings)
    if point.kind in ATTACKS:
        attacked = _estimators(cell, cell.source or cell.checkpoint, point.change, bench)
        # The network may have drawn for other points and cells in this process.
        reseed(attacked(1).model, seed)
        shown = ATTACKS[point.kind](x, y, passes.counting(attacked), seed, settings)
    else:
        shown = bench.kept(
            ("shown", cell.checkpoint.data, cell.images, point.kind, point.settings),
            lambda: CHANGES[point.kind](x, y, None, cell.seed, settings),
        )
    tested = _estimators(cell, cell.checkpoint, point.change, bench)(1)
    # Some changes show every image several times: those answers stand beside those of draws.
    blocks = len(shown) // len(x)
    labels = predict_draws(tested, shown, cell.draws, seed + 1, cell.batch_size)
    correct = labels.reshape(-1, len(x)) == y
    same = shown == np.tile(x, (blocks, 1, 1, 1))
    result = {
        **point.to_dict(),
        "accuracy": float(correct.mean()),
        "interval": interval(correct),
        "unchanged": float(same.reshape(len(shown), -1).all(axis=1).mean()),
    }
    if point.kind == "corruption":
        result["bandwidth"] = _wider(shown, x)
    return result, correct, np.rint(255 * shown[:PICTURES]).astype("uint8")


def _wider(shown, x):
    """Mean over the images of how many times wider their spectrum has become."""
    from binomial_keras.evaluation.spectrum import bandwidth

    before = bandwidth(x)
    seen = before > 0
    return float(np.mean(bandwidth(shown)[seen] / before[seen]))


def _estimators(cell, source, change, bench):
    """Function of K, and of a backward rule, to the estimator that averages over K draws."""
    from binomial_keras.evaluation import ARTClassifier
    from binomial_keras.models.rebuild import rebuild

    change = change if source == cell.checkpoint else ()

    def model():
        trained = bench.model(source)
        return rebuild(trained, lambda layer: _fitting(layer, change)) if change else trained

    def estimator(draws, backward="own"):
        tested = bench.kept(("model", source, change), model)
        return bench.kept(
            ("estimator", source, change, draws, backward, cell.batch_size),
            lambda: ARTClassifier(
                tested, draws=draws, backward=backward, batch_size=cell.batch_size
            ),
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
        def estimator(draws, backward="own"):
            made = estimators(draws, backward)
            self.used[id(made)] = made
            made.reset_counts()
            return made

        return estimator

    def total(self):
        return {
            "forwards": int(sum(one.forwards for one in self.used.values())),
            "backwards": int(sum(one.backwards for one in self.used.values())),
        }
