"""A table as HTML: sortable, its numbers tied to their records."""

import html

from reproduce.report.table import NOT_RUN

# Longer texts are broken into lines on the page.
SENTENCE = 60
# Longer names may be broken into a few lines.
NAME = 20
# Tables with more rows than this have a field to filter them.
MANY = 8


def to_html(table, number, records, titled=True):
    """HTML text of a `Table`.

    Args:
        table: a `Table`.
        number: dict from the id of a record to its place in the page's list.
        records: address of the folder of records.
        titled: whether its title stands above it.
    """
    head = "".join(f'<th scope="col" tabindex="0">{html.escape(name)}</th>'
                   for name in table.columns)
    body = "\n".join("<tr>" + "".join(_cell(one, number, records) for one in row) + "</tr>"
                     for row in table.rows)
    notes = "".join(f"<p class=note>{html.escape(note)}</p>" for note in table.notes)
    field = ""
    if len(table.rows) > MANY:
        field = ('<input type="search" class=filter placeholder="filter rows" '
                 'aria-label="filter rows">')
    title = f"<h3>{html.escape(table.title)}</h3>" if titled else ""
    return (
        f"<div class=block>{title}{field}\n<div class=wide><table>"
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>\n{notes}</div>\n"
    )


def _cell(one, number, records):
    text = html.escape(one.text)
    kind = _kind(one.text)
    if one.records:
        first = html.escape(f"{records}/{one.records[0]}.json")
        places = spans(number[name] for name in one.records)
        text = f'<a href="{first}" data-r="{places}">{text}</a>'
    return f"<td{kind}>{text}</td>"


def _kind(text):
    """The class of a cell, by what stands in it: a sentence, a name, or a number."""
    if len(text) > SENTENCE:
        return " class=text"
    if not text[:1].isalpha() or text == NOT_RUN:
        return ""
    return " class=name" if len(text) > NAME else " class=word"


def spans(places):
    """Whole numbers as text, runs of them shortened: 1, 2, 3, 7 is "1-3,7". Order is kept."""
    runs = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
