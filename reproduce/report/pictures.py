"""Fig. 5: originals and attacked images with their SSIM and what the network says."""

import numpy as np

from reproduce.experiments.rows import attack_cells
from reproduce.lookup import record_of
from reproduce.report.figures import picture_figure

ORDER = ("DeepFool", "FGM", "Square", "C&W", "Pixel")


def _says(labels):
    """Most frequent label over the draws, with its share when they disagree."""
    values, counts = np.unique(labels, return_counts=True)
    best = counts.argmax()
    agree = "" if counts[best] == len(labels) else f" ({counts[best]}/{len(labels)})"
    return f"says {values[best]}{agree}"


def picture_rows(experiment, plan, store, image):
    """Rows for `picture_figure`: image number `image` of the first block of every attack."""
    rows = []
    for row in experiment.rows:
        original, pictures = None, {}
        for attack in ORDER:
            cells = attack_cells(plan, row, attack, 0)
            record = record_of(cells[0], plan, store) if cells else None
            arrays = store.arrays(record) if record else {}
            if "attacked_pictures" not in arrays or image >= len(arrays["attacked_pictures"]):
                continue
            pictures[attack] = (
                arrays["attacked_pictures"][image],
                f"SSIM {100 * arrays['ssim'][image]:.1f} %\n"
                f"{_says(arrays['attacked_labels'][:, image])}",
            )
            original = (
                arrays["original_pictures"][image],
                f"is {arrays['true_labels'][image]}\n"
                f"{_says(arrays['original_labels'][:, image])}",
            )
        rows.append((row.label, original, pictures))
    return rows


def picture_figures(experiment, plan, store, images=1):
    """List of PNG pictures, one per image; images that no record holds are left out."""
    figures = []
    for image in range(images):
        rows = picture_rows(experiment, plan, store, image)
        if any(original is not None for _, original, _ in rows):
            title = f"{plan.data}, image {image + 1} of the fixed list"
            figures.append(picture_figure(rows, ORDER, title))
    return figures
