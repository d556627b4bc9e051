"""Class gradients of 64 MNIST-size images, 10 classes: ours against ART's TensorFlowV2Classifier.

    python benchmarks/class_gradients.py [--neurons DA] [--T 3] [--images 64] [--repeats 5]
        [--json FILE]

Prints milliseconds per call (the median of the repeats) and the ratio, for all classes of
every image, for one class per image (what Carlini & Wagner asks for) and for the loss.
"""

import argparse
import functools
import json
import os
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from conditions import conditions

import binomial_keras as bk
from binomial_keras.evaluation import ARTClassifier


def side_by_side(first, second, repeats):
    """Median seconds of both, called in turn so that other load on the machine hits both."""
    first(), second()  # the first call compiles
    seconds = [[], []]
    for _ in range(repeats):
        for function, record in zip((first, second), seconds):
            start = time.perf_counter()
            function()
            record.append(time.perf_counter() - start)
    return [float(np.median(record)) for record in seconds]


def reference(model):
    """ART's own estimator of the same model."""
    from art.estimators.classification import TensorFlowV2Classifier

    return TensorFlowV2Classifier(
        model,
        nb_classes=10,
        input_shape=(28, 28, 1),
        loss_object=keras.losses.CategoricalCrossentropy(),
        clip_values=(0.0, 1.0),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", default="DA", help="letters of types, such as DA")
    parser.add_argument("--T", type=int, default=3)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", default=None, help="file to write")
    arguments = parser.parse_args()
    found = {neuron: measured(neuron, arguments) for neuron in arguments.neurons}
    if arguments.json:
        about = {"conditions": conditions(), "T": arguments.T, "images": arguments.images}
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({**about, "seconds": found}, file, indent=1)


def measured(neuron, arguments):
    """{question: [our seconds, ART's]} of one type."""
    model = bk.models.binomial_cnn(neuron=neuron, T=arguments.T, seed=0)
    generator = np.random.default_rng(0)
    x = generator.random((arguments.images, 28, 28, 1), "float32")
    labels = generator.integers(0, 10, arguments.images)
    targets = np.eye(10, dtype="float32")[labels]
    ours, arts = ARTClassifier(model, logits=False), reference(model)
    questions = {
        "all class gradients": lambda c: c.class_gradient(x),
        "one class per image": lambda c: c.class_gradient(x, label=labels),
        "loss gradient": lambda c: c.loss_gradient(x, targets),
        "predict": lambda c: c.predict(x),
    }
    print(f"{model.name}, {arguments.images} images, {os.cpu_count()} CPU cores")
    found = {}
    for name, question in questions.items():
        mine, theirs = side_by_side(
            functools.partial(question, ours), functools.partial(question, arts), arguments.repeats
        )
        print(
            f"{name:30s} ours {1000 * mine:8.1f} ms   ART {1000 * theirs:8.1f} ms   "
            f"ratio {theirs / mine:6.1f}"
        )
        found[name] = [mine, theirs]
    return found


if __name__ == "__main__":
    main()
