"""What a cell does: a training, a clean test, an attack on a block of images.

Each function takes a cell and a `Bench` and returns (result, arrays, cost): JSON-able results,
per-image arrays, and what it cost. None of them writes a record.
"""

import time

import numpy as np

from reproduce.built import new_network
from reproduce.cells import digest
from reproduce.devices import training_scope
from reproduce.studies.cells import NetworkCell

# Of the first block of each attack the pictures are kept, for figures like the paper's Fig. 5.
PICTURES = 8


def noise_seed(identity):
    """Seed of a cell's noise: drawn from its identity, so that no two cells share noise."""
    return int(digest(identity)[:7], 16)


def do(cell, identity, bench):
    """Runs a cell of any kind."""
    from reproduce.adaptive.check_work import checks
    from reproduce.adaptive.work import adaptive
    from reproduce.studies.work import measure

    kinds = {"train": train, "clean": clean, "attack": attack, "adaptive": adaptive,
             "checks": checks, "measure": measure}
    return kinds[cell.kind](cell, identity, bench)


def train(cell, identity, bench):
    """Trains a network and writes its checkpoint. Resumes from its last whole epoch."""
    import keras

    from binomial_keras import training
    from reproduce.studies import work as studies

    x, y = bench.data(cell.data, "train")
    if isinstance(cell, NetworkCell):
        passes = 1
        x, y = studies.training_images(cell, x, y)
    else:
        # What of these networks draws its first weights elsewhere than from the cell's seed.
        keras.utils.set_random_seed(cell.seed)
        passes = cell.T or 1
    recipe = training.recipe(cell.recipe, **dict(cell.overrides))
    # After every epoch: where there are few training images it would cost more than the training.
    validation = tuple(part[:len(x)] for part in bench.data(cell.data, "test"))
    started = time.monotonic()
    with training_scope(bench.devices):
        model = new_network(cell)
        history = training.train(
            model,
            x,
            y,
            recipe,
            validation_data=validation,
            directory=bench.training_folder(identity),
            seed=cell.seed,
            verbose=bench.verbose,
        )
    seconds = history.pop("seconds", [time.monotonic() - started])
    weights, file, file_hash = bench.keep(cell, identity, model)
    result = {
        "history": history,
        "recipe": recipe.to_dict(),
        "weights_sha256": weights,
        "file": file,
        "sha256": file_hash,
        "parameters": int(model.count_params()),
    }
    epochs = len(seconds)
    cost = {"forwards": len(x) * epochs * passes, "backwards": len(x) * epochs,
            "seconds": float(sum(seconds))}
    return result, {}, cost


def clean(cell, identity, bench):
    """Accuracy per draw on unchanged test images, after each of the wanted passes."""
    import binomial_keras as bk
    from binomial_keras.evaluation import predict_draws

    numbers, x, y = bench.images(cell.checkpoint.data, 0, cell.images)
    seed = noise_seed(identity)
    started = time.monotonic()
    if cell.neuron == "A":
        deepest = max(cell.passes)
        model = bk.convert(bench.model(cell.checkpoint), "A", deepest)
        labels = bk.models.anytime_labels(
            model, x, deepest, cell.draws, seed, batch_size=cell.batch_size
        )
        labels = np.stack([labels[:, t - 1] for t in cell.passes])
    else:
        T = cell.passes[0] if cell.passes else 1
        model = bk.convert(bench.model(cell.checkpoint), cell.neuron, T)
        labels = predict_draws(model, x, cell.draws, seed, batch_size=cell.batch_size)[None]
        deepest = 1
    correct = np.asarray(labels) == y
    result = {
        "passes": list(cell.passes),
        "accuracy": [float(value) for value in correct.mean(axis=(1, 2))],
        "accuracy_per_draw": [[float(v) for v in row] for row in correct.mean(axis=2)],
        "interval": [interval(one) for one in correct],
        "images": int(correct.shape[2]),
        "draws": int(correct.shape[1]),
    }
    arrays = {"correct": correct, "image_numbers": numbers.astype("int32"),
              "true_labels": y.astype("int16")}
    cost = {"forwards": int(cell.draws * cell.images * deepest), "backwards": 0,
            "seconds": time.monotonic() - started}
    return result, arrays, cost


def attack(cell, identity, bench):
    """One attack on one block, scored with fresh draws."""
    from binomial_keras.evaluation import evaluate_attack

    numbers, x, y = bench.images(cell.checkpoint.data, cell.start, cell.stop)
    classifier = bench.classifier(cell)
    tool = bench.attack(cell.checkpoint.data, cell.attack, dict(cell.settings))
    seed = noise_seed(identity)
    outcome = evaluate_attack(classifier, tool, x, y, draws=cell.draws, seed=seed)
    correct, clean_correct = np.asarray(outcome.correct), np.asarray(outcome.clean_correct)
    arrays = {
        "correct": correct,
        "clean_correct": clean_correct,
        "ssim": np.asarray(outcome.ssim, "float32"),
        "l2": np.asarray(outcome.l2, "float32"),
        "linf": np.asarray(outcome.linf, "float32"),
        "unchanged": np.asarray(outcome.unchanged, bool),
        "image_numbers": numbers.astype("int32"),
        "true_labels": y.astype("int16"),
    }
    if cell.start == 0:
        arrays |= _pictures("attacked", outcome.adversarial, classifier, cell, seed + 1)
        arrays |= _pictures("original", x, classifier, cell, seed + 1)
    result = {
        "accuracy": float(correct.mean()),
        "interval": interval(correct),
        "clean_accuracy": float(clean_correct.mean()),
        "ssim": float(np.mean(outcome.ssim)),
        "l2": float(np.mean(outcome.l2)),
        "linf": float(np.mean(outcome.linf)),
        "unchanged": float(np.mean(outcome.unchanged)),
        "images": len(x),
        "draws": int(correct.shape[0]),
    }
    cost = {"forwards": int(outcome.forwards), "backwards": int(outcome.backwards),
            "seconds": float(outcome.seconds)}
    return result, arrays, cost


def _pictures(name, images, classifier, cell, seed):
    """The first images of a block, and what the network says of them in every draw."""
    from binomial_keras.evaluation import predict_draws

    shown = np.asarray(images[:PICTURES], "float32")
    labels = predict_draws(classifier, shown, cell.draws, seed, batch_size=cell.batch_size)
    return {f"{name}_pictures": shown, f"{name}_labels": labels.astype("int16")}


def interval(correct):
    """95 % interval [low, high] of the accuracy of a (draws, images) array of hits."""
    from binomial_keras.evaluation import accuracy_interval

    return list(accuracy_interval(correct))
