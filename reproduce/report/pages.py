"""The pages of a report: an index, one per paper, the leaderboard, the claims."""

import html

from reproduce.adaptive.plan import AdaptivePlan
from reproduce.claims.networks import clear_names, trained_networks
from reproduce.records import write_if_changed
from reproduce.report.page import page, with_clear_names
from reproduce.report.papers import PAPERS, TEXTS, papers_of_plan, papers_of_sections

TITLE = "Results of binomial_keras beside the published ones"
_RECORDS = "../records"
_MORE = {"leaderboard": "Leaderboard", "claims": "Claims and verdicts"}


def write_pages(folder, sections, boards, claims, glance, plans, store, waiting=()):
    """Writes the HTML files of a report.

    Args:
        folder: where to.
        sections: list of `Section` of the plans, and of what compares them.
        boards: list of `Section`, the leaderboards.
        claims, glance: `Section`s of the claims and of the overview.
        plans, store: what they were made from.
        waiting: list of those plans that have no result yet.
    """
    networks = trained_networks(plans, store)
    names = clear_names([plan for plan in plans if isinstance(plan, AdaptivePlan)], networks)
    places = papers_of_sections(sections, plans, networks)
    missing = _missing(waiting, networks)
    # First the paper's tables, then what compares networks, then one network after the other.
    single = {plan.name for plan in plans if isinstance(plan, AdaptivePlan)}
    ordered = sorted(sections, key=lambda one: one.name in single)
    shown = {
        paper: [with_clear_names(one, names) for one in ordered if paper in places[one.name]]
        for paper in PAPERS
    }
    if not shown["other"] and not missing["other"]:
        del shown["other"]
    content = {**shown, "leaderboard": boards, "claims": [claims]}
    titles = {key: (PAPERS | _MORE)[key] for key in content}
    for key, found in content.items():
        intro = f"<p>{html.escape(TEXTS[key])}</p>" if key in TEXTS else ""
        if missing.get(key):
            intro += missing[key]
        elif not found:
            intro += "<p class=caveat>Not run.</p>"
        # What somebody found about a model of their own may be passed on as one file.
        pictures = "embedded" if key == "other" else "linked"
        text = page(found, store, titles[key], pictures, _RECORDS,
                    around=(_navigation(titles, key) + intro, ""))
        write_if_changed(folder / f"{key}.html", text.encode())
    lists = _index(content, titles, claims, missing, single)
    text = page([glance], store, TITLE, "linked", _RECORDS,
                around=(_navigation(titles, "index"), lists))
    write_if_changed(folder / "index.html", text.encode())


def _missing(waiting, networks):
    """{paper: a line of HTML that names its plans without results, or ""}."""
    found = {paper: [] for paper in PAPERS}
    for plan in waiting:
        found[papers_of_plan(plan, networks)[0]].append(plan.name)
    return {paper: f"<p class=caveat>Not run yet: {html.escape(', '.join(names))}.</p>"
            if names else "" for paper, names in found.items()}


def _navigation(titles, here):
    links = {"index": "Overview", **titles}
    shown = (
        f'<a href="{key}.html"{" aria-current=page" if key == here else ""}>'
        f"{html.escape(title)}</a>" for key, title in links.items()
    )
    return f"<nav>{''.join(shown)}</nav>\n"


def _index(content, titles, claims, missing, single):
    """Links to all sections; evaluations of a single network are folded away."""
    parts = []
    for key, found in content.items():
        parts.append(f'<h2><a href="{key}.html">{html.escape(titles[key])}</a></h2>')
        if key == "claims":
            parts.append(f"<p>{html.escape(claims.tables[0].notes[0])}</p>")
            continue
        waiting = missing.get(key, "")
        several = [one for one in found if one.name not in single]
        alone = [one for one in found if one.name in single]
        shown = several or alone
        parts.append(_links(key, shown) if shown else waiting or "<p>Not run.</p>")
        if several and alone:
            parts.append(f"<details><summary>One network at a time ({len(alone)})</summary>"
                         f"{_links(key, alone)}</details>")
        parts += [waiting] if shown and waiting else []
    return "\n".join(parts)


def _links(key, sections):
    items = "".join(
        f'<li><a href="{key}.html#{html.escape(one.name)}">{html.escape(one.title)}</a></li>'
        for one in sections
    )
    return f"<ul>{items}</ul>"
