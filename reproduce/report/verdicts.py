"""The claims and their verdicts as a section."""

from reproduce.claims import judge
from reproduce.claims.verdict import UNTESTED, VERDICTS
from reproduce.report.section import Section
from reproduce.report.table import Cell, Table, to_csv

COLUMNS = ("claim", "paper", "verdict", "limits", "reason", "part", "comparison", "difference",
           "low", "high", "wanted", "printed", "seeds", "outcome", "records")
_METHOD = (
    "A verdict follows from the records by a rule that was written down before they were read "
    "(\"asked\"). Differences are paired by image, and by training seed. Two networks are told "
    "apart by at least three training seeds: the interval is over seeds (Student's t) and over "
    "images, in quadrature. (The images were added later, which makes intervals wider: three "
    "seeds that had lost the same images by chance, or all of them, had decided.) With fewer seeds "
    "the interval is over images alone: such a comparison is set aside where others have three "
    "seeds, and alone it leaves the claim open. A claim holds only if nothing is set aside. Two "
    "tests of the same weights need no seeds: each network has to agree."
)
_ROBUST = (
    "A claim about attacks holds only if every comparison under the adaptive attacks has an "
    "interval on its side of 0 and no check of the attacks failed. If not, it holds against weak "
    "attacks only where more than half of the comparisons under the paper's own attacks support "
    "it."
)


def claims_section(plans, store):
    """`Section` called "claims"."""
    judged = judge(plans, store)
    rows, lines = [], []
    for claim, verdict in judged:
        records = verdict.records
        rows.append((
            Cell(claim.key), Cell(claim.paper), Cell(claim.text), Cell(claim.where),
            Cell(verdict.verdict, records), Cell(", ".join(verdict.limits)), Cell(verdict.reason),
        ))
        lines += _lines(claim, verdict)
    found = [verdict.verdict for _, verdict in judged]
    counts = "; ".join(f"{name}: {found.count(name)}" for name in VERDICTS)
    open_ = sum(one.verdict == UNTESTED and bool(one.records) for _, one in judged)
    counts += f" ({open_} of these were run: intervals too wide, or too few training seeds)"
    overview = Table(
        "claims", f"{len(judged)} claims",
        ("claim", "paper", "what it says", "where", "verdict", "limited to", "why"), tuple(rows),
        (f"{counts}.", _METHOD, _ROBUST),
    )
    evidence = tuple(_evidence(claim, verdict) for claim, verdict in judged)
    return Section("claims", "The claims of the five texts, and what the records say",
                   (overview, *evidence), {}, to_csv(COLUMNS, lines))


def _evidence(claim, verdict):
    rows = tuple(
        (Cell(one.what),
         Cell(f"{one.value:+.2f} ({one.low:+.2f} – {one.high:+.2f})", one.records),
         Cell(one.wanted), Cell("" if one.printed is None else f"{one.printed:g}"),
         Cell(str(one.seeds)), Cell(one.outcome), Cell(part))
        for part, found in verdict.evidence for one in found
    )
    return Table(
        f"claims-{claim.key}", f"{claim.key}: {verdict.verdict}. {claim.text}",
        ("comparison", "points", "asked", "printed", "seeds", "outcome", "attacks"), rows,
        (f"Asked: {claim.asks}", verdict.reason),
    )


def _lines(claim, verdict):
    about = {"claim": claim.key, "paper": claim.paper, "verdict": verdict.verdict,
             "limits": "; ".join(verdict.limits), "reason": verdict.reason}
    lines = [
        {**about, "part": part, "comparison": one.what, "difference": round(one.value, 4),
         "low": round(one.low, 4), "high": round(one.high, 4), "wanted": one.wanted,
         "printed": one.printed, "seeds": one.seeds, "outcome": one.outcome,
         "records": " ".join(one.records)}
        for part, found in verdict.evidence for one in found
    ]
    return lines or [about]
