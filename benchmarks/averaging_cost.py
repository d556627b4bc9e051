"""What averaging over draws costs: K = 20 against K = 1, and time and memory against images.

    python benchmarks/averaging_cost.py [--repeats 5] [--json FILE]

Prints ratios of processor time for the loss and its gradient of a type B network (MNIST, T = 3).
The aims: K = 20 costs at most 20 times K = 1 and less where folding helps (few images), the cost
grows as the number of images does, and the peak memory of the process does not.
"""

import argparse
import json
import os
import resource
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import binomial_keras as bk
from binomial_keras.evaluation import ARTClassifier

DRAWS = 20
BATCH = 250


def seconds(classifier, x, y, repeats):
    """Median processor time of one averaged gradient."""
    classifier.loss_and_gradient(x, y)
    times = []
    for _ in range(repeats):
        start = time.process_time()
        classifier.loss_and_gradient(x, y)
        times.append(time.process_time() - start)
    return statistics.median(times)


def memory():
    """Largest memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model = bk.models.binomial_cnn(
        neuron="B", T=3, seed=0, batch_normalization=False, downsampling="pool"
    )
    rng = np.random.default_rng(0)
    x = rng.random((2000, 28, 28, 1), "float32")
    y = rng.integers(0, 10, len(x))
    one = ARTClassifier(model, draws=1, batch_size=BATCH)
    many = ARTClassifier(model, draws=DRAWS, batch_size=BATCH)
    rows = []

    def row(name, value, aim):
        rows.append({"name": name, "value": round(value, 2), "aim": aim})
        print(f"{name:58s} {value:8.2f}   {aim}", flush=True)

    for count in (1, 10, 250):
        pair = [seconds(each, x[:count], y[:count], arguments.repeats) for each in (one, many)]
        row(f"K = {DRAWS} against K = 1, {count} images", pair[1] / pair[0], f"at most {DRAWS}")
    few = seconds(many, x[:250], y[:250], arguments.repeats)
    before = memory()
    lots = seconds(many, x, y, 1)
    row("2,000 images against 250, K = 20 (8 times as many)", lots / few, "about 8")
    row("growth of peak memory from 250 to 2,000 images (MiB)", memory() - before, "small")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
