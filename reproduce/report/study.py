"""What the report says about a study."""

from reproduce.report.bandwidths import bandwidth_part
from reproduce.report.figures import line_figure
from reproduce.report.maps import maps_pictures
from reproduce.report.section import Section
from reproduce.report.table import NOT_RUN, Cell, Table, cell, to_csv
from reproduce.report.training import history_table
from reproduce.sample import difference
from reproduce.studies import STUDIES
from reproduce.studies.results import sample_of

COLUMNS = ("network", "measure", "at", "ours", "standard_error", "low", "high", "published",
           "published_standard_error", "seeds", "images", "records")
SPREAD = (
    "Accuracies in %: mean over training seeds ± standard error over them. After the semicolon: "
    "difference to the first {first}, paired by training seed and by image, with a 95 % interval "
    "that adds two sources of chance in quadrature: the images (bootstrap) and, from three seeds "
    "on, the trainings (Student's t). With fewer seeds it says nothing of other trainings."
)


def study_section(plan, store):
    """`Section` of one `StudyPlan`."""
    study = STUDIES[plan.study]
    found = {
        (network.key, measure.key): sample_of(study, plan, store, network, measure)
        for network in study.rows for measure in study.measures
    }
    title = study.title + ("" if plan.data == study.data else f": the same on {plan.data}")
    curves = study.view == "curves"
    spread = SPREAD.format(first="network" if curves else "row")
    notes = tuple(note for note in (_how(study, plan, found), study.note, spread) if note)
    if curves:
        table = _transposed(study, plan, found, title, notes)
        pictures = {plan.name: line_figure(_curves(study, found), study.axis, title)}
    else:
        table, pictures = _table(study, plan, found, title, notes), {}
    if study.view == "maps":
        pictures = maps_pictures(study, plan, store)
    more, scattered = bandwidth_part(study, plan, store, found)
    networks = [(network, seed, study.training(plan, network, seed))
                for network in study.networks for seed in range(plan.seeds)]
    return Section(
        plan.name, title,
        (table, *([more] if more else []), history_table(networks, plan, store)),
        {**pictures, **scattered}, to_csv(COLUMNS, _lines(study, plan, found)),
    )


def _how(study, plan, found):
    width = plan.training["width"]
    short = plan.training["recipe"] != "paper"
    recipe = "short recipe (the paper's: --recipe paper)" if short else "the paper's recipe"
    # Those that were run: a plan may have more, and a row fewer than another.
    ran = sorted({len(one.per_seed) for one in found.values() if one is not None}) or [0]
    seeds = "1 seed" if ran == [1] else f"{ran[0]} seeds"
    if len(ran) > 1:
        seeds = f"{ran[0]} to {ran[-1]} seeds"
    tested = f"{plan.images} test images"
    if plan.clean_images not in (None, plan.images):
        tested += f" ({plan.clean_images} of clean accuracies)"
    parts = [seeds, tested, recipe]
    if plan.training["overrides"]:
        parts.append(", ".join(f"{k} = {v}" for k, v in sorted(plan.training["overrides"].items())))
    if width is not None and width < 1:
        parts.append(f"feature maps x {width:g}")
    if any(network.noisy for network in study.rows):
        parts.append(f"{plan.draws} draws per image for networks with noise")
    return f"Ours: {'; '.join(parts)}."


def _table(study, plan, found, title, notes):
    columns, rows = ["network"], []
    printed = {measure for _, measure in study.published}
    for measure in study.measures:
        columns.append(measure.label)
        columns += ["published"] if measure.key in printed else []
    for network in study.rows:
        line = [Cell(network.label)]
        for measure in study.measures:
            line.append(_shown(found, study, network, measure))
            if measure.key in printed:
                line.append(_published(study, network, measure))
        rows.append(tuple(line))
    return Table(plan.name, title, tuple(columns), tuple(rows), notes)


def _transposed(study, plan, found, title, notes):
    """A point per row: curves have more of them than a page is wide."""
    rows = [
        (Cell(measure.label), *(_shown(found, study, network, measure) for network in study.rows))
        for measure in study.measures
    ]
    # Rows that are no points of the axis, such as other attacks, stand beside those that are.
    on_axis = all(measure.at is not None for measure in study.measures)
    columns = (study.axis if on_axis else "measure", *(network.label for network in study.rows))
    return Table(plan.name, title, columns, tuple(rows), notes)


def _shown(found, study, network, measure):
    one, first = found[network.key, measure.key], found[study.rows[0].key, measure.key]
    if one is None:
        return Cell(NOT_RUN)
    text = f"{one.value:.2f}" + ("" if one.error is None else f" ± {one.error:.2f}")
    gap = difference(one, first) if first is not None and network is not study.rows[0] else None
    if gap is not None:
        text += "; {:+.2f} ({:+.2f} – {:+.2f})".format(*gap[:3])
    return Cell(text, one.records)


def _published(study, network, measure):
    value, error = study.published.get((network.key, measure.key), (None, None))
    if value is None:
        return Cell("none")
    return cell(value, pattern="{:.2f}" + ("" if error is None else f" ± {error:.2f}"))


def _curves(study, found):
    """{network: [(x, value, low, high)]} of all measures that stand on the axis."""
    curves = {}
    for network in study.rows:
        at = {}
        for measure in study.measures:
            one = found[network.key, measure.key]
            if one is not None and measure.at is not None:
                at.setdefault(measure.at, []).append(one)
        # Several measures may share a place, such as all corruptions of one severity.
        curves[network.label] = [
            (x, *(sum(values) / len(values) for values in
                  zip(*((one.value, *one.interval()) for one in ones))))
            for x, ones in sorted(at.items())
        ]
    return curves


def _lines(study, plan, found):
    lines = []
    for network in study.rows:
        for measure in study.measures:
            one = found[network.key, measure.key]
            value, error = study.published.get((network.key, measure.key), (None, None))
            line = {"network": network.key, "measure": measure.key, "at": measure.at,
                    "published": value, "published_standard_error": error}
            if one is not None:
                low, high = one.interval()
                line |= {
                    "ours": round(one.value, 4), "low": round(low, 4),
                    "high": round(high, 4), "seeds": len(one.per_seed),
                    "standard_error": None if one.error is None else round(one.error, 4),
                    "images": one.images, "records": " ".join(one.records),
                }
            lines.append(line)
    return lines
