"""The numbers that the paper prints, read from the CSV files beside this module."""

import csv
import functools
import importlib.resources

ATTACKS = ("FGM", "DeepFool", "Square", "C&W", "Pixel")

_COLUMN = {"FGM": "fgm", "DeepFool": "deepfool", "Square": "square", "C&W": "c_w",
           "Pixel": "pixel"}


def _T(text):
    return None if text == "inf" else int(text)


def _row(line):
    """One line of a CSV file as a dict with uniform names; percentages stay percentages."""
    row = {
        "row": line["row"],
        "train": (line["type_in_train"], _T(line.get("train_t") or line["t_in_train"])),
        "test": (line["type_in_test"], _T(line.get("test_t") or line["t_in_test"])),
        "accuracy": float(line["accuracy"]),
        "alpha": float(line["alpha_score"]) if "alpha_score" in line else None,
        "attacked": {},
        "ssim": {},
    }
    for attack, column in _COLUMN.items():
        if f"{column}_accuracy" in line:
            row["attacked"][attack] = float(line[f"{column}_accuracy"])
            row["ssim"][attack] = float(line[f"{column}_ssim"])
    return row


@functools.cache
def table(name):
    """Rows of a published table, in printed order.

    Args:
        name: file name without ending, for example "table3_mnist" or "fig6a_cifar10".

    Returns:
        Tuple of dicts with "row" (as printed), "train" and "test" (pairs of type and T, None
        for infinite T), "accuracy" (percent), "alpha" (or None) and the dicts "attacked" and
        "ssim" by attack (percent; empty for Tables 3 and 4).
    """
    path = importlib.resources.files("reproduce") / "published" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as handle:
        return tuple(_row(line) for line in csv.DictReader(handle))


@functools.cache
def numbers(name):
    """Lines of a published table as dicts of texts, by the text of their first column."""
    path = importlib.resources.files("reproduce") / "published" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    return {next(iter(line.values())): line for line in lines}
