"""As published beside adaptive: what a paper's own protocol says of a network, and what is left."""

from reproduce.adaptive.plan import AdaptivePlan
from reproduce.adaptive.results import worst_result
from reproduce.claims.networks import data_name
from reproduce.experiments import find
from reproduce.experiments.rows import checkpoint
from reproduce.lookup import weights_of
from reproduce.plan import Plan
from reproduce.published import ATTACKS
from reproduce.report.rows import attacks_of, clean_of
from reproduce.report.section import Section
from reproduce.report.table import NOT_RUN, Cell, Table, cell, to_csv

NOTE = (
    "Accuracies in %. As published: the attacks of the paper with their library's settings, which "
    "look at one draw, scored in fresh draws on 300 images. Adaptive: the per-image worst case "
    "over attacks that average over the noise, in a ball of radius eps (L-infinity), with a 95 % "
    "interval. Both columns are of the same weights and "
    "neurons; X → D is the network X tested without its noise. A worst case is an upper bound: "
    "compare budgets."
)


def two_column_sections(plans, store):
    """One `Section` per data set on which networks were attacked both ways."""
    sections = []
    adaptive = [plan for plan in plans if isinstance(plan, AdaptivePlan)]
    for data in dict.fromkeys(plan.data for plan in adaptive):
        chosen = [p for p in adaptive if p.data == data and p.setting["norm"] == "inf"]
        lines = [_line(plan, plans, store) for plan in chosen]
        lines = [line for line in lines if line is not None]
        if lines:
            sections.append(_section(data, lines))
    return sections


def _section(data, lines):
    # Most balls first: its columns are in order.
    longest = sorted(lines, key=len, reverse=True)
    columns = list(dict.fromkeys(column for line in longest for column in line))
    name = f"as-published-and-adaptive-{data}"
    title = f"As published and adaptive, {data_name(data)}"
    rows = tuple(tuple(line.get(column, Cell(NOT_RUN)) for column in columns) for line in lines)
    table = Table(name, title, tuple(columns), rows, (NOTE,))
    plain = [{column: one.text for column, one in line.items()} for line in lines]
    return Section(name, title, (table,), {}, to_csv(columns, plain))


def _line(adaptive, plans, store):
    found = _published_row(adaptive, plans, store)
    if found is None:
        return None
    plan, row = found
    clean = clean_of(store, plan, row)
    line = {
        "network": Cell(f"{row.network} ({row.label})"),
        "budget": Cell(adaptive.setting["budget"]),
        "clean": cell(clean and clean.value, clean.records if clean else (), "{:.1f}"),
    }
    attacked = attacks_of(store, plan, row)
    for attack in ATTACKS:
        one = attacked[attack] and attacked[attack].accuracy
        line[f"{attack}, as published"] = cell(
            one and one.value, one.records if one else (), "{:.1f}"
        )
    for eps in adaptive.eps:
        worst = worst_result(adaptive, store, eps)
        text = NOT_RUN
        if worst is not None:
            estimate = worst.score.single_pass()
            value, low, high = (100 * v for v in (estimate.value, estimate.low, estimate.high))
            text = f"{value:.1f} ({low:.1f} – {high:.1f})"
            if worst.attacks < worst.planned:
                text += f", {worst.attacks} of {worst.planned} attacks"
        line[f"adaptive, eps {eps:g}"] = Cell(text, worst.records if worst else ())
    return line


def _published_row(adaptive, plans, store):
    """(plan, row) of an attacked experiment that tests these weights with the same neurons.

    These are the trained ones, or, of a twin, those without noise.
    """
    for plan in plans:
        if not isinstance(plan, Plan) or plan.data != adaptive.data:
            continue
        experiment = find(plan.experiment)
        for row in experiment.rows if experiment.attacked else ():
            trained = checkpoint(plan, row.network, 0)
            same = row.test[0] == "D" if adaptive.is_twin else row.train == row.test
            if same and trained is not None and weights_of(
                trained, plan, store
            ) == adaptive.weights_sha256:
                return plan, row
    return None
