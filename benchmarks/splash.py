"""SPLASH against ReLU and against the sum of ReLUs that its formula suggests, in one run.

    python benchmarks/splash.py [--repetitions 30] [--json FILE]

Ways to compute the same function, taking turns, as compiled graphs:

* relu: `keras.ops.relu`, for comparison;
* sum: the printed sum of 2K ReLUs, differentiated by the backend;
* folded: K ReLUs of |x|, the sign chooses the side, differentiated by the backend;
* fused sum: the printed sum compiled into one kernel, differentiated by the backend;
* SPLASH, per channel: the layer, whose gradients are kernels of their own.

Three tasks: the forward pass; the gradient of the input alone, as an attack needs it; the gradients
of input and weights, as training needs them. Medians in milliseconds and ratios. The goal: not
slower than the sum. One core: TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

from binomial_keras.backend import fused
from binomial_keras.layers import SPLASH

HINGES = (0.0, 1.0, 2.0, 2.5)
# The first stage of ResNet-20, the last one, and the first and third layer of LeNet-5.
SHAPES = [(128, 32, 32, 16), (128, 8, 8, 64), (128, 28, 28, 6), (128, 120)]
TASKS = ("forward", "input gradient", "all gradients")


def printed_sum(x, plus, minus):
    """The formula as it stands."""
    total = 0.0
    for s, b in enumerate(HINGES):
        total = total + plus[s] * ops.relu(x - b) + minus[s] * ops.relu(-x - b)
    return total


def folded(x, plus, minus):
    """K ReLUs of |x|."""
    size = ops.abs(x)
    sums = [side[0] * size for side in (plus, minus)]
    for s in range(1, len(HINGES)):
        beyond = ops.relu(size - HINGES[s])
        sums = [total + side[s] * beyond for total, side in zip(sums, (plus, minus))]
    return ops.where(x > 0, *sums)


class Sum(SPLASH):
    """SPLASH computed by another function."""

    def __init__(self, function, **options):
        super().__init__(HINGES, **options)
        self.function = function

    def call(self, inputs):
        return self.function(inputs, self.a_plus.value, self.a_minus.value)


def ways():
    """The layers that are compared."""
    return {
        "relu": Sum(lambda x, plus, minus: ops.relu(x)),
        "sum": Sum(printed_sum),
        "folded": Sum(folded),
        "fused sum": Sum(fused(printed_sum)),
        "SPLASH": SPLASH(HINGES),
        "per channel": SPLASH(HINGES, per_channel=True),
    }


def compiled(layer, task):
    """`(x, g) -> ` what the task asks for, compiled."""
    if keras.backend.backend() == "tensorflow":
        return _compiled_tensorflow(layer, task)
    if keras.backend.backend() == "jax":
        return _compiled_jax(layer, task)
    raise SystemExit("The benchmark runs on the TensorFlow and JAX backends.")


def _compiled_tensorflow(layer, task):
    import tensorflow as tf

    def run(x, g):
        if task == "forward":
            return layer(x)
        wanted = [x, *(w.value for w in layer.weights)] if task == "all gradients" else [x]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, wanted, output_gradients=g, unconnected_gradients="zero")

    return tf.function(run, autograph=False)


def _compiled_jax(layer, task):
    import jax

    def forward(weights, x):
        return layer.stateless_call(weights, [], x)[0]

    def run(weights, x, g):
        if task == "forward":
            return forward(weights, x)
        if task == "all gradients":
            return jax.vjp(forward, weights, x)[1](g)
        return jax.vjp(lambda x: forward(weights, x), x)[1](g)

    run, weights = jax.jit(run), [w.value for w in layer.weights]
    return lambda x, g: jax.block_until_ready(run(weights, x, g))


def medians(functions, arguments, repetitions):
    """Milliseconds of each function, called in turn."""
    times = {name: [] for name in functions}
    for repetition in range(repetitions + 3):
        for name, function in functions.items():
            start = time.perf_counter()
            function(*arguments)
            if repetition >= 3:  # the first calls compile
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(values)) for name, values in times.items()}


def one_case(shape, repetitions):
    """Milliseconds of every task and way for one shape; checks that the ways agree."""
    rng = np.random.default_rng(0)
    x, g = (ops.convert_to_tensor(rng.normal(size=shape).astype("float32")) for _ in "xg")
    layers, slopes = ways(), rng.normal(size=(2, len(HINGES)))
    for layer in layers.values():
        layer.build(shape)
        layer.set_weights([np.broadcast_to(v.reshape(-1, *[1] * (len(w.shape) - 1)), w.shape)
                           for v, w in zip(slopes, layer.weights)])
    expected = ops.convert_to_numpy(layers["sum"](x))
    for name in layers.keys() - {"relu"}:
        np.testing.assert_allclose(ops.convert_to_numpy(layers[name](x)), expected, atol=1e-4)
    return {
        task: medians(
            {n: compiled(layer, task) for n, layer in layers.items()}, (x, g), repetitions
        )
        for task in TASKS
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=30)
    parser.add_argument("--json", default=None, help="file to write")
    arguments = parser.parse_args()
    print(f"backend {keras.backend.backend()}, {os.cpu_count()} CPU cores")
    results, totals = [], {task: dict.fromkeys(ways(), 0.0) for task in TASKS}
    for shape in SHAPES:
        found = one_case(shape, arguments.repetitions)
        results.append({"shape": shape, "ms": found})
        for task, ms in found.items():
            print(f"\n{shape}, {task}: relu {ms['relu']:.2f} ms, sum {ms['sum']:.2f} ms")
            for name in ms:
                print(f"  {name:12s} {ms[name]:8.2f} ms   to relu {ms[name] / ms['relu']:6.2f}"
                      f"   to sum {ms[name] / ms['sum']:5.2f}")
                totals[task][name] += ms[name]
    print()
    for task, ms in totals.items():
        ratio = ms["SPLASH"] / ms["sum"]
        print(f"All shapes, {task}: SPLASH to relu {ms['SPLASH'] / ms['relu']:.2f}, to sum "
              f"{ratio:.2f}, goal 1: {'met' if ratio <= 1 else 'NOT met'}")
    if arguments.json:
        about = {"backend": keras.backend.backend(), "keras": keras.__version__}
        about["repetitions"] = arguments.repetitions
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"settings": about, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
