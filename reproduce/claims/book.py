"""What a claim may ask the records for."""

import functools

import numpy as np

from reproduce.adaptive.check_results import plan_checks
from reproduce.adaptive.plan import AdaptivePlan
from reproduce.adaptive.results import worst_result
from reproduce.claims.networks import trained_networks
from reproduce.experiments import find
from reproduce.experiments.networks import architecture_of
from reproduce.plan import Plan
from reproduce.report.rows import attack_parts, clean_hits
from reproduce.sample import Point, Sample
from reproduce.studies import STUDIES
from reproduce.studies.plan import StudyPlan
from reproduce.studies.results import sample_of

# The larger the budget, the nearer the accuracy is to what an attacker can do.
_BUDGETS = ("quick", "standard", "full")


class Book:
    """Plans and records, asked by network and not by file.

    Args:
        plans: list of plans.
        store: the `RecordStore`.
    """

    def __init__(self, plans, store):
        self.plans, self.store = plans, store
        self.networks = trained_networks(plans, store)
        self.worst = functools.cache(self._worst)
        self.failed = functools.cache(self._failed)

    def plan(self, name, data):
        """The plan of an experiment or study on a data set, in its usual architecture, or None."""
        for plan in self.plans:
            if plan.data != data:
                continue
            if isinstance(plan, StudyPlan) and plan.study == name:
                return plan
            if isinstance(plan, Plan) and plan.experiment == name and (
                plan.architecture == architecture_of(data)
            ):
                return plan
        return None

    def rows(self, experiment, data):
        """[(row, its plan)] of an experiment; empty where it was not run."""
        plan = self.plan(experiment, data)
        return [] if plan is None else [(row, plan) for row in find(experiment).rows]

    def clean(self, experiment, data, network, test):
        """Clean accuracy of a network tested as (neuron, T): `Sample` or None."""
        for row, plan in self.rows(experiment, data):
            if row.network == network and row.test == test:
                return self.clean_row(row, plan)
        return None

    def clean_row(self, row, plan):
        """Clean accuracy of a row: `Sample` or None."""
        points = {}
        for seed in range(plan.seeds):
            hits, record = clean_hits(self.store, plan, row, seed)
            if record is not None:
                points[seed] = Point(100 * hits.mean(axis=0), (record["id"],))
        return Sample(points) if points else None

    def attacked_row(self, row, plan, attack, name="correct"):
        """Accuracy of a row under an attack, or (`name="ssim"`) similarity: `Sample` or None."""
        points = {}
        for seed in range(plan.seeds):
            parts = attack_parts(self.store, plan, row, attack, seed)
            if parts:
                whole = np.concatenate([np.atleast_2d(arrays[name]) for arrays, _ in parts],
                                       axis=1)
                points[seed] = Point(100 * whole.mean(axis=0),
                                     tuple(record["id"] for _, record in parts))
        return Sample(points) if points else None

    def measure(self, study, network, measure, data=None):
        """A measure of a study: `Sample` or None.

        Args:
            study, network, measure: keys.
            data: name of the data set, that of the study by default.
        """
        known = STUDIES[study]
        plan = self.plan(study, data or known.data)
        if plan is None:
            return None
        asked = known.network(network)
        wanted = next(one for one in known.measures if one.key == measure)
        return sample_of(known, plan, self.store, asked, wanted)

    def adaptive_plans(self, data, network, twin=False):
        """[(training seed, `AdaptivePlan`)] of a network, with or without its noise."""
        found = []
        for plan in self.plans:
            if not isinstance(plan, AdaptivePlan) or plan.is_twin != twin:
                continue
            trained = self.networks.get(plan.weights_sha256)
            if trained and trained.usual and (trained.data, trained.network) == (data, network):
                found.append((trained.seed, plan))
        return found

    def _worst(self, data, network, eps, twin=False):
        """{what was attacked and how: `Sample`} of the per-image worst cases within a ball.

        The key holds all that has to agree before two numbers are compared.
        """
        found = {}
        for seed, plan in self.adaptive_plans(data, network, twin):
            one = worst_result(plan, self.store, eps) if eps in plan.eps else None
            if one is not None and plan.setting["norm"] == "inf":
                key = (plan.setting["budget"], plan.images, plan.data_sha256["test"])
                found.setdefault(key, {})[seed] = Point(100 * one.score.share, one.records)
        return {key: Sample(points) for key, points in found.items()}

    def _failed(self, data, network, twin=False):
        """Names of the failed checks of the adaptive evaluations of a network."""
        return tuple(dict.fromkeys(
            check.name for _, plan in self.adaptive_plans(data, network, twin)
            for check, _ in plan_checks(plan, self.store) if check.passed is False
        ))


def both(one, other):
    """(`Sample`, `Sample`) of the largest budget that both were attacked with, or (None, None)."""
    key = largest(set(one) & set(other))
    return (None, None) if key is None else (one[key], other[key])


def largest(keys):
    """Of keys of `Book.worst` that of the largest budget, on most images; None where none is."""
    return max(keys, key=lambda key: (_BUDGETS.index(key[0]), key[1]), default=None)
