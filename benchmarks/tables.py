"""Puts what the benchmarks measured into docs/measurements.md, as tables.

    python benchmarks/tables.py

Reads `benchmarks/measured/*.json`, the output of the scripts' `--json`, and fills the tables
between the markers of the page. Numbers are never typed. What has not been measured has no table.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from reproduce.report.readme import with_results
from reproduce.report.section import Section
from reproduce.report.table import Cell, Table

PAGE = HERE.parent / "docs" / "measurements.md"


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


def lif(rows):
    """Milliseconds of a batch of 32, and how many times as fast as the faster of the others."""
    names = list(dict.fromkeys(name for row in rows for name in row["ms"]))
    columns = ("task", "batch normalisation", *names, "ratio", "in processor time", "aim",
               "kept per step and image")
    return columns, [
        (row["task"], "yes" if row["norm"] else "no",
         *(f"{row['ms'][name][0]:.0f}" if name in row["ms"] else "-" for name in names),
         *(["-", "-"] if row["ratio"] is None else [f"{one:.2f}" for one in row["ratio"]]),
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


def _pair(values, pattern):
    return " / ".join("-" if value is None else pattern.format(value) for value in values)


# The functions above: each is called after the file that it shows.
KINDS = (attacks, averaging_cost, flexible_layer, corruptions, lif, glr, splash)


def measured(kind):
    """The file of one benchmark."""
    return HERE / "measured" / f"{kind.__name__}.json"


def section(kind):
    """The `Section` of one benchmark."""
    columns, lines = kind(json.loads(measured(kind).read_text()))
    rows = tuple(tuple(Cell(str(text)) for text in line) for line in lines)
    name = f"benchmark-{kind.__name__}"
    return Section(name, name, (Table(name, kind.__doc__.rstrip("."), columns, rows),), {}, "")


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
