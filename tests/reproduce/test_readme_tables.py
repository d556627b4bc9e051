"""Tables inside the README: generated from the committed records, never typed."""

import pathlib

import pytest

from reproduce.errors import UsageError
from reproduce.plan import load_plans
from reproduce.records import RecordStore
from reproduce.report.readme import with_results
from reproduce.report.section import section

ROOT = pathlib.Path(__file__).parents[2]


def test_readme_holds_the_table_of_the_committed_records():
    store = RecordStore(ROOT / "reproduce" / "results")
    sections = [section(plan, store) for plan in load_plans(store) if plan.experiment == "table3"]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_results(text, sections, "reproduce/results/records") == text
    # The comparison above would also hold for an empty table.
    assert text.count("reproduce/results/records/clean-") >= 10


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
