"""What the report says about an adaptive evaluation."""

import dataclasses

from reproduce.adaptive.cell import NO_ATTACK
from reproduce.adaptive.check_results import plan_checks
from reproduce.adaptive.groups import comparison_groups
from reproduce.adaptive.plan import TWIN
from reproduce.adaptive.results import attack_result, worst_result
from reproduce.claims.networks import data_name
from reproduce.report import checks as shown_checks
from reproduce.report.attacked_images import attacked_figure
from reproduce.report.figures import curve_figure
from reproduce.report.section import Section
from reproduce.report.table import NOT_RUN, Cell, Table, cell, to_csv

COMPARISON = "adaptive-comparison-"
COLUMNS = ("model", "eps", "attack", "measure", "value", "low", "high", "images", "records")
MEASURES = (
    "Accuracies in % with 95 % bootstrap intervals over images (seed 0), counted in fresh draws "
    "that no attack and no choice has seen. Single pass: one draw decides, mean over draws. Vote "
    "of N: the mean softmax of N draws decides. Worst of N: right in all N draws."
)
WORST = (
    "The worst case takes, for every image, the attack (or none) that left the fewest right draws "
    "in a set of draws of its own. It is an upper bound of the robust accuracy: a stronger attack "
    "can only lower it."
)


def adaptive_section(plan, store):
    """`Section` of one `AdaptivePlan`."""
    table, lines, curves = _headline(plan, store)
    checks = plan_checks(plan, store)
    failures = shown_checks.failures(checks)
    if failures:
        table = dataclasses.replace(table, notes=(failures, *table.notes))
    by_attack, more, others = _by_attack(plan, store)
    title = (
        f"{plan.model} on {data_name(plan.data)} under attacks that average over its noise, "
        f"L{plan.setting['norm']}, budget {plan.setting['budget']}"
    )
    pictures = {f"{plan.name}-eps": curve_figure({**curves, **others}, "eps", title)}
    draws = shown_checks.draws_figure(plan, store)
    if draws is not None:
        pictures[f"{plan.name}-draws"] = draws
    attacked = attacked_figure(plan, store)
    if attacked is not None:
        pictures[f"{plan.name}-images"] = attacked
    lines += more + shown_checks.check_lines(checks, plan)
    return Section(
        plan.name, title,
        (table, shown_checks.check_table(checks, plan), by_attack, _cost(plan, store)), pictures,
        to_csv(COLUMNS, lines), f"{_how(plan)} {failures}".strip(), leading=2,
    )


def _how(plan):
    setting = plan.setting
    return (
        f"Budget {setting['budget']}, gradients and losses averaged over {setting['draws']} draws "
        f"where the model has noise, {plan.images} images, scored in {setting['score_draws']} "
        f"fresh draws, chosen in {setting['selection_draws']} others."
    )


def _headline(plan, store):
    """The worst case per ball; also as CSV lines and as points of a curve."""
    rows, lines, points = [], [], []
    votes = plan.setting["votes"]
    for eps in (0.0, *plan.eps):
        found = _of(plan, store, eps)
        if found is None:
            rows.append((Cell(f"{eps:g}"), *[Cell(NOT_RUN)] * (3 + 2 * len(votes))))
            continue
        score, ran, most = found.score, "", ""
        if eps:
            ran = f"{found.attacks} of {found.planned}"
            most = ", ".join(f"{name} ({count})" for name, count in
                             sorted(found.counts.items(), key=lambda one: -one[1])[:3] if count)
        estimates = score.table()
        rows.append((Cell(f"{eps:g}"), *(_interval(one, found.records)
                                         for one in estimates.values()), Cell(ran), Cell(most)))
        name = "worst case" if eps else NO_ATTACK
        lines += [_line(plan, eps, name, measure, one, found) for measure, one in estimates.items()]
        points.append((eps, estimates["single pass"]))
    measures = ["single pass", *(f"vote of {n}" for n in votes), *(f"worst of {n}" for n in votes)]
    table = Table(
        f"{plan.name}-worst", "Per-image worst case over the suite",
        ("eps", *measures, "attacks", "worst for (images)"), tuple(rows), (MEASURES, WORST),
    )
    return table, lines, {"worst case": points}


def _of(plan, store, eps):
    return worst_result(plan, store, eps) if eps else attack_result(plan, store, NO_ATTACK, 0.0)


def _by_attack(plan, store):
    """Single-pass accuracy under every attack, per ball."""
    rows, lines, curves = [], [], {}
    for attack in dict.fromkeys(name for specs in plan.attacks.values() for name in specs):
        shown = [Cell(attack)]
        for eps in plan.eps:
            found = attack_result(plan, store, attack, eps)
            if found is None:
                shown.append(Cell(NOT_RUN))
                continue
            estimate = found.score.single_pass()
            shown.append(cell(100 * estimate.value, found.records, "{:.1f}"))
            lines.append(_line(plan, eps, attack, "single pass", estimate, found))
            curves.setdefault(attack, []).append((eps, estimate))
        rows.append(tuple(shown))
    table = Table(
        f"{plan.name}-attacks", "Single-pass accuracy under each attack (%)",
        ("attack", *(f"eps {eps:g}" for eps in plan.eps)), tuple(rows),
        ("An attack alone, on all images; images that it leaves as they are count as well.",),
    )
    return table, lines, curves


def _cost(plan, store):
    rows = []
    for attack in dict.fromkeys(name for specs in plan.attacks.values() for name in specs):
        for eps in plan.eps:
            found = attack_result(plan, store, attack, eps)
            if found is None:
                continue
            images = plan.images
            rows.append((
                Cell(attack), Cell(f"{eps:g}"),
                cell(found.forwards / images, found.records, "{:.0f}"),
                cell(found.backwards / images, (), "{:.0f}"),
                cell(found.seconds / images, (), "{:.3f}"),
                cell(100 * found.unchanged.mean(), (), "{:.0f}"),
            ))
    return Table(
        f"{plan.name}-cost", "Cost of the attacks per image",
        ("attack", "eps", "forwards", "backwards", "seconds", "unchanged images (%)"), tuple(rows),
    )


def _interval(estimate, records):
    low, high = 100 * estimate.low, 100 * estimate.high
    return Cell(f"{100 * estimate.value:.1f} ({low:.1f} – {high:.1f})", tuple(records))


def _line(plan, eps, attack, measure, estimate, found):
    return {
        "model": plan.model, "eps": eps, "attack": attack, "measure": measure,
        "value": round(100 * estimate.value, 4), "low": round(100 * estimate.low, 4),
        "high": round(100 * estimate.high, 4), "images": estimate.images,
        "records": " ".join(found.records),
    }


def comparison_sections(plans, store):
    """One `Section` per group of models that were attacked on the same images in the same balls."""
    return [_comparison(f"{COMPARISON}{name}", group, store)
            for name, group in comparison_groups(plans).items()]


def _control(plan, group):
    """What a model is compared with: its twin; in a group without twins the baseline; or None."""
    twins = {one.model: one for one in group if one.is_twin}
    return twins.get(plan.model + TWIN) if twins else _baseline(group)


def _baseline(group):
    """The model that is called so, or the one with ReLU, or else the first."""
    for name in ("baseline", "-relu-"):
        for one in group:
            if name in one.model:
                return one
    return group[0]


def _comparison(name, group, store):
    from binomial_keras.evaluation import paired_difference

    first = group[0]
    rows, lines, curves = [], [], {}
    for plan in group:
        shown, other = [Cell(plan.model)], _control(plan, group)
        for eps in (0.0, *first.eps):
            found, base = _of(plan, store, eps), other and _of(other, store, eps)
            if found is None:
                shown.append(Cell(NOT_RUN))
                continue
            estimate = found.score.single_pass()
            text = _interval(estimate, found.records).text
            if plan is not other and base is not None:
                gap = paired_difference(found.score, base.score).estimate
                text += (f"; {100 * gap.value:+.1f} ({100 * gap.low:+.1f} – "
                         f"{100 * gap.high:+.1f})")
            shown.append(Cell(text, found.records))
            lines.append(_line(plan, eps, "worst case" if eps else NO_ATTACK, "single pass",
                               estimate, found))
            curves.setdefault(plan.model, []).append((eps, estimate))
        rows.append(tuple(shown))
    failed = shown_checks.failures_of(group, store)
    control = "the model's own twin (-as-D: the same weights without noise), where it has one"
    if not any(plan.is_twin for plan in group):
        control = _baseline(group).model
    title = (f"Worst cases side by side on {data_name(first.data)}, L{first.setting['norm']}, "
             f"budget {first.setting['budget']}, {first.images} images")
    table = Table(
        name, title, ("model", *(f"eps {eps:g}" for eps in (0.0, *first.eps))), tuple(rows),
        (*([failed] if failed else ()), MEASURES,
         f"After the semicolon: difference to {control}, on the same images, with a paired "
         "bootstrap interval.", WORST),
    )
    return Section(name, title, (table,), {f"{name}-eps": curve_figure(curves, "eps", title)},
                   to_csv(COLUMNS, lines))
