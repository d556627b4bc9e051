"""One self-contained HTML page: tables, figures and the records behind every number."""

import base64
import html
import importlib.resources
import json

from reproduce.records import write_atomically
from reproduce.report.table import to_html


def page(sections, store, title):
    """HTML text of a page with the given sections; nothing in it comes from elsewhere."""
    style = (importlib.resources.files("reproduce.report") / "page.css").read_text("utf-8")
    body = "\n".join(_section(one) for one in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n<nav>{_contents(sections)}</nav>\n{body}\n"
        f"<h2 id=records>Records</h2>\n{_records(sections, store)}\n</body>\n</html>\n"
    )


def write_page(sections, store, path, title):
    """Writes the page and returns its path."""
    write_atomically(path, page(sections, store, title).encode())
    return path


def _contents(sections):
    links = (f'<a href="#{one.name}">{html.escape(one.title)}</a>' for one in sections)
    return " · ".join([*links, '<a href="#records">records</a>'])


def _section(one):
    parts = [f'<h2 id="{one.name}">{html.escape(one.title)}</h2>']
    if one.caveat:
        parts.append(f"<p class=caveat>{html.escape(one.caveat)}</p>")
    pictures = [
        f'<img alt="{name}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        for name, png in one.pictures.items()
    ]
    # The first tables say what came out, the figures show it, the rest is for those who check.
    parts += map(to_html, one.tables[: one.leading])
    parts += [*pictures, *map(to_html, one.tables[one.leading :])]
    return "\n".join(parts)


def used_records(sections):
    """Ids of all records behind the numbers of the sections, in order, each once."""
    return list(dict.fromkeys(
        record for one in sections for table in one.tables for row in table.rows
        for cell in row for record in cell.records
    ))


def _records(sections, store):
    parts = [
        "<p>A number above links to the first record behind it; its tooltip names the others. "
        "The records, with their per-image arrays, are files in the folder <code>records</code>."
        "</p>"
    ]
    for name in used_records(sections):
        record = store.by_id(name)
        text = html.escape(json.dumps(_short(record), indent=1, sort_keys=True))
        parts.append(
            f'<details id="{name}"><summary><code>{name}</code> {html.escape(record["label"])}'
            f"</summary><pre>{text}</pre></details>"
        )
    return "\n".join(parts)


def _short(record):
    """A record without its longest list, which the file has."""
    result = {k: v for k, v in record["result"].items() if k != "accuracy_per_draw"}
    return {**record, "result": result}
