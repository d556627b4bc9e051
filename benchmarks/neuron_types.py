"""Inference and training step of the neuron types, as ratios to type D, in one run.

    python benchmarks/neuron_types.py [--images 256] [--batch 64] [--repeats 15] [--json FILE]

The configurations are run in turn, round after round, so that a slow moment of the machine hits
all of them; per configuration the fastest round counts. "ratio" is to type D. All is measured
twice: with the allocator as it is, and after `bk.keep_memory()`.
"""

import argparse
import json
import os
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from conditions import conditions

import binomial_keras as bk
from binomial_keras.backend import compile_forward

INFERENCE = (("D", 1), ("C", 1), ("B", 5), ("A", 3), ("A", 5))
TRAINING = (("D", 1, "last"), ("A", 3, "last"), ("A", 3, "unrolled"))
TARGETS = {"C1": 1.3, "B5": 1.5, "A3": 3.9, "A5": 6.5, "train A3 last": 2.2}
# Images and passes whose peak memory is measured.
MEMORY_IMAGES, MEMORY_PASSES = 1024, (1, 3, 5, 9)


def rounds(jobs, repeats):
    """Seconds of the fastest round per job, the jobs taking turns."""
    for job in jobs.values():
        job()
        job()
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(repeats):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def training_job(x, y, neuron, T, gradient):
    """A function that trains on one batch."""
    model = bk.models.binomial_cnn(neuron=neuron, T=T, gradient=gradient, seed=0)
    model.compile(
        bk.training.recipe("cpu").optimizer(), keras.losses.SparseCategoricalCrossentropy()
    )
    return lambda: model.train_on_batch(x, y)


def peak_memory(neuron, T, images, kept):
    """MiB of a fresh process that runs two inferences, with its memory `kept` or not."""
    # Not getrusage's ru_maxrss: a started process inherits the peak of the one that started it.
    code = (
        "import re, numpy as np, binomial_keras as bk\n"
        f"{'bk.keep_memory()' if kept else ''}\n"
        "from binomial_keras.backend import compile_forward\n"
        f"model = bk.models.binomial_cnn(neuron={neuron!r}, T={T}, seed=0)\n"
        "forward = compile_forward(model)\n"
        f"for _ in range(2): forward(np.zeros(({images}, 28, 28, 1), 'float32'))\n"
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', open('/proc/self/status').read())[1])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(run.stdout.split()[-1]) / 1024


def table(title, best, images):
    base = next(iter(best))
    print(f"\n{title}: {images} images, type D {1000 * best[base]:.1f} ms")
    for name, seconds in best.items():
        ratio = seconds / best[base]
        target = f"   target {TARGETS[name]}" if name in TARGETS else ""
        print(f"  {name:20s} {1000 * seconds:9.1f} ms   ratio {ratio:5.2f}{target}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=256, help="images of an inference call")
    parser.add_argument("--batch", type=int, default=64, help="images of a training step")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--skip-memory", action="store_true")
    parser.add_argument("--json", default=None, help="file to write")
    arguments = parser.parse_args()
    print(f"backend {keras.backend.backend()}, {os.cpu_count()} CPU cores")
    generator = np.random.default_rng(0)
    x = generator.random((arguments.images, 28, 28, 1), "float32")
    y = generator.integers(0, 10, arguments.batch)

    def inference_job(neuron, T):
        forward = compile_forward(bk.models.binomial_cnn(neuron=neuron, T=T, seed=0))
        return lambda: forward(x)

    inference = {f"{neuron}{T}": inference_job(neuron, T) for neuron, T in INFERENCE}
    training = {
        f"train {neuron}{T} {gradient}": training_job(x[: arguments.batch], y, neuron, T, gradient)
        for neuron, T, gradient in TRAINING
    }
    found = {"conditions": conditions(), "targets": TARGETS,
             "inference": {"images": arguments.images}, "training": {"images": arguments.batch}}
    for key, kept in (("seconds", ""), ("seconds kept", ", memory kept")):
        if kept and not bk.keep_memory():
            print("The allocator cannot be told to keep memory here.")
            break
        for task, jobs in (("inference", inference), ("training", training)):
            found[task][key] = rounds(jobs, arguments.repeats)
            table(f"{task.capitalize()}{kept}", found[task][key], found[task]["images"])
    if not arguments.skip_memory:
        found["memory"] = memory()
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)


def memory():
    """Peak memory of type A inference against the size of its largest layer's spikes, in MiB."""
    spikes = MEMORY_IMAGES * 28 * 28 * 16 * 4 / 2**20
    print(f"\nPeak memory, {MEMORY_IMAGES} images; a pass of the largest layer: {spikes:.0f} MiB")
    found = {"images": MEMORY_IMAGES, "spikes": spikes}
    for key, kept in (("peaks", False), ("peaks kept", True)):
        found[key] = {T: peak_memory("A", T, MEMORY_IMAGES, kept) for T in MEMORY_PASSES}
        for T, peak in found[key].items():
            grown = (peak - found[key][1]) / spikes / max(1, T - 1)
            print(f"  A, T={T}: {peak:7.0f} MiB{', memory kept' if kept else '':13s}   "
                  f"growth per pass {grown:4.1f} x one pass of spikes")
    return found


if __name__ == "__main__":
    main()
