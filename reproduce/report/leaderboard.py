"""All networks of a data set under the same attacks."""

import numpy as np

from reproduce.adaptive.cell import NO_ATTACK
from reproduce.adaptive.plan import AdaptivePlan
from reproduce.adaptive.results import attack_result, worst_result
from reproduce.claims.book import Book
from reproduce.claims.networks import data_name, paper_of, study_label, twin_label
from reproduce.experiments import find
from reproduce.experiments.networks import architecture_of
from reproduce.plan import Plan
from reproduce.published import ATTACKS
from reproduce.report.section import Section
from reproduce.report.table import Cell, Table, to_csv
from reproduce.sample import Point, Sample
from reproduce.studies import STUDIES
from reproduce.studies.plan import StudyPlan

# Kinds of measures of a study that a paper's own protocol consists of, and those that do more.
_PUBLISHED = ("fgsm", "pgd", "one_step", "lbfgs", "carlini", "boundary", "pixel")
_ADAPTIVE = ("worst_case", "pgd-ensemble", "apgd")
# The budgets that networks of several papers have in common; others are on the papers' pages.
_COMMON = (0.05, 0.1, 0.13, 0.3, 8 / 255, 2.0, 0.5)
EMPTY = "—"
_NOTES = (
    "Accuracies in %. A column holds only what may be compared: the same data, number of images, "
    "attack, norm, radius and budget; where these differ, columns differ. \"—\": not run. "
    "Interval: over images, and from three training seeds on over these as well (Student's t). "
    "Images are the first ones of one fixed list.",
    "As published: each paper's own attack. Averaged: one attack, the gradient a mean over draws. "
    "Adaptive: per-image worst case over the suite of "
    "`run adaptive` (its budget in front), or over that of the study that the column names. Cost: "
    "images passed forward and backward and seconds, per image, of all attacks of the column. "
    "Seconds were taken on whatever machine made the record.",
    "Without noise: the same weights, tested as type D. Which attacks a suite holds depends on the "
    "network: those that average over noise, or go around gates and surrogates, exist only where "
    "there are such. A network with failed checks may be less robust than its row says.",
)


class _Board:
    """Rows and columns as they are found.

    Args:
        book: `Book`.
        data: name of the data set.
    """

    def __init__(self, book, data):
        self.book, self.data = book, data
        self.rows, self.columns = {}, {}

    def put(self, row, column, text, records=(), order=0):
        """Sets a cell; `order` sorts the columns."""
        self.columns.setdefault(column, order)
        self.rows.setdefault(row, {})[column] = Cell(text, tuple(records))

    def sample(self, row, column, sample, order):
        """Sets a cell to a `Sample`, if there is one."""
        if sample is not None:
            seeds = len(sample.per_seed)
            self.put(row, f"{column}, {sample.images} images",
                     sample.text() + (f", {seeds} seeds" if seeds > 1 else ""),
                     sample.records, order)

    def table(self):
        """`Table` of what was put."""
        columns = sorted(self.columns, key=lambda name: (self.columns[name], name))
        seeds = self._seeds()
        rows = tuple(
            (Cell(name), Cell(paper), Cell(seeds.get((name, paper), "")),
             *(cells.get(column, Cell(EMPTY)) for column in columns))
            for (name, paper), cells in self.rows.items()
        )
        title = f"Leaderboard, {data_name(self.data)}"
        return Table(f"leaderboard-{self.data}", title,
                     ("network", "paper", "training seeds", *columns), rows, _NOTES)

    def _seeds(self):
        found = {}
        for trained in self.book.networks.values():
            if trained.data == self.data:
                for name in (trained.label, twin_label(trained.label)):
                    found.setdefault((name, trained.paper), set()).add(trained.seed)
        return {row: str(len(seeds)) for row, seeds in found.items()}


def leaderboard_sections(plans, store):
    """One `Section` per data set with attacked networks."""
    book, sections = Book(plans, store), []
    for data in dict.fromkeys(plan.data for plan in plans):
        board = _Board(book, data)
        for plan in plans:
            if plan.data != data:
                continue
            if isinstance(plan, AdaptivePlan):
                _adaptive(board, plan)
            elif isinstance(plan, StudyPlan):
                _study(board, plan)
            elif isinstance(plan, Plan) and plan.architecture == architecture_of(data):
                _experiment(board, plan)
        if len(board.columns) > 1:
            table = board.table()
            lines = [dict(zip(table.columns, (cell.text for cell in row))) for row in table.rows]
            sections.append(Section(table.name, table.title, (table,), {},
                                    to_csv(table.columns, lines)))
    return sections


def _experiment(board, plan):
    """The binomial networks, tested as trained and as D."""
    labels = {one.network: one.label for one in board.book.networks.values()
              if one.paper == "binomial" and one.data == board.data and one.usual}
    for row in find(plan.experiment).rows:
        label = labels.get(row.network)
        as_trained = row.train == row.test
        if label is None or not (as_trained or row.test[0] == "D"):
            continue
        key = (label if as_trained else twin_label(label), "binomial")
        clean = board.book.clean_row(row, plan)
        board.sample(key, "clean", clean, 0)
        for attack in ATTACKS:
            settings = plan.attacks.get(attack, {}).get("settings", {})
            about = [f"{name} {settings[name]:g}" for name in ("eps", "max_iter")
                     if settings.get(name) is not None]
            board.sample(key, f"as published, {' '.join([attack, *about])}",
                         board.book.attacked_row(row, plan, attack), 1)


def _study(board, plan):
    study = STUDIES[plan.study]
    for measure in study.measures:
        order, column = _place(study, measure)
        if order is None:
            continue
        for network in study.rows:
            sample = board.book.measure(study.name, network.key, measure.key, plan.data)
            board.sample((study_label(network), paper_of(study.name)), column, sample, order)


def _place(study, measure):
    """(order, name) of a measure's column; (None, "") for what is no part of a leaderboard."""
    eps = measure.settings.get("eps")
    if measure.change or (eps is not None and eps not in _COMMON):
        return None, ""
    if measure.kind == "clean":
        return 0, "clean"
    if measure.kind in _ADAPTIVE:
        return 2, f"adaptive, {study.name}: {measure.label}"
    if measure.kind in _PUBLISHED:
        averaged = measure.settings.get("draws", 1) > 1
        return 1, f"{'averaged' if averaged else 'as published'}, {measure.label}"
    return None, ""


def _adaptive(board, plan):
    trained = board.book.networks.get(plan.weights_sha256)
    label, paper = (plan.model, "other") if trained is None else (trained.label, trained.paper)
    # Other architectures of the binomial networks are on their own page.
    network = plan.model if trained is None else trained.network
    key = (twin_label(label) if plan.is_twin else label, paper)
    norm, budget = plan.setting["norm"], plan.setting["budget"]
    clean = attack_result(plan, board.book.store, NO_ATTACK, 0.0)
    if clean is None:
        return
    for eps in plan.eps:
        column = f"adaptive, {budget}, L{norm} eps {eps:g}"
        sample = _worst(board.book, plan, trained, eps)
        board.sample(key, column, sample, 2)
        if sample is not None and eps == _primary(plan):
            _cost(board, key, plan, eps)
    failed = () if trained is None else board.book.failed(plan.data, network, plan.is_twin)
    if key in board.rows:
        board.put(key, "failed checks", ", ".join(failed) or "none", (), 4)


def _worst(book, plan, trained, eps):
    """`Sample` of the worst case, over all seeds of a network that was trained here, or None."""
    if trained is None:
        one = worst_result(plan, book.store, eps)
        return None if one is None else Sample({0: Point(100 * one.score.share, one.records)})
    if not trained.usual or plan.setting["norm"] != "inf":
        return None
    found = book.worst(plan.data, trained.network, eps, plan.is_twin)
    return found.get((plan.setting["budget"], plan.images, plan.data_sha256["test"]))


def _primary(plan):
    """The radius whose cost is shown: 0.1 if it was run, else the middle one."""
    return 0.1 if 0.1 in plan.eps else plan.eps[len(plan.eps) // 2]


def _cost(board, key, plan, eps):
    found = [attack_result(plan, board.book.store, name, eps) for name in plan.attacks[str(eps)]]
    found = [one for one in found if one is not None]
    records = tuple(name for one in found for name in one.records)
    where = f"adaptive, {plan.setting['budget']}, eps {eps:g}"
    for name, pattern in (("forwards", "{:.0f}"), ("backwards", "{:.0f}"), ("seconds", "{:.2f}")):
        total = float(np.sum([getattr(one, name) for one in found])) / plan.images
        board.put(key, f"cost per image, {where}: {name}", pattern.format(total), records, 3)

