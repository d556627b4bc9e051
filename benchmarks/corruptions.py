"""Seconds that each common corruption takes for 1,000 images, on one core.

    python benchmarks/corruptions.py [--images 1000] [--size 32] [--channels 3] [--severity 5]
                                     [--repeats 3] [--json FILE] [--picture FILE.png]

Prints the best of the repeats, processor time (which other load on the machine disturbs less, and
which decides the order) and wall clock, and names the three slowest. `--picture` shows every
corruption of one digit (scikit-learn's, enlarged) instead.
"""

import argparse
import json
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is loaded
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from binomial_keras.evaluation.corruptions import CORRUPTIONS, corrupt, example_grid

TARGET = 1.0


def images(count, size, channels):
    """Smooth random images with values over the whole of [0, 1]."""
    from scipy import ndimage

    x = np.random.default_rng(0).random((count, size, size, channels), "float32")
    x = ndimage.gaussian_filter(x, (0, 2, 2, 0))
    low, high = x.min(axis=(1, 2, 3), keepdims=True), x.max(axis=(1, 2, 3), keepdims=True)
    return (x - low) / (high - low)


def measure(x, severity, repeats):
    times = {}
    for name in CORRUPTIONS:
        corrupt(x[:2], name, severity)  # what is loaded on first use is not counted
        runs = []
        for _ in range(repeats):
            processor, wall = time.process_time(), time.perf_counter()
            corrupt(x, name, severity)
            runs.append((time.process_time() - processor, time.perf_counter() - wall))
        times[name] = min(runs)
    return dict(sorted(times.items(), key=lambda item: -item[1][0]))


def picture(file):
    from matplotlib import pyplot
    from sklearn.datasets import load_digits

    digit = np.kron(load_digits().images[0] / 16, np.ones((4, 4)))[..., None]
    pyplot.imsave(file, np.repeat(example_grid(digit), 3, axis=-1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option, value in dict(images=1000, size=32, channels=3, severity=5, repeats=3).items():
        parser.add_argument(f"--{option}", type=int, default=value)
    parser.add_argument("--json")
    parser.add_argument("--picture")
    arguments = parser.parse_args()
    if arguments.picture:
        return picture(arguments.picture)
    x = images(arguments.images, arguments.size, arguments.channels)
    times = measure(x, arguments.severity, arguments.repeats)
    for name, (processor, wall) in times.items():
        late = "" if processor < TARGET else f"   above {TARGET} s"
        print(f"{name:18s} {processor:6.3f} s   wall clock {wall:6.3f} s{late}")
    slowest = list(times)[:3]
    print(f"slowest: {', '.join(slowest)}")
    if arguments.json:
        settings = {
            key: getattr(arguments, key) for key in ("images", "size", "channels", "severity")
        }
        seconds = {name: [round(value, 4) for value in pair] for name, pair in times.items()}
        with open(arguments.json, "w") as file:
            json.dump(
                settings | dict(threads=1, processor_and_wall_seconds=seconds, slowest=slowest),
                file,
                indent=1,
            )


if __name__ == "__main__":
    main()
