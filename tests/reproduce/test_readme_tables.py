"""Tables, in pages and in the report: generated from the committed records, never typed."""

import pathlib

import pytest

from reproduce.errors import UsageError
from reproduce.plan import load_plans
from reproduce.records import RecordStore
from reproduce.report import every_section, page_of
from reproduce.report.drawn import Drawn, drawn_in
from reproduce.report.readme import with_results

ROOT = pathlib.Path(__file__).parents[2]
RESULTS = ROOT / "reproduce" / "results"

# The records that the tables of each page must link to.
PAGES = {
    "docs/results_mnist.md": "clean-",
    "docs/binomial_neuron.md": "clean-",
    "docs/results_cifar10.md": "clean-",
    "docs/mnist_adaptive.md": "adaptive-",
    "docs/flexible_layer.md": "measure-",
    "docs/splash.md": "measure-",
    "docs/spiking.md": "measure-",
    "docs/likelihood_ratio.md": "measure-",
}


@pytest.fixture(scope="module")
def sections(tmp_path_factory):
    """Every section of the committed records; their pictures are not drawn."""
    store = RecordStore(RESULTS)
    with pytest.MonkeyPatch.context() as patch, drawn_in(tmp_path_factory.mktemp("drawn")):
        patch.setattr(Drawn, "picture", lambda self, draw, values: b"")
        found, boards, claims, glance = every_section(load_plans(store), store)
    return [*found, *boards, claims, glance]


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_the_tables_of_the_committed_records(page, sections):
    text = (ROOT / page).read_text(encoding="utf-8")
    records = "../" * page.count("/") + "reproduce/results/records"
    assert with_results(text, sections, records) == text
    # The comparison above would also hold for an empty table.
    assert text.count(f"reproduce/results/records/{PAGES[page]}") >= 10


def test_the_report_is_that_of_the_committed_records(sections):
    report = RESULTS / "report"
    assert {path.stem for path in report.glob("*.md")} == {one.name for one in sections}
    for one in sections:
        assert (report / f"{one.name}.md").read_text(encoding="utf-8") == page_of(one), one.name


def test_every_page_with_tables_of_records_is_tested():
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
    filled = {name for name, text in texts.items()
              if "<!-- results: " in text and "(../reproduce/results/records/" in text}
    assert {f"docs/{name}" for name in filled} == set(PAGES)


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
