"""Attacks: ours against ART's with its TensorFlowV2Classifier, same network, images, settings.

    python benchmarks/attacks.py [--attacks 'DeepFool;Square'] [--scale 1] [--json FILE]

Prints seconds (wall clock, and processor time, which other load on the machine disturbs less),
their ratios, and what came out: images fooled, mean L2 and largest L-infinity change of the
images that both fooled. `--scale` multiplies the number of images; `--json` keeps what the file
holds of other attacks. The network is the newest
MNIST network of type D with pooling among the checkpoints (deterministic; its logits are
attacked). "Pixel, gives up" is `Pixel(give_up=0.25)`, which ART has no counterpart of.
"""

import argparse
import functools
import json
import os
import time
import warnings
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import keras
import numpy as np
from art.attacks import evasion
from art.estimators.classification import TensorFlowV2Classifier

import binomial_keras as bk
from binomial_keras.evaluation import ARTClassifier, attacks
from binomial_keras.evaluation.without_softmax import without_softmax

CHECKPOINTS = Path(__file__).parent.parent / "reproduce" / "results" / "checkpoints"
BATCH = dict(batch_size=64)
# Images, the ratio to reach, ours, ART's, settings of both.
CASES = {
    "FGM": (
        1024, 2.5, evasion.FastGradientMethod, evasion.FastGradientMethod, BATCH | {"eps": 0.1}
    ),
    "PGD": (
        128, 2.5, evasion.ProjectedGradientDescent, evasion.ProjectedGradientDescent,
        BATCH | dict(eps=0.1, eps_step=0.01, max_iter=40, verbose=False),
    ),
    "DeepFool": (64, 10, attacks.DeepFool, evasion.DeepFool, BATCH | dict(verbose=False)),
    "C&W": (
        16, 8, attacks.CarliniL2, evasion.CarliniL2Method,
        BATCH | dict(binary_search_steps=9, max_iter=100, verbose=False),
    ),
    "Square": (
        64, 3, attacks.Square, evasion.SquareAttack,
        BATCH | dict(eps=0.1, max_iter=1000, verbose=False),
    ),
    "Pixel": (8, 15, attacks.Pixel, evasion.PixelAttack, dict(th=1, es=1, max_iter=100)),
    "Pixel, gives up": (
        8, 15, functools.partial(attacks.Pixel, give_up=0.25), evasion.PixelAttack,
        dict(th=1, es=1, max_iter=100),
    ),
}  # fmt: skip
# Short attacks are timed several times, in turn.
REPEATS = {"FGM": 5, "PGD": 3, "Square": 3}


def network(file):
    """The given network, or the newest MNIST network of type D that pools."""
    files = CHECKPOINTS.glob("mnist-D-s0-*.keras") if file is None else [file]
    for path in sorted(files, key=os.path.getmtime, reverse=True):
        model = bk.load(path)
        if file or any(layer.name.startswith("pool1") for layer in model.layers):
            print(f"{path.name}, {os.cpu_count()} CPU cores, ours against ART's")
            return model
    raise SystemExit(f"No mnist-D-s0-*.keras with pooling in {CHECKPOINTS}: train one.")


def reference(model):
    """ART's own estimator of the same logits."""
    return TensorFlowV2Classifier(
        without_softmax(model),
        nb_classes=10,
        input_shape=model.input_shape[1:],
        loss_object=keras.losses.CategoricalCrossentropy(from_logits=True),
        clip_values=(0.0, 1.0),
    )


def warm_up(classifier, x, y):
    """Compile for every batch size that can come."""
    for n in sorted({1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64, 96, 128, 160, 192, 224, 256}):
        classifier.predict(np.resize(x, (n, *x.shape[1:])))
    short = getattr(classifier, "with_one_pixel", lambda x: None)
    for n in (2, 3):
        known = short(x[:n])
        if known is not None:
            known(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros((1, x.shape[-1])))
    classifier.loss_gradient(x[:2], np.eye(10, dtype="float32")[y[:2]])
    classifier.class_gradient(x[:2])


def timed(attack, x, y):
    np.random.seed(0)
    wall, processor = time.perf_counter(), time.process_time()
    made = attack.generate(x.copy(), np.eye(10, dtype="float32")[y])
    return made, time.perf_counter() - wall, time.process_time() - processor


def compare(name, scale, ours, arts, data):
    images, wanted, our_class, art_class, settings = CASES[name]
    x, y = (array[: max(1, round(images * scale))] for array in data)
    pairs = [
        [
            timed(kind(classifier, **settings), x, y)
            for kind, classifier in ((our_class, ours), (art_class, arts))
        ]
        for _ in range(REPEATS.get(name, 1))
    ]
    # The pair with the median ratio stands for all of them.
    runs = sorted(pairs, key=lambda pair: pair[1][1] / pair[0][1])[len(pairs) // 2]
    # DeepFool leaves the predicted class, whatever the true one is.
    left = ours.predict(x).argmax(1) if name == "DeepFool" else y
    fooled = [ours.predict(made).argmax(1) != left for made, _, _ in runs]
    both = fooled[0] & fooled[1]
    changes = [(made - x).reshape(len(x), -1)[both] for made, _, _ in runs]
    return {
        "attack": name,
        "images": len(x),
        "repeats": len(pairs),
        "settings": {key: value for key, value in settings.items() if key != "verbose"},
        "wall_s": [round(run[1], 3) for run in runs],
        "processor_s": [round(run[2], 3) for run in runs],
        "ratio_wall": round(runs[1][1] / runs[0][1], 2),
        "ratio_processor": round(runs[1][2] / runs[0][2], 2),
        "wanted": wanted,
        "fooled": [int(f.sum()) for f in fooled],
        "mean_l2": [float(np.linalg.norm(c, axis=1).mean()) if len(c) else None for c in changes],
        "max_linf": [float(np.abs(c).max()) if len(c) else None for c in changes],
    }


def show(row):
    def pair(key, form):
        return " / ".join("-" if value is None else format(value, form) for value in row[key])

    print(
        f"{row['attack']:15s} {row['images']:4d} images  "
        f"wall {pair('wall_s', '.1f'):>16s} s, ratio "
        f"{row['ratio_wall']:6.1f}  processor {pair('processor_s', '.1f'):>16s} s, ratio "
        f"{row['ratio_processor']:6.1f} (wanted {row['wanted']:4.1f})  fooled "
        f"{pair('fooled', 'd'):>9s}  L2 {pair('mean_l2', '.3f')}  Linf {pair('max_linf', '.3f')}",
        flush=True,
    )


def write(row, file):
    """Put a row into a file, in the order of `CASES`, in place of an earlier one of the attack."""
    kept = json.loads(file.read_text()) if file.is_file() else []
    kept = [other for other in kept if other["attack"] != row["attack"]] + [row]
    kept.sort(key=lambda one: list(CASES).index(one["attack"]))
    file.write_text(json.dumps(kept, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attacks", default=";".join(CASES))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--model", type=Path, help="an MNIST classifier, .keras")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model = network(arguments.model)
    x, y = bk.data.load("mnist", "test")
    ours, arts = ARTClassifier(model, batch_size=64), reference(model)
    for classifier in (ours, arts):
        warm_up(classifier, x, y)
    print("ours / ART's; fooled of all images, L2 and Linf of those that both fooled")
    for name in arguments.attacks.split(";"):
        row = compare(name, arguments.scale, ours, arts, (x, y))
        show(row)
        if arguments.json:
            write(row, arguments.json)


if __name__ == "__main__":
    main()
