"""Figs. 4 and 6: accuracy and similarity under the five attacks, and the alpha score."""

from reproduce.report.accuracy import C_ROWS
from reproduce.report.rows import alpha_interval, alpha_of, attacks_of, clean_of
from reproduce.report.table import NOT_RUN, Cell, Table, cell
from reproduce.report.titles import suffix

ORDER = ("DeepFool", "FGM", "Square", "C&W", "Pixel")
COLUMNS = ("row", "train", "test", "network", "quantity", "attack", "published", "ours", "low",
           "high", "difference", "images", "draws", "seeds", "records")

CAVEAT = (
    "Read with care. This is the published protocol: every attack trusts single noisy draws of "
    "the network. Square and DeepFool stop at the first draw that happens to be wrong, and the "
    "same image is then often classified correctly in a fresh draw; C&W and Pixel keep the "
    "original where no single draw looked like a success, so that a high accuracy with an SSIM "
    "near 100 % says that the attack did nothing, not that it was withstood. High accuracies of "
    "stochastic rows are therefore no evidence of robustness. An attacker who averages over the "
    "noise is not part of this table."
)
ALPHA = (
    "Alpha = clean accuracy × sum over the attacks of accuracy / SSIM (Eq. 12), all in %. On "
    "MNIST it is dominated by DeepFool, whose SSIM is near zero: an attack that destroys the "
    "image raises the score. Do not rank by it."
)
METHOD = (
    "Accuracies in % on attacked images, scored in fresh draws, with the 95 % interval over "
    "images in brackets and, where there is one, the published number in parentheses. "
    "SSIM in %, 7x7 uniform window, over all images, those left unchanged included. The "
    "networks' outputs under attack are probabilities, as published."
)


class Results:
    """All numbers of the rows of an attack experiment, read from the records once.

    Args:
        experiment: an `Experiment`.
        plan: its `Plan`.
        store: the `RecordStore`.
    """

    def __init__(self, experiment, plan, store):
        self.experiment, self.plan = experiment, plan
        self.rows = experiment.rows
        self.clean = [clean_of(store, plan, row) for row in self.rows]
        self.attacks = [attacks_of(store, plan, row) for row in self.rows]
        self.alpha = [alpha_of(c, a) for c, a in zip(self.clean, self.attacks)]
        self.alpha_interval = [alpha_interval(c, a) for c, a in zip(self.clean, self.attacks)]

    def suffix(self):
        """What the titles add when the data or the architecture are not the usual ones."""
        return suffix(self.experiment, self.plan)


def attack_lines(results):
    """Long form for CSV: one dict per row, quantity and attack, with `COLUMNS` as keys."""
    lines = []
    for i, row in enumerate(results.rows):
        train, test = row.label.split(" → ")
        about = {"row": row.number, "train": train, "test": test, "network": row.network}
        published = row.published or {"attacked": {}, "ssim": {}}
        clean = results.clean[i]
        if results.alpha[i] is not None or published.get("alpha") is not None:
            low, high = results.alpha_interval[i] or (None, None)
            lines.append(_line(about, "alpha", "", published.get("alpha"), results.alpha[i],
                               low, high, None))
        lines.append(_line(about, "accuracy", "none", published.get("accuracy"),
                           clean and clean.value, clean and clean.low, clean and clean.high,
                           clean))
        for attack in ORDER:
            lines += _attack_lines(about, attack, published, results.attacks[i][attack])
    return lines


def _attack_lines(about, attack, published, one):
    given = (published["attacked"].get(attack), published["ssim"].get(attack))
    if one is None:
        return [_line(about, "accuracy", attack, given[0], None, None, None, None),
                _line(about, "ssim", attack, given[1], None, None, None, None)]
    base = one.accuracy
    lines = [_line(about, "accuracy", attack, given[0], base.value, base.low, base.high, base),
             _line(about, "ssim", attack, given[1], one.ssim, one.ssim_low, one.ssim_high, base)]
    rest = {"clean accuracy of these images": one.clean, "unchanged": one.unchanged,
            "l2": one.l2, "linf": one.linf, "forwards per image": one.forwards,
            "backwards per image": one.backwards}
    return lines + [_line(about, name, attack, None, value, None, None, base)
                    for name, value in rest.items()]


def _line(about, quantity, attack, published, ours, low, high, base):
    def short(value):
        return None if value is None else round(value, 4)

    line = {**about, "quantity": quantity, "attack": attack, "published": published,
            "ours": short(ours), "low": short(low), "high": short(high)}
    if ours is not None and published is not None:
        line["difference"] = short(ours - published)
    if base is not None:
        line |= {"images": base.images, "draws": base.draws, "seeds": base.seeds,
                 "records": " ".join(base.records)}
    return line


def accuracy_under_attack(results):
    """`Table`: clean accuracy and accuracy under each attack, published beside ours."""
    rows = []
    for i, row in enumerate(results.rows):
        clean, published = results.clean[i], row.published or {}
        shown = [Cell(row.number), Cell(row.label), _both(clean, published.get("accuracy"))]
        for attack in ORDER:
            one = results.attacks[i][attack]
            given = published.get("attacked", {}).get(attack)
            shown.append(_both(one and one.accuracy, given))
        rows.append(tuple(shown))
    return Table(
        f"{results.plan.name}-accuracy", f"Accuracy under attack{results.suffix()}",
        ("Row", "Train → test", "Clean", *ORDER), tuple(rows),
        _notes(results),
    )


def _notes(results):
    notes = [METHOD, _sizes(results)]
    # Which of the two C networks a printed row means is only a question beside printed rows.
    if any(row.published and "C" in row.train[0] for row in results.rows):
        notes.append(C_ROWS)
    return tuple(notes)


def _both(one, published):
    given = "" if published is None else f" ({published:.2f})"
    if one is None:
        return Cell(NOT_RUN + given)
    return Cell(f"{one.value:.2f} [{one.low:.1f}, {one.high:.1f}]{given}", one.records)


def _sizes(results):
    sizes = {attack: sorted({one[attack].accuracy.images for one in results.attacks
                             if one[attack] is not None}) for attack in ORDER}
    parts = [f"{attack} {'/'.join(map(str, found))}" for attack, found in sizes.items() if found]
    return f"Attacked images: {', '.join(parts)}." if parts else "No attack was run yet."


def similarity_table(results):
    """`Table`: SSIM and the share of images returned unchanged."""
    rows = []
    for i, row in enumerate(results.rows):
        shown = [Cell(row.number), Cell(row.label)]
        for attack in ORDER:
            one = results.attacks[i][attack]
            given = (row.published or {}).get("ssim", {}).get(attack)
            text = NOT_RUN if one is None else f"{one.ssim:.2f}"
            text += "" if given is None else f" ({given:.2f})"
            text += "" if one is None else f", {one.unchanged:.0f} % unchanged"
            shown.append(Cell(text, one.accuracy.records if one else ()))
        rows.append(tuple(shown))
    return Table(
        f"{results.plan.name}-ssim", f"Similarity of the attacked images{results.suffix()}",
        ("Row", "Train → test", *ORDER), tuple(rows),
        ("Mean SSIM in % (published in parentheses), and the share of images that the attack "
         "returned as they were.",),
    )


def alpha_table(results):
    """`Table` of alpha scores."""
    printed = any(row.published for row in results.rows)
    rows = []
    for i, row in enumerate(results.rows):
        ours, interval = results.alpha[i], results.alpha_interval[i]
        shown = [Cell(row.number), Cell(row.label), cell(ours, pattern="{:.1f}"),
                 Cell(NOT_RUN if interval is None else f"{interval[0]:.1f} – {interval[1]:.1f}")]
        if printed:
            given = (row.published or {}).get("alpha")
            shown.append(Cell("" if given is None else f"{given:.3f}"))
            both = ours is not None and given is not None
            shown.append(cell(ours - given if both else None, pattern="{:+.1f}"))
        rows.append(tuple(shown))
    columns = ("Row", "Train → test", "Ours", "95 % interval")
    columns += ("Published", "Difference") if printed else ()
    return Table(
        f"{results.plan.name}-alpha", f"Alpha score{results.suffix()}", columns, tuple(rows),
        (ALPHA, "The interval is over the attacked images; the clean accuracy is held fixed."),
    )


def cost_table(results):
    """`Table`: what the attacks cost per image."""
    rows = []
    for i, row in enumerate(results.rows):
        shown = [Cell(row.number), Cell(row.label)]
        for attack in ORDER:
            one = results.attacks[i][attack]
            shown.append(Cell(NOT_RUN if one is None else
                              f"{one.forwards:.0f} / {one.backwards:.0f} / {one.seconds:.2f} s"))
        rows.append(tuple(shown))
    return Table(
        f"{results.plan.name}-cost", f"Cost of the attacks per image{results.suffix()}",
        ("Row", "Train → test", *ORDER), tuple(rows),
        ("Images passed forward / images passed backward / seconds, per attacked image.",),
    )
