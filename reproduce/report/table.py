"""A table as data, and its three forms: Markdown, CSV and HTML."""

import csv
import dataclasses
import html
import io

NOT_RUN = "not run"
# Longer texts are broken into lines on the page.
SENTENCE = 80


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


def to_html(table):
    """HTML; a number that comes from records links to the first of them on the same page."""

    def shown(one):
        text = html.escape(one.text)
        if not one.records:
            return f"<td class=text>{text}</td>" if len(text) > SENTENCE else f"<td>{text}</td>"
        title = html.escape(", ".join(one.records[:6]) + (" …" if len(one.records) > 6 else ""))
        return f'<td><a href="#{one.records[0]}" title="{title}">{text}</a></td>'

    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
    body = "\n".join("<tr>" + "".join(map(shown, row)) + "</tr>" for row in table.rows)
    notes = "".join(f"<p class=note>{html.escape(note)}</p>" for note in table.notes)
    return (
        f"<h3>{html.escape(table.title)}</h3>\n<div class=wide><table><thead><tr>{head}</tr>"
        f"</thead><tbody>\n{body}\n</tbody></table></div>\n{notes}\n"
    )


def to_csv(columns, lines):
    """CSV text of dicts; a missing value is an empty field, numbers keep all their digits."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="")
    writer.writeheader()
    for values in lines:
        writer.writerow({key: "" if value is None else value for key, value in values.items()})
    return buffer.getvalue()
