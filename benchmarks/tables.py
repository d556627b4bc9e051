"""Puts what the benchmarks measured into docs/measurements.md, as tables.

    python benchmarks/tables.py

Reads `benchmarks/measured/*.json`, the output of the scripts' `--json`, and fills the tables
between the markers of the page. Numbers are never typed. What has not been measured has no table.
"""

import json
import re
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from reproduce.report.readme import with_results
from reproduce.report.section import Section
from reproduce.report.table import Cell, Table

NEURONS = {
    "D1": "D", "C1": "C", "B5": "B, T = 5", "A3": "A, T = 3", "A5": "A, T = 5",
    "train D1 last": "D", "train A3 last": "A, T = 3, last-pass rule",
    "train A3 unrolled": "A, T = 3, unrolled rule",
}
PAGE = HERE.parent / "docs" / "measurements.md"


def neuron_types(found):
    """MNIST network (28x28, widths 16/32/64, two convolutions per stage), ratios to type D."""
    lines = []
    for task, base in (("inference", "D1"), ("training", "train D1 last")):
        plain, kept = found[task]["seconds"], found[task]["seconds kept"]
        lines += [
            (f"{task} of {found[task]['images']} images", NEURONS[name],
             f"{1000 * plain[name]:.1f}", f"{plain[name] / plain[base]:.2f}",
             f"{1000 * kept[name]:.1f}", f"{kept[name] / kept[base]:.2f}",
             found["targets"].get(name, "-"))
            for name in plain
        ]
    return ("task", "neurons", "ms", "ratio to type D", "ms, memory kept",
            "ratio to type D, memory kept", "aim"), lines


def neuron_memory(found):
    """Peak memory of a process that runs type A twice."""
    spikes, peaks = found["memory"]["spikes"], found["memory"]["peaks"]
    return ("passes", "MiB", "growth per further pass, in spikes of a pass of the largest layer",
            "MiB, memory kept"), [
        (T, f"{peak:.0f}",
         "-" if T == "1" else f"{(peak - peaks['1']) / spikes / (int(T) - 1):.1f}",
         f"{found['memory']['peaks kept'][T]:.0f}")
        for T, peak in peaks.items()
    ]


def class_gradients(found):
    """Ours against ART's `TensorFlowV2Classifier`, 64 MNIST-size images, 10 classes."""
    types = {neuron: "D" if neuron == "D" else f"{neuron}, T = {found['T']}"
             for neuron in found["seconds"]}
    return ("type", "asked for", "ours, ms", "ART, ms", "times faster", "aim"), [
        (types[neuron], question, f"{1000 * ours:.0f}", f"{1000 * theirs:.0f}",
         f"{theirs / ours:.1f}", "8" if question.startswith("all") else "-")
        for neuron, asked in found["seconds"].items()
        for question, (ours, theirs) in asked.items()
    ]


def attacks(rows):
    """Ours against ART's."""
    columns = ("attack", "images", "wall clock", "processor time", "aim", "fooled, ours / ART's",
               "mean L2, ours / ART's")
    return columns, [
        (row["attack"], row["images"], f"{row['ratio_wall']:.1f} times",
         f"{row['ratio_processor']:.1f} times", f"{row['wanted']:g}", _pair(row["fooled"], "{}"),
         _pair(row["mean_l2"], "{:.3f}"))
        for row in rows
    ]


def averaging_cost(rows):
    """K = 20 against K = 1."""
    return ("", "ratio", "aim"), [
        (row["name"], f"{row['value']:g}", row["aim"]) for row in rows
    ]


def flexible_layer(found):
    """Against convolution plus pooling."""
    columns = ("input", "threshold", "ratio to Conv2D + MaxPooling2D", "aim")
    return columns, [
        ("x".join(map(str, result["shape"])), kind, f"{ratio:.2f}", "1.25")
        for result in found["results"] for kind, ratio in result["ratio"].items()
    ]


def corruptions(found):
    """1,000 images of 32x32x3, severity 5, one thread."""
    lines = found["processor_and_wall_seconds"].items()
    return ("corruption", "processor seconds", "wall clock"), [
        (name, f"{processor:.2f}", f"{wall:.2f}") for name, (processor, wall) in lines
    ]


def lif(found):
    """Milliseconds of a batch of 32, and how many times as fast as the faster of the others."""
    rows = found["results"]
    names = list(dict.fromkeys(name for row in rows for name in row["ms"]))
    columns = ("task", "batch normalisation", *names, "ratio", "in processor time",
               "after a pause", "aim", "kept per step and image")
    return columns, [
        (row["task"], "yes" if row["norm"] else "no",
         *(f"{row['ms'][name][2]:.0f}" if name in row["ms"] else "-" for name in names),
         *("-" if row["ratio"] is None else f"{row['ratio'][which]:.2f}" for which in (2, 3, 0)),
         f"{row['aim']:g}",
         f"{row['kept_mib_per_step']:.2f} MiB" if row["task"] == "training" else "nothing")
        for row in rows
    ]


def glr(found):
    """One training step of the 784-50-10 network, batches of 128 images."""
    seconds, samples = found["seconds"], found["samples"]
    return ("way", "ms per step", "samples per second", "times the loop's", "aim"), [
        (name, f"{1000 * seconds[name]:.1f}", f"{samples[name]:,.0f}",
         f"{samples[name] / samples['loop']:.1f}", "5" if name == "copies axis" else "-")
        for name in seconds
    ]


def splash(found):
    """Times relative to ReLU, and to the sum of ReLUs."""
    columns = ("input", "task", "SPLASH to ReLU", "SPLASH to the sum", "aim",
               "per channel to ReLU", "the sum to ReLU")
    cases = [("x".join(map(str, result["shape"])), result["ms"]) for result in found["results"]]
    total = {
        task: {way: sum(ms[task][way] for _, ms in cases) for way in ways}
        for task, ways in cases[0][1].items()
    }
    return columns, [
        (case, task, f"{ms['SPLASH'] / ms['relu']:.2f}", f"{ms['SPLASH'] / ms['sum']:.2f}",
         "at most 1", f"{ms['per channel'] / ms['relu']:.2f}", f"{ms['sum'] / ms['relu']:.2f}")
        for case, tasks in (*cases, ("all of these", total)) for task, ms in tasks.items()
    ]


def ssim(found):
    """1,000 pairs of images of 32x32x3 against a loop over scikit-image."""
    return ("window", "ours, ms", "scikit-image, ms", "times faster", "aim",
            "largest difference"), [
        (name, f"{1000 * ours:.0f}", f"{1000 * theirs:.0f}", f"{theirs / ours:.1f}", "10",
         f"{of['difference']:.0e}")
        for name, of in found["windows"].items() for ours, theirs in (of["seconds"],)
    ]


def training_loop(found):
    """An epoch of 100 steps on JAX, the data on the device, against `fit`; processor alone."""
    median = {name: statistics.median(values) for name, values in found["seconds"].items()}
    return ("way", "ms per step", "times as fast as `fit`"), [
        (name, f"{1000 * seconds / found['options']['steps']:.2f}",
         f"{median['fit'] / seconds:.2f}") for name, seconds in median.items()
    ]


def _pair(values, pattern):
    return " / ".join("-" if value is None else pattern.format(value) for value in values)


# The functions above: each is called after the file that it shows, or a part of it.
KINDS = (
    neuron_types, neuron_memory, class_gradients, ssim, training_loop, attacks, averaging_cost,
    flexible_layer, corruptions, lif, glr, splash,
)


def measured(kind):
    """The file of one benchmark."""
    name = {"neuron_memory": "neuron_types"}.get(kind.__name__, kind.__name__)
    return HERE / "measured" / f"{name}.json"


def section(kind):
    """The `Section` of one benchmark."""
    found = json.loads(measured(kind).read_text())
    columns, lines = kind(found)
    rows = tuple(tuple(Cell(str(text)) for text in line) for line in lines)
    name = f"benchmark-{kind.__name__}"
    table = Table(name, kind.__doc__.rstrip("."), columns, rows, _conditions(found))
    return Section(name, name, (table,), {}, "")


def _conditions(found):
    """What was measured with, of the files that say so."""
    made = found.get("conditions") if isinstance(found, dict) else None
    return () if made is None else (
        "Measured on {date}: {processor}, {cores} cores, Keras {keras} on {backend}, Python "
        "{python}.".format(**made),
    )


def filled(text):
    """The page with the tables of what has been measured."""
    for kind in KINDS:
        start, end = f"<!-- results: benchmark-{kind.__name__} -->", "<!-- end of results -->"

        def fill(block, kind=kind, empty=f"{start}\n{end}"):
            if not measured(kind).is_file():
                return empty
            return with_results(block[0], [section(kind)], records=None)

        text, count = re.subn(f"{start}\n.*?{end}", fill, text, flags=re.DOTALL)
        if count != 1:
            raise SystemExit(f"{PAGE} has {count} places for the table of {kind.__name__}.")
    return text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
