"""What the records say of a network of a study."""

from reproduce.publish.lines import line, most_images, unmeasured
from reproduce.studies import STUDIES
from reproduce.studies.measures import ATTACKS
from reproduce.studies.plan import StudyPlan
from reproduce.studies.results import point_of

# Attacks that look for the worst case of a network, whatever a paper did.
_WORST = ("worst_case", "pgd-ensemble", "apgd")


def study_lines(training, plans, store):
    """{"clean", "as_published", "adaptive", "other": lines} of a training; see `zoo.Card`.

    What a study measures and has no record of has a line that says so.
    """
    found = {"clean": [], "as_published": [], "adaptive": [], "other": []}
    for plan in plans:
        study = STUDIES.get(plan.study) if isinstance(plan, StudyPlan) else None
        for network in study.rows if study else ():
            cell = study.training(plan, network, training.cell.seed)
            if training.is_of(cell, plan.data_sha256["train"]):
                for measure in study.measures:
                    part = found[part_of(measure)]
                    part.append(_line(training, study, plan, store, network, measure))
    if not found["clean"]:
        found["clean"].append(unmeasured("test images"))
    return {key: most_images(lines, ("what", "settings", "change", "source"))
            for key, lines in found.items()}


def part_of(measure):
    """The part of a card that a measure belongs to.

    An attack that averages over the noise, or looks for the worst case, is not a paper's own.
    """
    if measure.change or measure.kind not in (*ATTACKS, "clean"):
        return "other"
    if measure.kind == "clean":
        return "clean"
    averaged = measure.settings.get("draws", 1) > 1
    return "adaptive" if averaged or measure.kind in _WORST else "as_published"


def _line(training, study, plan, store, network, measure):
    what = "test images" if measure.kind == "clean" and not measure.change else measure.label
    if study.view == "curves" and measure.kind not in ATTACKS and what == measure.label:
        # A point of a curve is labelled with its place alone.
        what = f"{study.name}: {what}"
    point = point_of(study, plan, store, network, measure, training.cell.seed)
    if point is None:
        return unmeasured(what)
    result, record = point
    low, high = (100 * bound for bound in result["interval"])
    return line(
        what, 100 * result["accuracy"], low, high, record["result"]["images"],
        record["result"]["draws"], [record["id"]], sd_over_draws=_spread(store, record, measure),
        settings=measure.settings or None, change=measure.change or None, source=measure.source,
    )


def _spread(store, record, measure):
    """Standard deviation over draws of a clean accuracy in percent; None for one draw."""
    if measure.kind != "clean" or record["result"]["draws"] < 2:
        return None
    places = [point["kind"] == "clean" and not point["change"]
              for point in record["result"]["points"]]
    if True not in places:
        return None
    hits = store.arrays(record)["correct"][places.index(True)]
    return round(100 * float(hits.mean(axis=1).std(ddof=1)), 4)
