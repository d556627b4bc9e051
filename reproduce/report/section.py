"""What the report says about one experiment: tables, figures, CSV."""

import dataclasses

from reproduce.experiments import find
from reproduce.report import accuracy, attacks, figures
from reproduce.report.pictures import picture_figures
from reproduce.report.table import to_csv
from reproduce.report.training import training_table

PICTURES = {"pictures": 3, "alpha": 2, "attacks": 2}


@dataclasses.dataclass(frozen=True)
class Section:
    """Everything the report shows of one experiment.

    Args:
        name: of its files, for example "table3-mnist".
        title: headline.
        tables: tuple of `Table`.
        leading: how many of them the page shows above the pictures.
        pictures: dict from file name (without ending) to PNG bytes.
        csv: text of the CSV file with all digits.
        caveat: sentences that have to be read with the numbers, or "".
    """

    name: str
    title: str
    tables: tuple
    pictures: dict
    csv: str
    caveat: str = ""
    leading: int = 1


def section(plan, store):
    """The `Section` of a plan, from the records alone."""
    experiment = find(plan.experiment)
    if experiment.view == "accuracy":
        return _accuracy(experiment, plan, store)
    return _attacks(experiment, plan, store)


def _accuracy(experiment, plan, store):
    table = accuracy.accuracy_table(experiment, plan, store)
    lines = accuracy.accuracy_lines(experiment, plan, store)
    return Section(
        plan.name,
        table.title,
        (table, training_table(experiment, plan, store)),
        {plan.name: figures.accuracy_figure(lines, table.title)},
        to_csv(accuracy.COLUMNS, lines),
    )


def _attacks(experiment, plan, store):
    results = attacks.Results(experiment, plan, store)
    tables = [attacks.accuracy_under_attack(results), attacks.similarity_table(results)]
    pictures = {}
    if experiment.view == "alpha":
        tables.insert(0, attacks.alpha_table(results))
        pictures[f"{plan.name}-alpha"] = figures.alpha_figure(
            results.rows, results.alpha, results.alpha_interval
        )
    if experiment.view != "pictures":
        pictures[f"{plan.name}-attacks"] = figures.attack_figure(
            results.rows, results.attacks, attacks.ORDER
        )
    found = picture_figures(experiment, plan, store, PICTURES[experiment.view])
    for number, picture in enumerate(found, 1):
        pictures[f"{plan.name}-pictures-{number}"] = picture
    tables += [attacks.cost_table(results), training_table(experiment, plan, store)]
    return Section(
        plan.name,
        experiment.title + results.suffix(),
        tuple(tables),
        pictures,
        to_csv(attacks.COLUMNS, attacks.attack_lines(results)),
        attacks.CAVEAT,
    )
