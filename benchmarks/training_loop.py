"""Training with the data on the device and many steps per call, against `fit`, on JAX.

    KERAS_BACKEND=jax python benchmarks/training_loop.py [--widths 8,16] [--size 28] [--batch 32]
        [--steps 100] [--repetitions 5] [--json FILE]

The same type D network, images and order; an epoch each of `fit` (a batch from the host per step),
of the device's loop with one step per call, and with all of them in one call, in turn, so that what
else the machine does hits all of them. Prints medians and the ratios to `fit`. The first epoch,
which compiles, is not counted. The gain is what a step costs beside its arithmetic, and on an
accelerator the transfer of the images; on a processor a compiled loop makes convolutions slow.
"""

import argparse
import json
import os
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
from conditions import conditions

import binomial_keras as bk
from binomial_keras.training.device_epochs import DeviceEpochs
from binomial_keras.training.host_epochs import HostEpochs


def measure(widths, size, batch, steps, repetitions):
    """Seconds of an epoch, `{name: list}`."""
    rng = np.random.default_rng(0)
    x = rng.random((batch * steps, size, size, 1), dtype="float32")
    y = rng.integers(0, 10, len(x)).astype("int32")
    recipe = bk.training.recipe("cpu", epochs=repetitions + 1, batch_size=batch, flip=True)
    made = {}
    for name, per_call in (("fit", None), ("device, 1 step per call", 1),
                           (f"device, {steps} steps per call", steps)):
        model = bk.models.binomial_cnn((size, size, 1), 10, widths, neuron="D", seed=0)
        recipe.trainer(model).optimizer.build(model.trainable_variables)
        made[name] = (
            HostEpochs(model, recipe, 0, x, y) if per_call is None
            else DeviceEpochs(model, recipe, 0, x, y, per_call)
        )
    seconds = {name: [] for name in made}
    for epoch in range(repetitions + 1):
        order = np.random.default_rng(epoch).permutation(len(x))
        for name, one_epoch in made.items():
            start = time.perf_counter()
            one_epoch(epoch, order, None, 0, ())
            seconds[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in seconds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", default="8,16")
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    widths = tuple(int(part) for part in options.widths.split(","))
    found = measure(widths, options.size, options.batch, options.steps, options.repetitions)
    base = float(np.median(found["fit"]))
    for name, values in found.items():
        median = float(np.median(values))
        print(f"{name:28s} {1000 * median / options.steps:8.2f} ms per step, "
              f"fit / this = {base / median:.2f}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"conditions": conditions(), "options": vars(options),
                       "seconds": found}, file, indent=1)


if __name__ == "__main__":
    main()
