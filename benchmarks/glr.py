"""Likelihood-ratio training against a loop over noise copies, and against backpropagation.

    python benchmarks/glr.py [--copies 100] [--batch 128] [--repetitions 20] [--json FILE]

One training step each, of the same 784-50-10 threshold network (sigmoid for backpropagation), in
turn, so that what else the machine does hits all of them. A sample is one noise copy of one image.
"loop" is the same estimator with one compiled forward pass and one product per layer for every
copy, as a program without a copies axis writes it; its noise is the backend's own. Prints medians
and ratios. The goal is 5 times the samples per second of the loop. One core:
TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

import binomial_keras as bk
from binomial_keras.training import GLR

GOAL = 5.0


def trainer(copies, baseline=None):
    """A compiled trainer of the published threshold network."""
    made = GLR(bk.models.glr_mlp(seed=0), copies=copies, baseline=baseline, seed=0)
    made.compile(keras.optimizers.Adagrad(0.01))
    return made


class Looped(keras.Model):
    """The estimator as a loop over copies."""

    def __init__(self, network, copies):
        super().__init__()
        self.network, self.copies = network, copies
        self.seed_generator = keras.random.SeedGenerator(0)
        self.built = True

    def call(self, inputs):
        return self.network(inputs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        first, last = self.network.get_layer("dense1"), self.network.get_layer("probabilities")
        x = ops.reshape(x, (-1, 784))
        variables = [first.kernel, first.bias, last.kernel]
        sums = [ops.zeros(v.shape) for v in variables]
        for _ in range(self.copies):
            sums = [a + b for a, b in zip(sums, self._copy(first, last, x, y))]
        loss = ops.zeros(())
        for variable, total in zip(variables, sums):
            loss = loss + ops.sum(ops.stop_gradient(total) / self.copies * variable)
        return loss

    def _copy(self, first, last, x, y):
        z1, z2 = (self._laplace((ops.shape(x)[0], n)) for n in (50, 10))
        kernel, bias, out = (ops.stop_gradient(v) for v in (first.kernel, first.bias, last.kernel))
        h = ops.cast(ops.matmul(x, kernel) + bias + z1 > 0, "float32")
        logits = ops.matmul(h, out) + z2
        loss = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
        loss = loss[:, None] / ops.cast(ops.shape(x)[0], "float32")
        one, two = loss * ops.sign(z1), loss * ops.sign(z2)
        return (ops.matmul(ops.transpose(x), one), ops.sum(one, axis=0),
                ops.matmul(ops.transpose(h), two))

    def _laplace(self, shape):
        u = keras.random.uniform(shape, -1.0, 1.0, seed=self.seed_generator)
        return -ops.sign(u) * ops.log1p(-ops.minimum(ops.abs(u), 1 - 1e-7))


def looped(copies):
    """A compiled trainer that loops over copies."""
    made = Looped(bk.models.glr_mlp(seed=0), copies)
    made.compile(keras.optimizers.Adagrad(0.01))
    return made


def backpropagation():
    """The published benchmark network."""
    made = bk.models.glr_mlp(activation="sigmoid", seed=0)
    made.compile(keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
    return made


def medians(models, x, y, repetitions):
    """Seconds of one training step of each, called in turn."""
    times = {name: [] for name in models}
    for repetition in range(repetitions + 2):
        for name, model in models.items():
            start = time.perf_counter()
            model.train_on_batch(x, y)
            if repetition >= 2:  # the first calls compile
                times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--json", default=None, help="file to write")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    x = rng.random((arguments.batch, 28, 28, 1), "float32")
    y = rng.integers(0, 10, arguments.batch)
    models = {
        "copies axis": trainer(arguments.copies),
        "copies axis, baseline": trainer(arguments.copies, "leave_one_out"),
        "loop": looped(arguments.copies),
        "backpropagation": backpropagation(),
    }
    seconds = medians(models, x, y, arguments.repetitions)
    samples = {name: arguments.batch * arguments.copies / s for name, s in seconds.items()}
    samples["backpropagation"] = arguments.batch / seconds["backpropagation"]
    ratio = samples["copies axis"] / samples["loop"]
    for name in models:
        print(f"{name:22s} {1000 * seconds[name]:9.2f} ms a step {samples[name]:14,.0f} samples/s")
    steps = seconds["copies axis"] / seconds["backpropagation"]
    print(f"a step costs {steps:.1f} steps of backpropagation, for {arguments.copies} copies")
    met = "met" if ratio >= GOAL else "NOT met"
    print(f"copies axis / loop: {ratio:.1f} times the samples per second, goal {GOAL}: {met}")
    if arguments.json:
        about = {"backend": keras.backend.backend(), "keras": keras.__version__}
        about |= vars(arguments)
        result = {"settings": about, "seconds": seconds, "samples": samples, "ratio": ratio}
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
