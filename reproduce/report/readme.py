"""Generated tables inside a text that people write, such as the README."""

import os
import pathlib
import re

from reproduce.errors import UsageError
from reproduce.records import write_atomically
from reproduce.report.table import to_markdown

_BLOCK = re.compile(r"(<!-- results: (\S+) -->\n).*?(<!-- end of results -->)", re.DOTALL)


def with_results(text, sections, records):
    """`text` with the first table of an experiment between every pair of markers.

    The markers are `<!-- results: NAME -->` and `<!-- end of results -->`, each on a line of its
    own; NAME is that of the files in `report/`, for example `table3-mnist`.

    Args:
        text: Markdown.
        sections: list of `Section`.
        records: where the links to the records point to.

    Raises:
        UsageError: no marker in the text, or one for results that there are none of.
    """
    known = {section.name: section for section in sections}

    def fill(match):
        if match[2] not in known:
            raise UsageError(f"There are no results called {match[2]}; there are: {list(known)}.")
        table = to_markdown(known[match[2]].tables[0], records=records).strip()
        return f"{match[1]}{table}\n{match[3]}"

    filled, count = _BLOCK.subn(fill, text)
    if not count:
        raise UsageError("The text has no marker such as <!-- results: table3-mnist -->.")
    return filled


def update(path, sections, store):
    """Put the tables into the file at `path`, with links relative to its folder."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise UsageError(f"There is no file {path} to put the tables into.")
    records = os.path.relpath(store.out / "records", path.parent)
    text = with_results(path.read_text(encoding="utf-8"), sections, records)
    write_atomically(path, text.encode())
