"""The reconstructed architectures side by side: what decides which one is used."""

from reproduce.claims.networks import data_name
from reproduce.experiments import EXPERIMENTS
from reproduce.experiments.networks import ARCHITECTURES
from reproduce.plan import Plan
from reproduce.report.rows import attacks_of, clean_of
from reproduce.report.section import Section
from reproduce.report.table import Table, cell, to_csv

# Type D costs least to train and says most: its tests with few spikes and FGM part the variants.
_NETWORK = "D"
_ATTACKS = ("FGM", "Square")
NOTE = (
    "Accuracies in %, network D, every architecture trained alike. The paper "
    "does not print the layers of its networks; the variant whose numbers come closest is the "
    "one used in the other tables. A number that only one variant can have is evidence for the "
    "layers, not for the paper's claims."
)


def architecture_sections(plans, store):
    """One `Section` per data set with more than one architecture among the plans."""
    sections, plans = [], [plan for plan in plans if isinstance(plan, Plan)]
    for data in dict.fromkeys(plan.data for plan in plans):
        known = {
            (plan.experiment, plan.architecture): plan for plan in plans if plan.data == data
        }
        used = [name for name in ARCHITECTURES if any(key[1] == name for key in known)]
        if len(used) > 1:
            sections.append(_section(data, known, used, store))
    return sections


def _section(data, known, used, store):
    clean = _experiment(data, "accuracy", known)
    attacked = _experiment(data, "attacks", known)
    lines = [_published(clean, attacked)]
    lines += [_ours(name, clean, attacked, known, store) for name in used]
    columns = tuple(lines[0])
    table = Table(
        f"architectures-{data}",
        f"Architectures tried on {data_name(data)}",
        columns,
        tuple(tuple(line[column] for column in columns) for line in lines),
        (NOTE,),
    )
    plain = [{column: one.text for column, one in line.items()} for line in lines]
    return Section(table.name, table.title, (table,), {}, to_csv(columns, plain))


def _experiment(data, view, known):
    names = {name for name, _ in known}
    fitting = [e for e in EXPERIMENTS.values() if e.view == view and e.name in names]
    return next((e for e in fitting if e.data == data), None)


def _clean_rows(experiment):
    rows = [row for row in experiment.rows if row.network == _NETWORK] if experiment else []
    labels = [row.label for row in rows]
    # The paper prints "D to C" twice, for its two graphs, with different numbers.
    return {
        row.label if labels.count(row.label) == 1 else f"{row.label}, row {row.number}": row
        for row in rows
    }


def _attacked_row(experiment):
    return next((row for row in experiment.rows if row.network == _NETWORK), None)


def _published(clean, attacked):
    line = {"Architecture": cell("the paper")}
    for label, row in _clean_rows(clean).items():
        line[label] = cell(row.published["accuracy"], pattern="{:.2f}")
    if attacked is not None:
        given = _attacked_row(attacked).published["attacked"]
        line |= {f"{name}, D → D": cell(given[name], pattern="{:.1f}") for name in _ATTACKS}
    return line


def _ours(name, clean, attacked, known, store):
    line = {"Architecture": cell(name)}
    plan = known.get((clean.name, name)) if clean else None
    for label, row in _clean_rows(clean).items():
        line[label] = _shown(clean_of(store, plan, row) if plan else None, "{:.2f}")
    if attacked is not None:
        plan = known.get((attacked.name, name))
        found = attacks_of(store, plan, _attacked_row(attacked)) if plan else {}
        for attack in _ATTACKS:
            one = found.get(attack)
            line[f"{attack}, D → D"] = _shown(one and one.accuracy, "{:.1f}")
    return line


def _shown(base, pattern):
    return cell(base and base.value, base.records if base else (), pattern)
