"""HTML pages that a browser opens from the disk: tables, figures, records on demand."""

import base64
import dataclasses
import html
import importlib.resources

from reproduce.records import write_atomically
from reproduce.report.essentials import embedded
from reproduce.report.html_table import to_html

LEGEND = (
    "<dl class=legend><dt>Published</dt><dd>What the paper prints.</dd>"
    "<dt>As published</dt><dd>Ours, under the paper's own protocol. Its attacks mostly see one "
    "noisy draw, or make one step: a high accuracy there is no robustness.</dd>"
    "<dt>Adaptive</dt><dd>Ours, for every image the worst of many attacks that average over the "
    "noise, within a ball of radius eps, counted in fresh draws. An upper bound: a stronger "
    "attack can only lower it.</dd>"
    "<dt>(low – high)</dt><dd>95 % interval. A number opens its records: command, seeds, hashes, "
    "versions. A click on the head of a column sorts.</dd></dl>"
)


def page(sections, store, title, pictures="embedded", records="records", around=("", "")):
    """HTML text of a page; nothing in it is fetched from a network.

    Args:
        sections: list of `Section`.
        store: the `RecordStore`.
        title: of the page.
        pictures: "embedded", or "linked" to the PNG files beside the page.
        records: address of the folder of records, seen from the page.
        around: HTML texts before the sections and after them.
    """
    ids = used_records(sections)
    number = {name: k for k, name in enumerate(ids)}
    body = "\n".join(_section(one, number, records, pictures) for one in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_file('page.css')}</style>\n</head>\n"
        f"<body>\n<h1>{html.escape(title)}</h1>\n{around[0]}\n{_contents(sections)}\n"
        f"{LEGEND}\n{body}\n{around[1]}\n"
        f'<script type="application/json" id="records" data-folder="{html.escape(records)}">'
        f"{embedded(ids, store)}</script>\n{_file('script.html')}</body>\n</html>\n"
    )


def write_page(sections, store, path, title):
    """Writes a page that needs no other file and returns its path."""
    write_atomically(path, page(sections, store, title).encode())
    return path


def _file(name):
    return (importlib.resources.files("reproduce.report") / name).read_text("utf-8")


def _contents(sections):
    links = "".join(f'<li><a href="#{html.escape(one.name)}">{html.escape(one.title)}</a></li>'
                    for one in sections)
    return f"<details class=contents><summary>Contents ({len(sections)})</summary>" \
           f"<ul>{links}</ul></details>" if len(sections) > 1 else ""


def _section(one, number, records, pictures):
    parts = []
    if one.caveat:
        parts.append(f"<p class=caveat>{html.escape(one.caveat)}</p>")
    shown = [_picture(name, png, pictures) for name, png in one.pictures.items()]
    # A title that says what a headline has just said is left out.
    tables = [to_html(table, number, records, table.title != one.title and k < one.leading)
              for k, table in enumerate(one.tables)]
    # The first tables say what came out, the figures show it, the rest is for those who check.
    parts += [*tables[: one.leading], *shown]
    for table, text in zip(one.tables[one.leading :], tables[one.leading :]):
        parts.append(f"<details><summary>{html.escape(table.title)}</summary>\n{text}</details>")
    return (f'<section id="{html.escape(one.name)}"><h2>{html.escape(one.title)}</h2>\n'
            + "\n".join(parts) + "</section>")


def _picture(name, png, pictures):
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    source = data if pictures == "embedded" else html.escape(f"{name}.png")
    return f'<img alt="{html.escape(name)}" loading="lazy" src="{source}">'


def used_records(sections):
    """Ids of all records behind the numbers of the sections, in order, each once."""
    return list(dict.fromkeys(
        record for one in sections for table in one.tables for row in table.rows
        for cell in row for record in cell.records
    ))


def with_clear_names(section, names):
    """The `Section` with models called by what people call them.

    Args:
        section: a `Section`.
        names: dict from names of models to clear names.
    """
    # Of two names one of which begins the other, the longer first.
    ordered = sorted(names, key=len, reverse=True)

    def clear(text):
        for name in ordered:
            text = text.replace(name, names[name])
        return text

    tables = tuple(
        dataclasses.replace(
            table, title=clear(table.title), notes=tuple(map(clear, table.notes)),
            rows=tuple(tuple(dataclasses.replace(cell, text=clear(cell.text)) for cell in row)
                       for row in table.rows))
        for table in section.tables
    )
    return dataclasses.replace(section, title=clear(section.title), tables=tables,
                               caveat=clear(section.caveat))
