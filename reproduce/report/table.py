"""A table as data, and two of its forms: Markdown and CSV (see `html_table` for the third)."""

import csv
import dataclasses
import io

NOT_RUN = "not run"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell: what is shown, and the ids of the records behind it."""

    text: str
    records: tuple = ()


@dataclasses.dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: file name without ending.
        title: headline.
        columns: names of the columns.
        rows: tuple of tuples of `Cell`.
        notes: sentences below the table.
    """

    name: str
    title: str
    columns: tuple
    rows: tuple
    notes: tuple = ()


def cell(value, records=(), pattern="{}"):
    """A `Cell`; None shows as "not run"."""
    return Cell(NOT_RUN if value is None else pattern.format(value), tuple(records))


def to_markdown(table, records=None):
    """GitHub-flavoured Markdown with the notes below.

    Args:
        table: a `Table`.
        records: address of the folder of records; a number then links to its first record.
    """

    def line(texts):
        return "| " + " | ".join(texts) + " |"

    def shown(one):
        text = one.text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")
        if records is None or not one.records:
            return text
        return f"[{text}]({records}/{one.records[0]}.json)"

    lines = [f"### {table.title}", "", line(table.columns), line(["---"] * len(table.columns))]
    lines += [line(map(shown, row)) for row in table.rows]
    for note in table.notes:
        lines += ["", note]
    return "\n".join(lines) + "\n"


def to_csv(columns, lines):
    """CSV text of dicts; a missing value is an empty field, numbers keep all their digits."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="")
    writer.writeheader()
    for values in lines:
        writer.writerow({key: "" if value is None else value for key, value in values.items()})
    return buffer.getvalue()
