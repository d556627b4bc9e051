"""docs/reliability.md, from the record alone."""

import pathlib

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reliability.md"

HEAD = """\
# Reliability in numbers

Measured by `python -m benchmarks.reliability`, kept in
[reliability.json](../benchmarks/measured/reliability.json); this page is written from that file
and has no number of its own. The tests run the same checks with fewer repetitions.
"""

KILLS = """\
{runs} runs of `python -m reproduce` (training, testing, attacking and reporting on digits) were
killed {kills} times in all with SIGKILL, each time when a random number of new files had appeared
and a random fraction of a second had passed, and then started again with the same command.
{equal_runs} of {runs} ended with the records, tables and pictures of a run that nothing disturbed:
the records equal but for their times, the finished files byte by byte. Records torn by a kill:
{torn_records}. Records lost or written a second time: {lost_or_rewritten_records}.

The slow tests `tests/reproduce/test_kill.py` and `tests/reproduce/test_ray.py` do the same, the
second with workers and a cluster. {conditions}"""

FILES = """\
`binomial_keras.load` was given {kinds} kinds of files (`tests/bad_files.py`): damaged ones, files
of other programs, and files made to run code, to reach out of the archive or to fill the memory.
{refused} of {kinds} were refused with one sentence that names the file and the reason; nothing in
them was run. {conditions}

| kind of file | what `load` says |
| --- | --- |
{table}"""

LAYERS = """\
{configurations} random configurations of the {layers} public layers were made twice more, from
their configuration as JSON and from a `.keras` file, and given the same weights, seeds and input.
{equal} of {configurations} gave the same outputs bit for bit, all three times. {conditions}

| layer | configurations | equal |
| --- | --- | --- |
{table}"""

MEMORY = """\
Resident memory of a fresh process (Linux), after garbage collection, in MiB. The growth is from the
end of the warm-up to the end: {warm_predictions} of {predictions} predictions of 256 images
(type A, T = 3), and {warm_attacks} of {attacks} attacks, the five published ones in turn, each a
new attack object on one classifier. {conditions}

| | after the warm-up | at the end | growth | largest difference in between |
| --- | --- | --- | --- | --- |
{table}"""


def write(record):
    """Writes the page."""
    PAGE.write_text(text(record), encoding="utf-8")


def text(record):
    """The page: a section for each part that was measured."""
    sections = [
        ("Killed runs", "kills", KILLS, {}),
        ("Files that are no trustworthy model", "files", FILES, _files),
        ("Random layer configurations", "layers", LAYERS, _layers),
        ("Memory", "memory", MEMORY, _memory),
    ]
    found = [HEAD]
    for title, name, template, values in sections:
        if name in record:
            part = {**record[name], "conditions": _conditions(record[name])}
            filled = template.format(**{**part, **(values and values(record[name]))})
            found.append(f"## {title}\n\n{filled}\n")
    return "\n".join(found)


def _conditions(part):
    found = part["conditions"]
    return (f"Measured on {found['date']} with Keras {found['keras']} on {found['backend']}, "
            f"Python {found['python']}.")


def _files(part):
    lines = []
    for kind, outcome in part["each"].items():
        said = outcome.removeprefix("refused: ").replace("|", "\\|")
        lines.append(f"| {kind} | {said if len(said) <= 160 else said[:157] + '...'} |")
    return {"table": "\n".join(lines)}


def _layers(part):
    return {"table": "\n".join(
        f"| `{name}` | {found['tried']} | {found['equal']} |"
        for name, found in part["each"].items()
    )}


def _memory(part):
    rows = []
    for name in ("predictions", "attacks"):
        found = part[name]
        points = dict(map(tuple, found["resident_mib"]))
        rows.append(
            f"| {found['count']:,} {name} | {points[found['warm_up']]:.1f} | "
            f"{points[found['count']]:.1f} | {found['growth_mib']:.1f} | "
            f"{found['spread_mib']:.1f} |"
        )
    return {
        "warm_predictions": part["predictions"]["warm_up"],
        "predictions": part["predictions"]["count"],
        "warm_attacks": part["attacks"]["warm_up"],
        "attacks": part["attacks"]["count"],
        "table": "\n".join(rows),
    }
