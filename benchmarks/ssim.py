"""SSIM of 1,000 pairs of 32x32x3 images: ours against a loop over scikit-image.

    python benchmarks/ssim.py [--pairs 1000] [--size 32] [--channels 3] [--json FILE]

Prints milliseconds, the ratio and the largest difference.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from conditions import conditions
from skimage.metrics import structural_similarity

from binomial_keras.evaluation import ssim

REFERENCE = {
    "uniform": {},
    "gaussian": dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False),
}


def timed(function):
    start = time.perf_counter()
    result = function()
    return result, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--json", default=None, help="file to write")
    arguments = parser.parse_args()
    found = {}
    generator = np.random.default_rng(0)
    shape = (arguments.pairs, arguments.size, arguments.size, arguments.channels)
    x = generator.random(shape, "float32")
    y = np.clip(x + generator.normal(0, 0.1, shape), 0, 1).astype("float32")
    for window, options in REFERENCE.items():
        ssim(x, y, window)  # the first call loads BLAS
        ours, mine = timed(lambda window=window: ssim(x, y, window))
        loop, theirs = timed(
            lambda options=options: [
                structural_similarity(a, b, data_range=1.0, channel_axis=-1, **options)
                for a, b in zip(x, y)
            ]
        )
        print(
            f"{window:9s} ours {1000 * mine:8.1f} ms   scikit-image {1000 * theirs:8.1f} ms   "
            f"ratio {theirs / mine:6.1f}   largest difference {np.abs(ours - loop).max():.1e}"
        )
        found[window] = {"seconds": [mine, theirs],
                         "difference": float(np.abs(ours - loop).max())}
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"conditions": conditions(), "shape": shape, "windows": found}, file,
                      indent=1)


if __name__ == "__main__":
    main()
