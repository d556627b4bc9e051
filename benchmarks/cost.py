"""The hardware cost of the trained MNIST networks, counted by `binomial_keras.summary`.

    python benchmarks/cost.py [--images 100]

Writes benchmarks/measured/cost.json and from it the page docs/hardware_cost.md. The networks are
those of Table 3, each as the type that it was trained as; counts, not times, so that the machine
does not matter. Needs MNIST.
"""

import argparse
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
RECORD = ROOT / "benchmarks" / "measured" / "cost.json"
PAGE = ROOT / "docs" / "hardware_cost.md"
NETWORKS = {
    "D": "mnist-D-s0-f85fbab1",
    "C": "mnist-C_A1-s0-5d2a08ca",
    "A, T = 2": "mnist-A2-s0-65c80df6",
    "A, T = 3": "mnist-A3-s0-0a79450f",
    "B, T = 3": "mnist-B3-s0-3522c0d3",
}

HEAD = """\
# What spikes save, counted

The binomial-neuron paper expects binary spikes to make hardware simpler and faster: a 0/1 input
needs an addition where a real one needs a multiplication (its Sections 3.3.2 and 5.3). It gives no
count. This is one, for the networks of Table 3 on {images} MNIST test images, per image. What is
counted and how: the docstring of `binomial_keras.summary`; in one line, a spike costs an addition
per connection, a real number a multiply-accumulate (MAC), and nothing is charged for memory.

Written by `python benchmarks/cost.py` from [its record](../benchmarks/measured/cost.json).

| network | MAC | additions | spikes per neuron and pass | random numbers | kept between passes |
| --- | --- | --- | --- | --- | --- |
{counts}

Arithmetic energy in units of the same weights run as type D, on hardware that works on every
connection, and on hardware that skips zero inputs (then for type D too: many of its values are
exactly zero):

| network | every connection, float32 | zeros skipped, float32 | every connection, int8 | \
zeros skipped, int8 |
| --- | --- | --- | --- | --- |
{ratios}

How to read it:

* On hardware that skips nothing, T spikes of one neuron cost T additions; an addition costs about
  a fifth of a MAC in float32 (0.9 against 4.6 pJ) and an eighth in int8 (0.03 against 0.23 pJ).
  Type A pays the T passes in full, and once per pass for bias, comparison and division.
* Skipping zeros is what makes few spikes cheap; how few is measured, column "spikes".
* Left out: memory traffic, which often costs more than arithmetic, and the random numbers, one per
  neuron and pass. In return type D moves 32-bit values between layers where the others move 1 bit.
"""


def measure(images):
    """The counts of every network."""
    import binomial_keras as bk

    x = bk.data.load("mnist", "test")[0][:images]
    found = {}
    for name, checkpoint in NETWORKS.items():
        model = bk.load(ROOT / "reproduce" / "results" / "checkpoints" / f"{checkpoint}.keras")
        bk.reseed(model, 0)
        units = {}
        for energy in ("float32", "int8"):
            bk.reseed(model, 0)
            units[energy] = bk.summary(model, x, energy=energy).to_dict()
        found[name] = {"checkpoint": checkpoint, **units}
        print(name, units["float32"]["total"], flush=True)
    return {"images": images, "networks": found}


def page(record):
    """The page, from the record alone."""
    counts, ratios = [], []
    for name, found in record["networks"].items():
        total, rows = found["float32"]["total"], found["float32"]["layers"]
        units = [row for row in rows if row["kind"] == "BU" and row["rate"] is not None]
        sizes = [row["sent_bits"] for row in units]
        rate = sum(row["rate"] * size for row, size in zip(units, sizes)) / max(1, sum(sizes))
        counts.append(
            f"| {name} | {total['macs']:,.0f} | {total['acs']:,.0f} | "
            f"{f'{rate:.3f}' if units else 'none'} | {total['random']:,.0f} | "
            f"{total['kept_bits'] / 8192:,.0f} KiB |"
        )
        cells = [_ratio(found[energy], kind) for energy in ("float32", "int8")
                 for kind in ("joules", "active_joules")]
        ratios.append(f"| {name} | {' | '.join(cells)} |")
    return HEAD.format(images=record["images"], counts="\n".join(counts),
                       ratios="\n".join(ratios))


def _ratio(found, kind):
    return f"{found['total'][kind] / found.get('type_d', found['total'])[kind]:.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=100)
    measured = measure(parser.parse_args().images)
    RECORD.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(measured), encoding="utf-8")
