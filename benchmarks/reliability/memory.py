"""Resident memory of a process that predicts and attacks again and again."""

import gc
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
PREDICTIONS, ATTACKS = 1000, 50


def measure(predictions=PREDICTIONS, attacks=ATTACKS):
    """Two fresh processes, so that one does not warm up the other."""
    return {
        "predictions": _child("predictions", predictions),
        "attacks": _child("attacks", attacks),
    }


def _child(kind, count):
    command = [sys.executable, "-m", "benchmarks.reliability.memory", kind, str(count)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return json.loads(ran.stdout.splitlines()[-1])


def _resident():
    """MiB of this process (Linux); after a collection, so that garbage does not count."""
    gc.collect()
    pages = int(pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _follow(step, count):
    """Resident memory after the warm-up and at twenty points of the way."""
    warm = max(1, count // 5)
    points = []
    for number in range(1, count + 1):
        step(number)
        if number == warm or number % max(1, count // 20) == 0:
            points.append((number, round(_resident(), 1)))
    after = [size for number, size in points if number >= warm]
    return {
        "count": count,
        "warm_up": warm,
        "resident_mib": points,
        "growth_mib": round(after[-1] - after[0], 1),
        "spread_mib": round(max(after) - min(after), 1),
    }


def _network():
    import binomial_keras as bk

    x, y = bk.data.load("digits", "test")
    return bk.models.binomial_cnn((8, 8, 1), 10, (8, 16), neuron="A", T=3, seed=0), x, y


def _predictions(count):
    model, x, _ = _network()
    return _follow(lambda number: model.predict(x[:256], batch_size=64, verbose=0), count)


def _attacks(count):
    import binomial_keras as bk

    model, x, y = _network()
    classifier = bk.evaluation.ARTClassifier(model, logits=False)
    suite = list(bk.evaluation.published_suite("digits").values())
    suite = [a.replace(max_iter=2) if a.name in ("Pixel", "C&W", "DeepFool") else a for a in suite]

    def step(number):
        suite[number % len(suite)].run(classifier, x[:8], y[:8], seed=number)

    return _follow(step, count)


if __name__ == "__main__":
    print(json.dumps({"predictions": _predictions, "attacks": _attacks}[sys.argv[1]](
        int(sys.argv[2]))))
