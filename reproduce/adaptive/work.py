"""What an adaptive cell does."""

import time

import numpy as np

from reproduce.adaptive.cell import NO_ATTACK, spec_of
from reproduce.errors import UsageError

PICTURES = 8


def adaptive(cell, identity, bench):
    """Attacks a block, chooses and scores in fresh draws; returns (result, arrays, cost)."""
    from binomial_keras.evaluation import ARTClassifier, score_draws, select_worst

    setting = cell.setting
    numbers, x, y = bench.images(cell.checkpoint.data, cell.start, cell.stop)
    model = bench.model(cell.checkpoint)
    classifier = bench.kept(
        ("adaptive", cell.checkpoint, setting.batch_size),
        lambda: ARTClassifier(model, batch_size=setting.batch_size),
    )
    classifier.reset_counts()
    started = time.monotonic()
    attacked = _attacked(cell, classifier, x, y, bench)
    seconds = time.monotonic() - started
    forwards, backwards = classifier.forwards, classifier.backwards
    worst = select_worst(
        [attacked], classifier, y, setting.selection_draws, setting.seed, setting.batch_size
    )
    score = score_draws(
        classifier, attacked, y, setting.score_draws, setting.votes, setting.seed,
        setting.batch_size, originals=x,
    )
    change = (attacked - x).reshape(len(x), -1)
    arrays = {
        **score.to_arrays(),
        "selection_share": worst.share[0],
        "l2": np.linalg.norm(change, axis=1).astype("float32"),
        "linf": np.abs(change).max(axis=1).astype("float32"),
        "unchanged": ~change.any(axis=1),
        "image_numbers": numbers.astype("int32"),
    }
    if cell.start == 0:
        arrays["pictures"] = attacked[:PICTURES].astype("float32")
    result = {
        "accuracy": score.accuracy,
        "unchanged": float(arrays["unchanged"].mean()),
        "stochastic": not score.deterministic,
        "images": len(x),
    }
    cost = {"forwards": int(forwards), "backwards": int(backwards), "seconds": seconds}
    return result, arrays, cost


def _attacked(cell, classifier, x, y, bench):
    from binomial_keras.evaluation.seeds import stream_seed
    from binomial_keras.models import reseed

    if cell.attack == NO_ATTACK:
        return x
    setting = cell.setting
    suite = _suite(cell, classifier.model, bench)
    attack = suite[cell.attack]
    if spec_of(attack) != cell.spec:
        raise UsageError(
            f"The attack {cell.attack!r} is no longer what this run was planned with; the code "
            "has changed since. Start the run again."
        )
    # A block has noise of its own, whichever process attacks it and whatever came before.
    stream = stream_seed(setting.seed, f"{cell.attack} {cell.eps} {cell.start}")
    reseed(classifier.model, stream)
    try:
        return attack.run(classifier, x, y, seed=stream)
    except ValueError as error:
        # What an attack refuses (gradients that are not finite, say) is about the user's model.
        raise UsageError(f"{cell.label()}: {' '.join(str(error).split())}") from error


def _suite(cell, model, bench):
    from binomial_keras.evaluation import adaptive_suite

    setting = cell.setting
    sources = {one.network: bench.model(one) for one in setting.sources}

    def make(eps, estimators=None):
        return adaptive_suite(
            model, eps, setting.norm, setting.budget, setting.draws, sources,
            setting.batch_size, estimators=estimators,
        )

    # What was compiled for one ball serves all of them.
    first = bench.kept(("suite", cell.checkpoint, setting), lambda: make(cell.eps))
    return make(cell.eps, next(iter(first.values())).estimators)
