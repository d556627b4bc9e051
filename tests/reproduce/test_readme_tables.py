"""Tables inside pages: generated from the committed records, never typed."""

import pathlib

import pytest

from reproduce.errors import UsageError
from reproduce.plan import load_plans
from reproduce.records import RecordStore
from reproduce.report import all_sections
from reproduce.report.readme import with_results
from reproduce.studies.plan import StudyPlan

ROOT = pathlib.Path(__file__).parents[2]


# The plans that the tables of each page come from, and the records that they must link to.
PAGES = {
    "docs/results_mnist.md": (("table3", "fig4b"), "clean-"),
    "docs/binomial_neuron.md": (("table3", "fig4b"), "clean-"),
    "docs/results_cifar10.md": (("table4", "fig4a"), "clean-"),
    "docs/mnist_adaptive.md": (("fig4b", "fig5", "fig6b", "adaptive"), "adaptive-"),
    "docs/flexible_layer.md": (
        ("adaptive", "flexible_table2", "flexible_fig3", "flexible_fig5c_small",
         "flexible_fig6_small", "flexible_table3", "flexible_fig4b", "flexible_fig4d"),
        "measure-",
    ),
    "docs/splash.md": (("splash_mnist",), "measure-"),
    "docs/spiking.md": (("randhet_mnist",), "measure-"),
    "docs/likelihood_ratio.md": (("glr_mnist", "glr_fashion_mnist"), "measure-"),
}


def _experiment(plan):
    return plan.study if isinstance(plan, StudyPlan) else plan.experiment


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_the_tables_of_the_committed_records(page):
    store = RecordStore(ROOT / "reproduce" / "results")
    experiments, kind = PAGES[page]
    plans = [p for p in load_plans(store) if _experiment(p) in experiments]
    text = (ROOT / page).read_text(encoding="utf-8")
    records = "../" * page.count("/") + "reproduce/results/records"
    assert with_results(text, all_sections(plans, store), records) == text
    # The comparison above would also hold for an empty table.
    assert text.count(f"reproduce/results/records/{kind}") >= 10


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("no marker", "no marker"),
        ("<!-- results: nothing -->\n<!-- end of results -->", "no results called nothing"),
    ],
)
def test_a_text_without_a_place_for_the_tables_is_refused(text, sentence):
    with pytest.raises(UsageError, match=sentence):
        with_results(text, [], "records")
