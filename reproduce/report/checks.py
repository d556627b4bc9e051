"""What the report says about the checks of an adaptive evaluation."""

from reproduce.adaptive.check_results import draws_curve, plan_checks
from reproduce.report.figures import curve_figure
from reproduce.report.table import NOT_RUN, Cell, Table

COLUMNS = ("check", "result", "value", "limit", "what was done and seen")
ABOUT = (
    "A failed check means that the accuracies of this section may be too high: the attacks had "
    "not found all they could. A difference counts against a check only where its 95 % "
    "interval, paired by image, lies above 0."
)


def check_table(checks, plan):
    """`Table` of what `plan_checks` returned."""
    rows = [
        (Cell(one.name), Cell(one.verdict, records), Cell(one.number), Cell(one.limit),
         Cell(one.detail))
        for one, records in checks
    ]
    if plan.checks and not any(one.name == "logits" for one, _ in checks):
        rows.insert(0, (Cell("checks of the model"), Cell(NOT_RUN), *[Cell("")] * 3))
    return Table(f"{plan.name}-checks", "Checks", COLUMNS, tuple(rows), (ABOUT,))


def check_lines(checks, plan):
    """Lines of the CSV file: measure is the verdict, value the number that was judged."""
    return [
        {"model": plan.model, "attack": f"check: {one.name}", "measure": one.verdict,
         "value": None if one.value is None else round(one.value, 4),
         "records": " ".join(records)}
        for one, records in checks
    ]


def failures(checks):
    """A sentence that names the failed checks with their numbers, or ""."""
    failed = [
        f"{one.name} ({one.number}; asked: {one.limit})" if one.number else one.name
        for one, _ in checks if one.passed is False
    ]
    if not failed:
        return ""
    return (
        f"Failed checks: {', '.join(failed)}. The accuracies here may be too high, see the table "
        "of checks."
    )


def failures_of(plans, store):
    """For tables with several models: which of them failed which checks, or ""."""
    found = {
        plan.model: [one.name for one, _ in plan_checks(plan, store) if one.passed is False]
        for plan in plans
    }
    texts = [f"{model}: {', '.join(names)}" for model, names in found.items() if names]
    return f"Failed checks. {'; '.join(texts)}." if texts else ""


def draws_figure(plan, store):
    """PNG of accuracy against draws, or None where there is no such curve."""
    points = draws_curve(plan, store)
    if not points:
        return None
    eps, images = plan.checks["eps"], plan.checks["images"]
    title = f"{plan.model}: PGD at eps {eps:g} by draws averaged, {images} images"
    return curve_figure({"PGD": points}, "draws averaged in every step", title)
