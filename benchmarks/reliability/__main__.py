"""Measures what docs/reliability.md says, and writes the page.

    python -m benchmarks.reliability [kills] [files] [layers] [memory] [page]

Without a name: all, one after the other (an hour on a busy machine). Each measurement replaces its
own part of `benchmarks/measured/reliability.json`; `page` fills docs/reliability.md from that file.
The measurements use the helpers of the tests, with more repetitions.
"""

import argparse
import json
import pathlib

from benchmarks.conditions import conditions
from benchmarks.reliability import files, kills, layers, memory, page

RECORD = pathlib.Path(__file__).parents[1] / "measured" / "reliability.json"
MEASUREMENTS = {"kills": kills, "files": files, "layers": layers, "memory": memory}


def main(arguments=None):
    """Runs what is asked for, in this order."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", metavar="NAME", help=f"{[*MEASUREMENTS, 'page']}")
    wanted = parser.parse_args(arguments).what or [*MEASUREMENTS, "page"]
    unknown = set(wanted) - {*MEASUREMENTS, "page"}
    if unknown:
        parser.error(f"unknown: {sorted(unknown)}")
    for name in wanted:
        if name == "page":
            page.write(json.loads(RECORD.read_text(encoding="utf-8")))
            continue
        found = MEASUREMENTS[name].measure()
        # Read again: another measurement may have been written meanwhile.
        record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
        record[name] = {"conditions": conditions(), **found}
        RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
