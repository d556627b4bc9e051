"""A spiking network of this library against snnTorch and SpikingJelly, on CPU.

    python benchmarks/lif.py [--torch-python PATH] [--repetitions 15] [--json FILE]

The network: five 3x3 convolutions of 32, 32, 64, 64 and 128 maps on 32x32 images, each followed
by LIF neurons (tau = 2, hard reset, arctan surrogate), average-pooling after the second and the
fourth, global average-pooling, a dense layer, logits averaged over T = 4 steps; batches of 32.
Then once more with batch normalisation (statistics over batch, time and positions) before the
neurons. The same network without its neurons runs beside them: the difference is what the neurons
cost.

Every library runs in a process of its own and they take turns, so that what else the machine
does hits all of them; the ratios are medians of the ratios within a turn, of wall-clock time, which
counts, and of processor time, which other load disturbs less. A turn begins after a pause, because
the threads of PyTorch spin on for a while after a call, beside whoever comes next. Its first call
finds cold caches and sleeping threads and is told apart; the mean of the ten that follow is what a
program sees that works through its batches. All compute the first convolution once per image, use
channels-last tensors and the same number of threads (OMP_NUM_THREADS, default 2). PyTorch runs
uncompiled, as both libraries do by default.

Nothing is installed. Libraries that are not there are skipped; `--torch-python` names the
interpreter of another environment that has them. The goals: inference at least 1.7 times as fast
as the faster of the two, a training step at least as fast.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MAPS, POOLED, T, BATCH, CLASSES = (32, 32, 64, 64, 128), (1, 3), 4, 32, 10
PAUSE = 0.3  # seconds before a turn
IN_A_ROW = 10  # calls of a turn, after its first
GOALS = {"inference": 1.7, "training": 1.0}
THEIRS = ("snntorch", "spikingjelly")
SHOWN = {
    "ours": "binomial_keras",
    "bare": "without neurons",
    "snntorch": "snnTorch",
    "spikingjelly": "SpikingJelly",
}
THREADS = os.environ.get("OMP_NUM_THREADS", "2")


def bare(norm):
    """`ours` without neurons: convolutions, pooling, normalisation, and T copies of the input."""
    return ours(norm, neurons=False)


def ours(norm, neurons=True):
    """(inference, training step) of this library."""
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = THREADS
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from binomial_keras.backend import compile_forward
    from binomial_keras.layers import LIF, BatchNormalization, Evidence, PerPass

    image = keras.Input((32, 32, 3))
    x = image
    for number, maps in enumerate(MAPS):
        conv = keras.layers.Conv2D(maps, 3, padding="same", use_bias=not norm)
        x = PerPass(conv)(x) if number else conv(x)
        if norm:
            x = BatchNormalization(statistics="all", momentum=0.9, epsilon=1e-5)(x)
        if neurons:
            x = LIF(None if number else T, surrogate=("arctan", 2.0))(x)
        elif not number:
            x = keras.ops.repeat(keras.ops.expand_dims(x, 1), T, axis=1)
        if number in POOLED:
            x = PerPass(keras.layers.AveragePooling2D(2))(x)
    x = PerPass(keras.layers.GlobalAveragePooling2D())(x)
    model = keras.Model(image, keras.layers.Dense(CLASSES)(Evidence()(x)))
    # XLA makes convolutions slower on CPU; the neurons are compiled in any case.
    model.compile(
        keras.optimizers.SGD(0.01, 0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=keras.backend.backend() == "jax",
    )
    rng = np.random.default_rng(0)
    x, y = rng.random((BATCH, 32, 32, 3), "float32"), rng.integers(0, CLASSES, BATCH)
    forward = compile_forward(model)
    return lambda: forward(x), lambda: model.train_on_batch(x, y)


def snntorch(norm):
    """(inference, training step) of snnTorch: a Python loop over the steps."""
    import snntorch as snn
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convs, self.norms, self.last = _torch_layers(norm)
            gradient = snn.surrogate.atan(alpha=2.0)
            # beta = 1 - 1/tau; a threshold of 1 without scaling is 0.5 with it.
            self.neurons = torch.nn.ModuleList(
                snn.Leaky(0.5, 1.0, spike_grad=gradient, reset_mechanism="zero") for _ in MAPS
            )
            self.pool = torch.nn.AvgPool2d(2)

        def forward(self, image):
            first = self.norms[0](self.convs[0](image))
            potentials = [neuron.init_leaky() for neuron in self.neurons]
            logits = 0.0
            for _ in range(T):
                x = first
                for n, neuron in enumerate(self.neurons):
                    current = self.norms[n](self.convs[n](x)) if n else x
                    x, potentials[n] = neuron(current, potentials[n])
                    x = self.pool(x) if n in POOLED else x
                logits = logits + self.last(x.mean((2, 3)))
            return logits / T

    return _torch_steps(Network())


def spikingjelly(norm):
    """(inference, training step) of SpikingJelly: time folded into the batch."""
    import torch
    from spikingjelly.activation_based import functional, neuron, surrogate

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convs, self.norms, self.last = _torch_layers(norm)
            self.neurons = torch.nn.ModuleList(
                neuron.LIFNode(
                    tau=2.0, v_threshold=0.5, surrogate_function=surrogate.ATan(alpha=2.0),
                    detach_reset=True, step_mode="m",
                )
                for _ in MAPS
            )
            self.pool = torch.nn.AvgPool2d(2)

        def forward(self, image):
            functional.reset_net(self)
            x = image
            for n, neurons in enumerate(self.neurons):
                current = self.norms[n](self.convs[n](x))
                if n:
                    current = current.unflatten(0, (T, -1))
                else:
                    current = current.unsqueeze(0).expand(T, -1, -1, -1, -1)
                x = neurons(current).flatten(0, 1)
                x = self.pool(x) if n in POOLED else x
            return self.last(x.mean((2, 3))).unflatten(0, (T, -1)).mean(0)

    return _torch_steps(Network())


def _torch_layers(norm):
    import torch

    convs, norms, before = torch.nn.ModuleList(), torch.nn.ModuleList(), 3
    for maps in MAPS:
        convs.append(torch.nn.Conv2d(before, maps, 3, padding=1, bias=not norm))
        norms.append(torch.nn.BatchNorm2d(maps) if norm else torch.nn.Identity())
        before = maps
    return convs, norms, torch.nn.Linear(before, CLASSES)


def _torch_steps(network):
    import torch

    torch.set_num_threads(int(THREADS))
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, 0.9)
    x = torch.rand(BATCH, 3, 32, 32).to(memory_format=torch.channels_last)
    y = torch.randint(0, CLASSES, (BATCH,))

    def inference():
        network.eval()
        with torch.no_grad():
            network(x)

    def training():
        network.train()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()

    return inference, training


def work(name, norm):
    """A process of one library: a line in, milliseconds of a call out (`ask`)."""
    answers, sys.stdout = sys.stdout, sys.stderr
    calls = dict(zip(GOALS, globals()[name](norm)))
    for call in calls.values():
        for _ in range(3):
            call()
    print(_versions(name), file=answers, flush=True)
    for line in sys.stdin:
        call = calls[line.strip()]
        found = *_timed(call, 1), *_timed(call, IN_A_ROW)
        print(*(1000 * seconds for seconds in found), file=answers, flush=True)


def _timed(call, times):
    """Seconds of one of so many calls, wall-clock and processor."""
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(times):
        call()
    return (time.perf_counter() - wall) / times, (time.process_time() - processor) / times


def _versions(name):
    from importlib.metadata import version

    packages = (name, "torch") if name in THEIRS else ("tensorflow",)
    return ", ".join(f"{package} {version(package)}" for package in packages)


def start(name, python, norm):
    """The process of a library and its versions, or `None` (and a word why) if it cannot run."""
    command = [python, __file__, "--worker", name] + ["--norm"] * norm
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS}
    errors = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would fill up
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
        env=environment,
    )
    if versions := process.stdout.readline().strip():
        return process, versions
    process.wait()
    errors.seek(0)
    reason = errors.read().strip().splitlines()
    print(f"skipped {name}: {reason[-1] if reason else 'it did not start'}")
    return None


def ask(process, what):
    """Milliseconds: the first call's wall-clock and processor time, and a later one's."""
    time.sleep(PAUSE)
    process.stdin.write(what + "\n")
    process.stdin.flush()
    return tuple(map(float, process.stdout.readline().split()))


def measure(arguments, norm):
    """Rows of `ask`, a list per kind of call and library, taken in turns, and the versions."""
    pythons = {"ours": sys.executable, "bare": sys.executable}
    for name in THEIRS:
        if arguments.torch_python or importlib.util.find_spec(name):
            pythons[name] = arguments.torch_python or sys.executable
        else:
            print(f"skipped {name}: not installed (--torch-python names another environment)")
    started = {name: start(name, python, norm) for name, python in pythons.items()}
    processes = {name: found[0] for name, found in started.items() if found}
    versions = {name: found[1] for name, found in started.items() if found and name != "bare"}
    times = {what: {name: [] for name in processes} for what in GOALS}
    for _ in range(arguments.repetitions):
        for what in GOALS:
            for name, process in processes.items():
                times[what][name].append(ask(process, what))
    for process in processes.values():
        process.communicate()
    return times, versions


def memory():
    """Bytes per time step and image that a training step keeps for the neurons."""
    sides = (32, 32, 16, 16, 8)
    neurons = sum(maps * side * side for maps, side in zip(MAPS, sides))
    # The current and the spike of every neuron, float32. The first layer's current has no time.
    return 4 * (2 * neurons - MAPS[0] * 32 * 32)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", help="interpreter that has PyTorch and the libraries")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--json", type=Path, help="file to write")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--norm", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return work(arguments.worker, arguments.norm)
    rows = []
    for norm in (False, True):
        times, versions = measure(arguments, norm)
        rows += [row(what, norm, times[what], arguments.repetitions) for what in GOALS]
    for found in rows:
        show(found)
    print(f"kept for the backward pass: {memory() / 2**20:.2f} MiB per time step and image")
    if arguments.json:
        from conditions import conditions

        made = {"conditions": conditions(), "versions": versions, "results": rows}
        arguments.json.write_text(json.dumps(made, indent=1) + "\n")


def ratios(times):
    """How many times as fast as the faster of the others, for each number of `ask`, or `None`."""
    others = [times[name] for name in THEIRS if name in times]
    if "ours" not in times or not others:
        return None
    within = np.min(others, axis=0) / np.array(times["ours"])
    return [float(ratio) for ratio in np.median(within, axis=0)]


def row(what, norm, times, repetitions):
    """What is written down of one kind of call."""
    return {
        "task": what, "norm": norm, "aim": GOALS[what], "threads": int(THREADS), "T": T,
        "batch": BATCH, "repetitions": repetitions, "in_a_row": IN_A_ROW,
        "ms": {SHOWN[name]: np.median(values, axis=0).tolist() for name, values in times.items()},
        "ratio": ratios(times), "kept_mib_per_step": memory() / 2**20,
    }


def show(found):
    """A row on the terminal."""
    title = found["task"] + (", batch normalisation" if found["norm"] else "")
    for name, (pause, _, wall, processor) in found["ms"].items():
        print(f"{title:31s} {name:15s} {wall:8.1f} ms, processor {processor:8.1f} ms, "
              f"after a pause {pause:8.1f} ms")
    if found["ratio"] is not None:
        pause, _, wall, processor = found["ratio"]
        print(f"{title:31s} {wall:.2f} times as fast as the faster of them, {processor:.2f} in "
              f"processor time, {pause:.2f} after a pause; goal {found['aim']}: "
              f"{'met' if wall >= found['aim'] else 'NOT met'}")


if __name__ == "__main__":
    main()
