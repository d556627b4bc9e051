"""Algorithm 1's gradient (last pass only) against the unrolled straight-through gradient.

    python benchmarks/backward_rules.py [--data digits] [--images N] [--epochs 4] [--seeds 3]
        [--T 3]

Trains type A by both rules, from the same initial weights and over the same order of images, and
prints the test accuracy as trained and as type D, and the time of an epoch. `--record FILE` also
writes all of it as JSON.
"""

import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import binomial_keras as bk
from binomial_keras.evaluation import predict_draws

RULES = ("last", "unrolled")


def one_run(rule, seed, arguments, train, test):
    """Train once; accuracy as trained (10 draws) and as type D, loss and seconds per epoch."""
    model = bk.models.binomial_cnn(
        train[0].shape[1:], 10, arguments.widths, "A", arguments.T, seed=seed, gradient=rule
    )
    recipe = bk.training.recipe("cpu", epochs=arguments.epochs, batch_size=arguments.batch)
    history = bk.training.train(model, *train, recipe, seed=seed, verbose=0)
    x, y = test
    full = bk.convert(model, "D")
    return {
        "rule": rule,
        "seed": seed,
        "accuracy": float((predict_draws(model, x, 10, seed=0) == y).mean()),
        "accuracy_as_D": float((predict_draws(full, x, 1, seed=0) == y).mean()),
        "loss": history["loss"][-1],
        "seconds_per_epoch": float(np.median(history["seconds"])),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits")
    parser.add_argument("--images", type=int, default=None, help="training images (all)")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--T", type=int, default=3)
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--record", default=None, help="JSON file to write")
    arguments = parser.parse_args()
    x, y = bk.data.load(arguments.data, "train")
    train = x[: arguments.images], y[: arguments.images]
    test = bk.data.load(arguments.data, "test")
    runs = []
    for seed in range(arguments.seeds):
        for rule in RULES:
            runs.append(one_run(rule, seed, arguments, train, test))
            print(json.dumps(runs[-1]), flush=True)
    print(f"\n{arguments.data}, {len(train[0])} images, A with T={arguments.T}, mean over seeds")
    for rule in RULES:
        mine = [run for run in runs if run["rule"] == rule]
        means = {key: np.mean([run[key] for run in mine]) for key in mine[0] if key != "rule"}
        print(
            f"  {rule:10s} accuracy {means['accuracy']:.4f}   as D {means['accuracy_as_D']:.4f}   "
            f"loss {means['loss']:.3f}   {means['seconds_per_epoch']:.1f} s per epoch"
        )
    if arguments.record:
        about = {**vars(arguments), "keras": keras.__version__, "backend": keras.backend.backend()}
        about.pop("record")
        with open(arguments.record, "w", encoding="utf-8") as file:
            json.dump({"settings": about, "runs": runs}, file, indent=1)


if __name__ == "__main__":
    main()
