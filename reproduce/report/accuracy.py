"""Tables 3 and 4: clean accuracy of every row beside the published number."""

from reproduce.report.rows import clean_of
from reproduce.report.table import NOT_RUN, Cell, Table, cell
from reproduce.report.titles import suffix

COLUMNS = ("row", "train", "test", "network", "published", "ours", "low", "high", "difference",
           "sd_over_draws", "sd_over_seeds", "images", "draws", "seeds", "records")

SHARED = (
    "Rows of one network that are tested as type A, or as C on the A graph, share their draws: a "
    "type A network after t passes is the network with T = t, so one run of five passes scores "
    "T = 1, 2, 3 and 5."
)
INTERVAL = (
    "Accuracies in %. Interval: 95 %, over images; the draws of one image are not independent "
    "images. It does not contain the spread over training seeds, which is the s.d. over seeds. "
    "The paper gives no spread."
)
C_ROWS = (
    "The paper prints two networks of type C without telling them apart. Here one is trained as "
    "type A with T = 1 (C_A1), one as type B with T = 1 (C_B1): rows C to A use the first, rows "
    "C to B the second; of two equal rows the first printed is given to C_A1, the second to C_B1, "
    "which is our choice. The two rows D to C differ here by chance alone."
)


def accuracy_lines(experiment, plan, store):
    """One dict per row, with `COLUMNS` as keys; what was not run is None."""
    lines, comparable = [], plan.data == experiment.data
    for row in experiment.rows:
        ours = clean_of(store, plan, row)
        published = row.published["accuracy"]
        line = {
            "row": row.number,
            "train": row.label.split(" → ")[0],
            "test": row.label.split(" → ")[1],
            "network": row.network,
            "published": published,
        }
        if ours is not None:
            line |= {
                "ours": round(ours.value, 4),
                "low": round(ours.low, 4),
                "high": round(ours.high, 4),
                # Between two data sets a difference means nothing.
                "difference": round(ours.value - published, 4) if comparable else None,
                "sd_over_draws": _rounded(ours.over_draws),
                "sd_over_seeds": _rounded(ours.over_seeds),
                "images": ours.images,
                "draws": ours.draws,
                "seeds": ours.seeds,
                "records": " ".join(ours.records),
            }
        lines.append(line)
    return lines


def _rounded(value):
    return None if value is None else round(value, 4)


def accuracy_table(experiment, plan, store):
    """`Table` of clean accuracies."""
    lines = accuracy_lines(experiment, plan, store)
    several = any(line.get("sd_over_seeds") is not None for line in lines)
    columns = ["Row", "Train → test", "Network", "Published", "Ours", "s.d. over draws"]
    columns += ["s.d. over seeds"] if several else []
    columns += ["95 % interval", "Difference", "Images × draws"]
    return Table(
        name=plan.name,
        title=experiment.title + suffix(experiment, plan),
        columns=tuple(columns),
        rows=tuple(_shown(line, several) for line in lines),
        notes=(INTERVAL, SHARED, C_ROWS),
    )


def _shown(line, several):
    records = tuple(line.get("records", "").split())
    ran = line.get("ours") is not None
    row = [Cell(line["row"]), Cell(f"{line['train']} → {line['test']}"), Cell(line["network"]),
           cell(line["published"], pattern="{:.2f}"),
           cell(line.get("ours"), records, "{:.2f}"),
           cell(line.get("sd_over_draws") if ran else None, pattern="{:.2f}")]
    if ran and line["sd_over_draws"] is None:
        row[-1] = Cell("none")
    if several:
        row.append(cell(line.get("sd_over_seeds"), pattern="{:.2f}"))
    interval = f"{line['low']:.2f} – {line['high']:.2f}" if ran else NOT_RUN
    size = f"{line['images']} × {line['draws']}" if ran else NOT_RUN
    difference = cell(line["difference"], pattern="{:+.2f}") if ran else Cell(NOT_RUN)
    if ran and line["difference"] is None:
        difference = Cell("other data")
    row += [Cell(interval), difference, Cell(size)]
    return tuple(row)
