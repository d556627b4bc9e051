"""Tables, figures and pages: pure functions of the plans and records of an output folder."""

from reproduce.adaptive.plan import AdaptivePlan
from reproduce.coverage import is_measured
from reproduce.plan import Plan
from reproduce.records import write_if_changed
from reproduce.report import readme
from reproduce.report.adaptive import adaptive_section, comparison_sections
from reproduce.report.architectures import architecture_sections
from reproduce.report.drawn import drawn_in
from reproduce.report.section import section
from reproduce.report.study import study_section
from reproduce.report.table import to_markdown
from reproduce.report.two_columns import two_column_sections
from reproduce.studies.plan import StudyPlan

__all__ = ["all_sections", "every_section", "page_of", "write_report"]


def write_report(store, plans, into=()):
    """Writes `report/` of an output folder: Markdown, CSV and PNG per experiment, and pages.

    The pages are `index.html` (with an overview, `glance`), one per paper, `leaderboard.html` and
    `claims.html`. A plan without a single result has no files; the pages name it.

    Args:
        store: `RecordStore`.
        plans: list of `Plan`.
        into: Markdown files with markers to put the tables into (see `readme`).

    Returns:
        The folder.
    """
    # It asks `report.rows` for numbers, which is in this package.
    from reproduce.report.pages import write_pages

    folder = store.out / "report"
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [plan for plan in plans if not is_measured(plan, store)]
    with drawn_in(folder) as drawn:
        sections, boards, claims, glance = every_section(plans, store)
    pictures = {}
    for one in (*sections, *boards, claims, glance):
        for name, png in one.pictures.items():
            write_if_changed(folder / f"{name}.png", png)
        write_if_changed(folder / f"{one.name}.csv", one.csv.encode())
        write_if_changed(folder / f"{one.name}.md", page_of(one).encode())
        pictures |= one.pictures
    drawn.save(pictures)
    write_pages(folder, sections, boards, claims, glance, plans, store, waiting)
    for plan in waiting:
        # An earlier report may have written these.
        for path in (folder / f"{plan.name}.{ending}" for ending in ("csv", "md", "png")):
            path.unlink(missing_ok=True)
    for path in into:
        readme.update(path, [*sections, *boards, claims, glance], store)
    return folder


def every_section(plans, store):
    """`Section`s: (list of the experiments', of the leaderboards', the claims', the overview)."""
    # These ask `report.rows` for numbers, which is in this package.
    from reproduce.report.glance import glance_section
    from reproduce.report.leaderboard import leaderboard_sections
    from reproduce.report.verdicts import claims_section

    claims = claims_section(plans, store)
    return (all_sections(plans, store), leaderboard_sections(plans, store), claims,
            glance_section(plans, store, claims))


def all_sections(plans, store):
    """Every `Section` of the report: one per plan with results, then those that compare plans."""
    plans = [plan for plan in plans if is_measured(plan, store)]
    sections = [_section(plan, store) for plan in plans]
    for more in (architecture_sections, comparison_sections, two_column_sections):
        sections += more(plans, store)
    return sections


def _section(plan, store):
    sections = {AdaptivePlan: adaptive_section, StudyPlan: study_section, Plan: section}
    return sections[type(plan)](plan, store)


def page_of(one):
    """The text of a `Section`'s Markdown file."""
    parts = [f"## {one.title}", *([f"> {one.caveat}"] if one.caveat else [])]
    parts += [to_markdown(table, records="../records").strip() for table in one.tables]
    parts += [f"![{name}]({name}.png)" for name in one.pictures]
    return "\n\n".join(parts) + "\n"
