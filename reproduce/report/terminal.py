"""The result of the demo as a short text table."""

from reproduce.experiments import find
from reproduce.report.attacks import ORDER, Results


def short_table(store, plan):
    """Text: clean accuracy, accuracy under each attack and alpha, one line per network."""
    results = Results(find(plan.experiment), plan, store)
    names = ("train -> test", "clean", *ORDER, "alpha")
    lines = ["accuracy in %, with SSIM in % after the slash", _line(names)]
    for row, clean, attacks, alpha in zip(
        results.rows, results.clean, results.attacks, results.alpha
    ):
        shown = [row.label.replace("→", "->"), f"{clean.value:.1f}" if clean else "not run"]
        for attack in ORDER:
            one = attacks[attack]
            shown.append(f"{one.accuracy.value:.1f}/{one.ssim:.0f}" if one else "not run")
        shown.append("not run" if alpha is None else f"{alpha:.0f}")
        lines.append(_line(shown))
    return "\n".join(lines)


def _line(texts):
    return f"{texts[0]:<14}" + "".join(f"{text:>12}" for text in texts[1:])
