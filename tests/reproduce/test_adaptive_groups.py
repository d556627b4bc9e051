"""Which adaptive evaluations stand side by side, and what their table is called."""

import dataclasses
import json
import pathlib

import pytest

from reproduce.adaptive.groups import comparison_groups
from reproduce.adaptive.plan import AdaptivePlan
from reproduce.report.papers import papers_of_sections

PLANS = pathlib.Path(__file__).parents[2] / "reproduce" / "results" / "plans"


@pytest.fixture(scope="module")
def plan():
    path = PLANS / "adaptive-mnist-D-s0-f85fbab1-mnist-linf.json"
    return AdaptivePlan(**json.loads(path.read_text()))


def _named(plan, *names, **changes):
    return [dataclasses.replace(plan, model=name, **changes) for name in names]


def test_models_that_differ_in_images_or_radii_never_share_a_table(plan):
    small = _named(plan, "a", "b", images=40)
    near = _named(plan, "c", "d", "e", eps=[0.1])
    groups = comparison_groups([*small, *_named(plan, "alone", images=7), *near])
    assert groups == {"mnist-linf-500-images-eps-0.1": near,
                      "mnist-linf-40-images-eps-0.05-0.1-0.2-0.3": small}


def test_a_further_evaluation_changes_no_name(plan):
    # The documentation shows tables by name.
    few = _named(plan, "a", "b", images=40)
    [name] = comparison_groups(few)
    for plans in ([*few, *_named(plan, "u", "v", "w", "x")], [*_named(plan, "u", "v"), *few]):
        assert comparison_groups(plans)[name] == few
    assert not comparison_groups(_named(plan, "x"))


def test_a_table_stands_on_the_pages_of_the_papers_of_its_models(plan):
    class Section:
        name = "adaptive-comparison-mnist-linf-500-images-eps-0.05-0.1-0.2-0.3"

    unknown = _named(plan, "x", "y", weights_sha256="0" * 64)
    assert papers_of_sections([Section], unknown, {}) == {Section.name: ("other",)}
