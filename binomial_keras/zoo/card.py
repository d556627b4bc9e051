"""The card of a checkpoint: a dict that prints as a page of Markdown."""

NOT_MEASURED = "not measured"

# Key of the card, its heading. What stands under each is a list of lines, see `Card`.
MEASURED = {
    "clean": "Clean accuracy",
    "as_published": "Robustness as published",
    "adaptive": "Robustness against adaptive attacks (worst case)",
    "other": "Other measurements",
}
_NOTES = {
    "as_published": "The papers' own attacks and settings. They look at one draw of the noise, so "
    "the numbers say little about an attacker who averages: compare with the next table.",
    "adaptive": "An upper bound on what is left: stronger attacks may leave less.",
}


class Card(dict):
    """What is recorded about a checkpoint.

    A dict. `print(card)`, the interactive prompt and a notebook show it as a page of Markdown.
    Under "clean", "as_published", "adaptive" and "other" stand lists of lines; a line is a dict
    with `tested_as` (None, or `neuron` and `T`), `what`, `accuracy`, `low` and `high` (percent, and
    its 95 % interval), `images`, `draws` and `records`, the ids of the records behind it. A line
    whose `accuracy` is None was not measured.
    """

    def markdown(self) -> str:
        """The card as a page of Markdown."""
        shown = {"name", "title", "failed_checks", *MEASURED}
        parts = [f"# {self.get('name', 'checkpoint')}"]
        if "title" in self:
            parts.append(self["title"])
        parts.append(f'`binomial_keras.load("{self.get("name")}")`')
        parts += [_section(self, key) for key in MEASURED if key in self]
        parts.append(_failed(self.get("failed_checks")))
        rest = {key: value for key, value in self.items() if key not in shown}
        parts.append("## Origin\n\n" + "\n".join(_items(rest)))
        return "\n\n".join(part for part in parts if part) + "\n"

    def __repr__(self):
        return self.markdown()

    __str__ = __repr__

    def _repr_markdown_(self):
        return self.markdown()


def accuracy_text(line):
    """`98.40 % (98.15 - 98.63)` of a line of a card, or "not measured"."""
    if line["accuracy"] is None:
        return NOT_MEASURED
    return "{accuracy:.2f} % ({low:.2f} - {high:.2f})".format(**line)


def _section(card, key):
    lines, heading = card[key], f"## {MEASURED[key]}\n\n"
    if not lines:
        return "" if key == "other" else f"{heading}{NOT_MEASURED.capitalize()}."
    head = ("tested as", "what", "accuracy (95 % interval)", "images x draws", "records")
    table = [head, ("---",) * len(head), *map(_row, lines)]
    text = "\n".join(f"| {' | '.join(row)} |" for row in table)
    return heading + text + (f"\n\n{_NOTES[key]}" if key in _NOTES else "")


def _failed(checks):
    """What the evaluation itself says against its numbers."""
    if not checks:
        return ""
    lines = "\n".join(
        "* {check}, budget {budget}, {model}: {detail}".format(**one) for one in checks
    )
    return f"Checks of these evaluations that failed:\n\n{lines}"


def _row(line):
    records = line["records"]
    more = f" and {len(records) - 1} more" if len(records) > 1 else ""
    size = f"{line['images']} x {line['draws']}" if records else ""
    return (_tested_as(line), line["what"], accuracy_text(line), size,
            f"{records[0]}{more}" if records else "")


def _tested_as(line):
    tested = line["tested_as"]
    if tested is None:
        return "as trained"
    text = tested["neuron"] if tested["T"] is None else "{neuron}, T = {T}".format(**tested)
    return f"{text} (as trained)" if line["as_trained"] else text


def _items(mapping, depth=0):
    for key, value in mapping.items():
        start = f"{'  ' * depth}* {str(key).replace('_', ' ')}:"
        if isinstance(value, dict) and value and depth < 2:
            yield start
            yield from _items(value, depth + 1)
        elif isinstance(value, dict):
            yield f"{start} {', '.join(f'{k} {v}' for k, v in value.items()) or 'none'}"
        else:
            yield f"{start} {value}"
