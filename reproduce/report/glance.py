"""The networks at a glance: clean, under their paper's own attack, under stronger ones."""

import dataclasses

from reproduce.claims.book import Book, largest
from reproduce.claims.networks import data_name, paper_of, study_label, twin_label
from reproduce.claims.verdict import UNTESTED, VERDICTS
from reproduce.report.figures import glance_figure
from reproduce.report.papers import PAPERS
from reproduce.report.section import Section
from reproduce.report.table import NOT_RUN, Cell, Table, to_csv
from reproduce.sample import Sample
from reproduce.studies import STUDIES

NAME = "glance"
TITLE = "At a glance: what the papers' attacks leave, and what is left"
# A study, its paper's own attack in a ball, and what averages, iterates and keeps the worst in the
# same one: a measure of the study, or the radius of the suite of `run adaptive`.
_STUDIES = (
    ("flexible_table2", "fgsm-0.1", 0.1),
    ("flexible_table3", "pgd", 8 / 255),
    ("splash_mnist", "fgsm-0.1", "apgd-0.1"),
    ("splash_cifar10", "fgsm-8/255", "apgd-8/255"),
    ("randhet_mnist", "fgsm", "ensemble"),
    ("randhet_cifar10", "fgsm", "ensemble"),
    ("randhet_sew", "fgsm", "ensemble"),
    ("glr_mnist", "fgsm-0.13", "adaptive-0.13"),
    ("glr_fashion_mnist", "fgsm-0.13", "adaptive-0.13"),
    ("glr_2019", "fgsm-0.2", "adaptive-0.2"),
)
UNDECIDED = "of these run, but not decided"
_COLUMNS = ("system", "data", "network", "clean", "as published", "adaptive",
            "the paper's attack", "stronger attacks", "seeds")
_COLUMNS_CSV = ("system", "data", "network", "measure", "value", "low", "high", "seeds", "images",
                "records")
_NOTE = (
    "Accuracies in % with 95 % intervals: over images, and from three training seeds on over these "
    "as well (Student's t). The paper's attack is one of its own; the stronger ones iterate, "
    "average over noise and go around flat gradients in the same ball. Of a suite the worst of "
    "every image counts, under the largest budget that the networks of a block share: an upper "
    "bound, and a larger budget may have found less (see the leaderboard, which has all networks, "
    "attacks and radii). The paper's 0.031 stands beside 8/255 = 0.0314. Blocks may not be "
    "compared: data, radius and attacks differ."
)


@dataclasses.dataclass(frozen=True)
class Line:
    """A network: where it belongs, and its three accuracies (`Sample` or None) with their names."""

    paper: str
    data: str
    network: str
    clean: Sample | None
    attack: str
    published: Sample
    stronger: str
    adaptive: Sample | None


def glance_section(plans, store, claims):
    """`Section` of the overview.

    Args:
        plans, store: what it is made from.
        claims: `Section` of the claims, whose verdicts are counted.
    """
    book = Book(plans, store)
    lines = [*_binomial(book), *(one for asked in _STUDIES for one in _of_study(book, *asked))]
    lines.sort(key=lambda line: list(PAPERS).index(line.paper))
    tables, pictures = [verdict_counts(claims)], {}
    if lines:
        title = f"The {len(lines)} networks of the picture in numbers, with their records"
        tables.append(Table(NAME, title, _COLUMNS, tuple(map(_row, lines)), (_NOTE,)))
        pictures[NAME] = glance_figure(_blocks(lines))
    text = to_csv(_COLUMNS_CSV, [line for one in lines for line in _csv(one)])
    return Section(NAME, TITLE, tuple(tables), pictures, text)


def verdict_counts(claims):
    """`Table` of the verdicts on each paper's claims."""
    # Of what could not be tested, that with records was run, and did not decide.
    judged = [(row[1].text, row[4].text, bool(row[4].records)) for row in claims.tables[0].rows]
    rows = tuple(
        (Cell(PAPERS[paper]),
         *(Cell(str(sum(one[:2] == (paper, verdict) for one in judged))) for verdict in VERDICTS),
         Cell(str(judged.count((paper, UNTESTED, True)))))
        for paper in dict.fromkeys(paper for paper, *_ in judged)
    )
    return Table("glance-verdicts", f"Verdicts on the papers' {len(judged)} claims",
                 ("paper", *VERDICTS, UNDECIDED), rows)


def _binomial(book):
    """The binomial networks as they were trained and without noise, under FGM."""
    labels = {(one.data, one.network): one.label for one in book.networks.values()
              if one.paper == "binomial" and one.usual}
    for data, experiments in (("mnist", ("fig4b", "fig6b")), ("cifar10", ("fig4a", "fig6a"))):
        rows = [(row, plan) for name in experiments for row, plan in book.rows(name, data)]
        found = {}
        for row, plan in rows:
            twin = row.train != row.test
            eps = plan.attacks.get("FGM", {}).get("settings", {}).get("eps")
            # Both figures have some rows, and each the network D twice.
            known = (eps, row.network, twin) in found
            if known or eps is None or (twin and row.test[0] != "D"):
                continue
            published = book.attacked_row(row, plan, "FGM")
            if published is not None:
                worst = book.worst(data, row.network, eps, twin)
                found[eps, row.network, twin] = (row, plan, published, worst)
        for (eps, network, twin), (row, plan, published, worst) in found.items():
            label = labels[data, network]
            yield Line("binomial", data, twin_label(label) if twin else label,
                       book.clean_row(row, plan), f"FGM {eps:.3g}", published,
                       *_worst(worst, found.values(), eps))


def _of_study(book, name, attack, stronger):
    study = STUDIES[name]
    measures = {one.key: one for one in study.measures}
    found = []
    for network in study.rows:
        published = book.measure(name, network.key, attack)
        if published is None:
            continue
        worst = {}
        if not isinstance(stronger, str):
            worst = book.worst(study.data, network.key, stronger)
        found.append((network, published, worst))
    for network, published, worst in found:
        if isinstance(stronger, str):
            last = measures[stronger].label, book.measure(name, network.key, stronger)
        else:
            last = _worst(worst, found, stronger)
        yield Line(paper_of(name), study.data, study_label(network),
                   book.measure(name, network.key, "clean"), _with_radius(measures[attack]),
                   published, *last)


def _with_radius(measure):
    eps = measure.settings["eps"]
    return measure.label if any(map(str.isdigit, measure.label)) else f"{measure.label} {eps:.3g}"


def _worst(worst, found, eps):
    """(name, `Sample`) of a network's worst case, under a budget that the others had as well."""
    attacked = [set(one) for *_, one in found if one]
    common = set.intersection(*attacked) if attacked else set()
    key = largest(common & set(worst) or set(worst))
    if key is None:
        return "", None
    return f"suite, {key[0]}, eps {eps:.3g}, {key[1]} images", worst[key]


def _row(line):
    shown = {name: getattr(line, name) for name in ("clean", "published", "adaptive")}
    cells = {name: Cell(NOT_RUN) if one is None else Cell(one.text(), one.records)
             for name, one in shown.items()}
    counts = [str(len(one.per_seed)) for one in shown.values() if one is not None]
    seeds = counts[0] if len(set(counts)) == 1 else "; ".join(counts)
    return (Cell(PAPERS[line.paper]), Cell(data_name(line.data)), Cell(line.network),
            cells["clean"], cells["published"], cells["adaptive"], Cell(line.attack),
            Cell(line.stronger), Cell(seeds))


def _blocks(lines):
    """The lines as plain values, block by block, for the figure."""
    blocks = {}
    for line in lines:
        title = f"{PAPERS[line.paper]}, {data_name(line.data)}: {line.attack}"
        blocks.setdefault(title, []).append((line.network, *(
            None if one is None else (one.value, *one.interval())
            for one in (line.clean, line.published, line.adaptive)
        )))
    return blocks


def _csv(line):
    for measure, one in (("clean", line.clean), (line.attack, line.published),
                         (line.stronger, line.adaptive)):
        if one is not None:
            low, high = one.interval()
            yield {
                "system": line.paper, "data": line.data, "network": line.network,
                "measure": measure, "value": round(one.value, 4), "low": round(low, 4),
                "high": round(high, 4), "seeds": len(one.per_seed), "images": one.images,
                "records": " ".join(one.records),
            }
