"""A FlexibleLayer's forward pass against the convolution and the pooling that it contains.

    python benchmarks/flexible_layer.py [--repetitions 30] [--json FILE]

Each is a model of one layer, run compiled as the evaluation runs models, in turn, so that what
else the machine does hits all of them. Prints medians in milliseconds and, for every kind of
threshold, the ratio to the sum of `Conv2D` and `MaxPooling2D`. The goal is at most 1.25. One core:
TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from binomial_keras.backend import compile_forward
from binomial_keras.layers import FlexibleLayer

# Images, and what the layer makes of them: the paper's small network, and a layer of VGG16.
CASES = [((100, 28, 28, 1), 12, 5), ((32, 32, 32, 64), 64, 3)]
KINDS = {
    "learned": {"threshold": "learned"},
    "uniform": {"threshold": "uniform"},
    "random": {"threshold": "random"},
    "random, per image": {"threshold": "random", "mask_per_image": True},
    "plain": {"threshold": None},
}
GOAL = 1.25


def forward(layer, shape):
    """The compiled forward pass of a model of this layer."""
    image = keras.Input(shape[1:])
    return compile_forward(keras.Model(image, layer(image)))


def medians(functions, x, repetitions):
    """Milliseconds of each function, called in turn."""
    times = {name: [] for name in functions}
    for repetition in range(repetitions + 2):
        for name, function in functions.items():
            start = time.perf_counter()
            function(x)
            if repetition >= 2:  # the first calls compile
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(values)) for name, values in times.items()}


def one_case(shape, filters, size, repetitions):
    """The times of all layers for one shape of input, and the ratios."""
    layers = {
        "convolution": keras.layers.Conv2D(filters, size),
        "pooling": keras.layers.MaxPooling2D(size, strides=1),
    }
    layers |= {name: FlexibleLayer(filters, size, **options) for name, options in KINDS.items()}
    x = np.random.default_rng(0).random(shape, "float32")
    found = medians({n: forward(layer, shape) for n, layer in layers.items()}, x, repetitions)
    parts = found["convolution"] + found["pooling"]
    ratios = {name: found[name] / parts for name in KINDS}
    return {"shape": shape, "filters": filters, "kernel": size, "ms": found, "ratio": ratios}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=30)
    parser.add_argument("--json", default=None, help="file to write")
    arguments = parser.parse_args()
    results = [one_case(*case, arguments.repetitions) for case in CASES]
    for result in results:
        ms, ratio = result["ms"], result["ratio"]
        print(
            f"\n{result['shape']}, {result['kernel']}x{result['kernel']} to {result['filters']} "
            f"maps: convolution {ms['convolution']:.2f} ms, pooling {ms['pooling']:.2f} ms"
        )
        for name in KINDS:
            print(f"  {name:18s} {ms[name]:8.2f} ms   ratio {ratio[name]:.2f}")
    worst = max(max(result["ratio"].values()) for result in results)
    print(f"\nlargest ratio {worst:.2f}, goal {GOAL}: {'met' if worst <= GOAL else 'NOT met'}")
    if arguments.json:
        about = {"backend": keras.backend.backend(), "keras": keras.__version__}
        about["repetitions"] = arguments.repetitions
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"settings": about, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
