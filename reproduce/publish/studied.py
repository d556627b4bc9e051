"""What the records say of a network of a study."""

import itertools

import numpy as np

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
                for measures in _together(study.measures):
                    make = _line if len(measures) == 1 else _mean_line
                    part = found[part_of(measures[0])]
                    part.append(make(training, study, plan, store, network, *measures))
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


def _together(measures):
    """Lists of measures, each for one line of a card: the corruptions of one severity are one.

    Activation maps are pictures of a few images and have no line.
    """
    def kind(measure):
        settings = measure.settings
        return ((settings["severity"], settings["parameters"]) if measure.kind == "corruption"
                else measure.key)

    shown = [measure for measure in measures if measure.kind != "maps"]
    return [list(group) for _, group in itertools.groupby(shown, kind)]


def _mean_line(training, study, plan, store, network, *measures):
    """The mean over several corruptions; a draw of one of them counts as a draw of the image."""
    from binomial_keras.evaluation import accuracy_interval

    settings = {key: measures[0].settings[key] for key in ("severity", "parameters")}
    what = (f"{study.name}: mean of {len(measures)} corruptions, severity "
            "{severity}, {parameters} parameters".format(**settings))
    correct, records = [], {}
    for measure in measures:
        found = point_of(study, plan, store, network, measure, training.cell.seed)
        if found is None:
            return unmeasured(what)
        point, record = found
        place = record["result"]["points"].index(point)
        correct.append(store.arrays(record)["correct"][place])
        records[record["id"]] = None
    draws, images = correct[0].shape
    correct = np.concatenate(correct)
    low, high = (100 * bound for bound in accuracy_interval(correct))
    return line(what, 100 * float(correct.mean()), low, high, images, draws, records,
                settings=settings)


def _line(training, study, plan, store, network, measure):
    what = "test images" if measure.kind == "clean" and not measure.change else measure.label
    if study.view == "curves" and measure.kind not in ATTACKS and what == measure.label:
        # A point of a curve is labelled with its place alone, and that may be a bare number.
        axis = "" if any(map(str.isalpha, what)) else f"{study.axis} "
        what = f"{study.name}: {axis}{what}"
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
