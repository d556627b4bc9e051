"""Which cells of a plan have records: nothing is run here."""

from reproduce.adaptive.plan import AdaptivePlan
from reproduce.experiments import find
from reproduce.lookup import record_of
from reproduce.studies import STUDIES
from reproduce.studies.plan import StudyPlan


def cells_of(plan):
    """All cells of a plan of any kind, trainings first."""
    if isinstance(plan, AdaptivePlan):
        return plan.cells()
    if isinstance(plan, StudyPlan):
        return STUDIES[plan.study].cells(plan)
    return find(plan.experiment).cells(plan)


def is_measured(plan, store):
    """Whether a plan, which is saved before its run, has any result but trained networks."""
    return any(cell.kind != "train" and record_of(cell, plan, store) is not None
               for cell in cells_of(plan))


def count(plan, store):
    """(cells with a record, all cells) of a plan."""
    cells = cells_of(plan)
    return sum(record_of(cell, plan, store) is not None for cell in cells), len(cells)
