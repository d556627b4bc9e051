"""Fig. 5(b): does a network gain where a corruption adds high frequencies?"""

import numpy as np

from reproduce.report.figures import scatter_figure
from reproduce.report.table import Cell, Table, cell
from reproduce.studies.results import point_of

NOTE = (
    "At severity 5 with the parameters for photographs. Bandwidth: mean over the images of the "
    "full width at half maximum of the spectrum, corrupted over original. Relative accuracy: that "
    "of the network over that of the first one, means over seeds. The paper reports a positive "
    "correlation for all-layer networks."
)


def bandwidth_part(study, plan, store, found):
    """(`Table`, {name: PNG}) of a study with corruptions; nothing while none of it was run."""
    points, rows, first = {}, [], study.rows[0]
    for measure in study.measures:
        if measure.settings.get("parameters") != "imagenet":
            continue
        base = found[first.key, measure.key]
        if base is None or not base.value:
            continue
        point, record = point_of(study, plan, store, first, measure, 0)
        wider, line = point["bandwidth"], [Cell(measure.settings["name"])]
        line.append(cell(wider, (record["id"],), "{:.2f}"))
        for network in study.rows[1:]:
            one = found[network.key, measure.key]
            line.append(cell(one and one.value / base.value, one.records if one else (), "{:.3f}"))
            if one is not None:
                points.setdefault(network.label, []).append((wider, one.value / base.value))
        rows.append(tuple(line))
    if not points:
        return None, {}
    told = "; ".join(f"{label}: {_correlation(at):+.2f}" for label, at in points.items())
    name = f"{plan.name}-bandwidth"
    title = "Fig. 5(b): relative accuracy and bandwidth of the corruptions"
    table = Table(
        name, title, ("corruption", "bandwidth", *(n.label for n in study.rows[1:])), tuple(rows),
        (NOTE, f"Correlation with the logarithm of the bandwidth: {told}."),
    )
    picture = scatter_figure(points, "bandwidth, corrupted / original (logarithmic)",
                             f"accuracy / that of {first.label}", title)
    return table, {name: picture}


def _correlation(points):
    wider, gain = np.array(points).T
    if len(points) < 3 or not wider.std() or not gain.std():
        return float("nan")
    return float(np.corrcoef(np.log(wider), gain)[0, 1])
