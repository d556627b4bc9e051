"""The summary of a network as an object that prints."""

import dataclasses
import html
import textwrap
from typing import Any

from .count import Count

_HEAD = ("layer", "output", "input", "rate", "MAC", "AC", "MAC", "AC", "kept", "energy", "energy")
_UNDER = ("", "", "", "", "all", "all", "n.z.", "n.z.", "bits", "all", "n.z.")
_WIDTHS = (18, 13, 5, 5, 6, 6, 6, 6, 6, 8, 8)
_WIDTH = sum(_WIDTHS) + len(_WIDTHS) - 1
_STEPS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_JOULES = ((1e-3, "mJ"), (1e-6, "uJ"), (1e-9, "nJ"), (1e-12, "pJ"))


@dataclasses.dataclass(frozen=True, repr=False)
class Summary:
    """What a network costs per image; see `binomial_keras.summary`.

    Attributes:
        name: of the network.
        rows: tuple of `Row`, one per layer call.
        images: how many images it was measured on.
        energy: what the joules below stand for.
        joules_ac, joules_mac: per addition and per multiply-accumulate operation.
        reference: `Summary` of the same network as type D, or None.
    """

    name: str
    rows: tuple
    images: int
    energy: str
    joules_ac: float
    joules_mac: float
    reference: "Summary | None" = None

    def joules(self, count: Count, active: bool = False) -> float:
        """Energy of a `Count`, of all its operations or of those with a non-zero input."""
        if active:
            return count.active_macs * self.joules_mac + count.active_acs * self.joules_ac
        return count.macs * self.joules_mac + count.acs * self.joules_ac

    @property
    def total(self) -> Count:
        """`Count` of one image, of the layers that are known."""
        return sum((row.count for row in self.rows if row.count is not None), Count())

    @property
    def kept_bits(self) -> int:
        """Bits that are kept between the passes of one image."""
        return sum(row.kept_bits for row in self.rows)

    @property
    def not_counted(self) -> list[str]:
        """Names of the layers whose operations are not known."""
        return [f"{row.layer} ({row.kind})" for row in self.rows if row.count is None]

    def to_dict(self) -> dict[str, Any]:
        """Plain values per image, ready for JSON: counts, bits and joules."""
        rows = [{**row.to_dict(), **self._energies(row.count)} for row in self.rows]
        found = {
            "name": self.name,
            "images": self.images,
            "energy": self.energy,
            "joules_per_operation": {"ac": self.joules_ac, "mac": self.joules_mac},
            "layers": rows,
            "not_counted": self.not_counted,
            "total": {**dataclasses.asdict(self.total), "kept_bits": self.kept_bits,
                      **self._energies(self.total)},
        }
        if self.reference is not None:
            found["type_d"] = self.reference.to_dict()["total"]
        return found

    def _energies(self, count):
        if count is None:
            return {"joules": None, "active_joules": None}
        return {"joules": self.joules(count), "active_joules": self.joules(count, active=True)}

    def __str__(self):
        rule = "-" * _WIDTH
        lines = [f"{self.name}: cost per image, measured on {self.images} image"
                 f"{'' if self.images == 1 else 's'}", rule, _line(_HEAD), _line(_UNDER), rule]
        lines += [_line(cells) for cells in self._cells()]
        lines += [rule, _line(self._total_cells()), rule, *self._notes()]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self):
        def row(cells, tag="td"):
            found = "".join(
                f'<{tag} style="text-align:{"left" if n < 2 else "right"}">{html.escape(cell)}'
                f"</{tag}>" for n, cell in enumerate(cells)
            )
            return f"<tr>{found}</tr>"

        heads = [f"{a} {b}".strip() for a, b in zip(_HEAD, _UNDER)]
        body = "\n".join(row(cells) for cells in self._cells())
        notes = "<br>\n".join(html.escape(note) for note in self._notes())
        return (
            f"<table>\n<caption>{html.escape(self.name)}: cost per image</caption>\n"
            f"<thead>{row(heads, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n"
            f"<tfoot>{row(self._total_cells(), 'th')}</tfoot>\n</table>\n<p>{notes}</p>"
        )

    def _cells(self):
        for row in self.rows:
            yield (
                row.layer,
                "x".join(map(str, row.output)),
                row.receives,
                "" if row.rate is None else f"{row.rate:.3f}",
                *self._numbers(row.count, row.kept_bits),
            )

    def _total_cells(self):
        return ("total", "", "", "", *self._numbers(self.total, self.kept_bits))

    def _numbers(self, count, bits):
        if count is None:
            return ("?", "?", "?", "?", _short(bits), "?", "?")
        counts = (count.macs, count.acs, count.active_macs, count.active_acs)
        energies = (self.joules(count), self.joules(count, active=True))
        return (*map(_short, counts), _short(bits), *map(_energy, energies))

    def _notes(self):
        total = self.total
        notes = [
            "all: every connection; n.z.: those with a non-zero input (measured).",
            "rate: spikes per neuron and pass. kept: between the passes.",
            f"Energy: {self.energy}; {self.joules_ac * 1e12:g} pJ per AC, "
            f"{self.joules_mac * 1e12:g} pJ per MAC.",
            f"Left out: memory traffic, control, {_short(total.random) or 'no'} random numbers, "
            f"{_short(total.evaluations) or 'no'} function values (tanh, exp).",
        ]
        if self.reference is not None:
            other = self.reference.total
            ratios = [self.joules(total, active) / self.joules(other, active)
                      if self.joules(other, active) else float("nan") for active in (False, True)]
            notes.append(
                f"Type D of this network: {_energy(self.joules(other))} all, "
                f"{_energy(self.joules(other, active=True))} n.z. Ratio to it: "
                f"{ratios[0]:.2f} all, {ratios[1]:.2f} n.z."
            )
        if self.not_counted:
            notes += textwrap.wrap(f"Not counted: {', '.join(self.not_counted)}", _WIDTH)
        return notes


def _line(cells):
    left, right = zip(cells[:2], _WIDTHS[:2]), zip(cells[2:], _WIDTHS[2:])
    parts = [_cut(cell, width).ljust(width) for cell, width in left]
    return " ".join(parts + [cell.rjust(width) for cell, width in right]).rstrip()


def _cut(text, width):
    return text if len(text) <= width else f"..{text[2 - width:]}"


def _short(number):
    """Three digits and a letter for thousands; nothing for nothing."""
    if not number:
        return ""
    for step, letter in _STEPS:
        if number >= 0.9995 * step:
            return f"{_digits(number / step)}{letter}"
    return _digits(number)


def _energy(value):
    if not value:
        return ""
    for step, unit in _JOULES:
        if value >= 0.9995 * step:
            return f"{_digits(value / step)} {unit}"
    return f"{value / 1e-12:.2g} pJ"


def _digits(value):
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}".removesuffix(".00").removesuffix(".0")
