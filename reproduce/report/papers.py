"""The pages of the report, and which section stands on which."""

from reproduce.adaptive.groups import comparison_groups
from reproduce.adaptive.plan import AdaptivePlan
from reproduce.claims.networks import paper_of
from reproduce.report.adaptive import COMPARISON
from reproduce.studies.plan import StudyPlan

# Key, which names the page's file, and title.
PAPERS = {
    "binomial": "Binomial neurons",
    "flexible": "Flexible layer",
    "splash": "SPLASH activations",
    "randhet": "Random time constants (RandHet)",
    "glr": "Likelihood-ratio training (GLR)",
    "other": "Other models",
}
TEXTS = {
    "binomial": "Ghiassirad, Farivar, Aliyari Shoorehdeli, Sayad Haghighi, Information Sciences "
    "(2023), doi 10.1016/j.ins.2023.119190.",
    "flexible": "Evanson, Lavrov, Kharitonov, Lu, Kozlov, \"Biomimetic computations improve neural "
    "network robustness\" (2024). Where a figure prints no numbers, none stand here.",
    "splash": "Tavakoli, Agostinelli, Baldi, Neural Networks 140 (2021). Its tables were not at "
    "hand: nothing published stands beside our numbers.",
    "randhet": "Wang, Zhao, Du, He, Zhang, Zeng, iScience (2025), doi 10.1016/j.isci.2025.112660. "
    "Its tables were not at hand: nothing published stands beside our numbers.",
    "glr": "Xiao, Peng, Hong, Ke, Yang, arXiv 1902.00358 (2019); Peng, Xiao, Heidergott, Hong, "
    "Lam, INFORMS Journal on Computing (2022). Published: README of the authors' program.",
    "other": "Models that belong to no paper: sources of transferred attacks, files that were "
    "given.",
}


def papers_of_plan(plan, networks):
    """Keys of the papers that a plan is about, arguments as below."""
    if isinstance(plan, AdaptivePlan):
        trained = networks.get(plan.weights_sha256)
        return (trained.paper if trained else "other",)
    return (paper_of(plan.study if isinstance(plan, StudyPlan) else plan.experiment),)


def papers_of_sections(sections, plans, networks):
    """{name of a section: keys of the papers on whose pages it stands}.

    Args:
        sections: list of `Section`.
        plans: list of plans.
        networks: from `claims.networks.trained_networks`.
    """
    places = {plan.name: papers_of_plan(plan, networks) for plan in plans}
    for name, group in comparison_groups(plans).items():
        places[f"{COMPARISON}{name}"] = tuple(dict.fromkeys(
            paper for plan in group for paper in places[plan.name]))
    # What is left compares the binomial networks: architectures, both columns.
    return {one.name: places.get(one.name, ("binomial",)) for one in sections}
