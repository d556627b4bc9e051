"""Puts what the benchmarks measured into docs/measurements.md, as tables.

    python benchmarks/tables.py

Reads `benchmarks/measured/*.json`, the output of the scripts' `--json`, and fills the tables
between the markers of the page. Numbers are never typed.
"""

import json
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


def _pair(values, pattern):
    return " / ".join("-" if value is None else pattern.format(value) for value in values)


def section(kind):
    """The `Section` of one benchmark."""
    columns, lines = kind(json.loads((HERE / "measured" / f"{kind.__name__}.json").read_text()))
    rows = tuple(tuple(Cell(str(text)) for text in line) for line in lines)
    name = f"benchmark-{kind.__name__}"
    return Section(name, name, (Table(name, kind.__doc__.rstrip("."), columns, rows),), {}, "")


def filled(text):
    """The page with its tables."""
    sections = [section(kind) for kind in (attacks, averaging_cost, flexible_layer, corruptions)]
    return with_results(text, sections, records=None)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
