"""Attacked images of an adaptive evaluation, as they look and how often they are recognised."""

import textwrap

from reproduce.adaptive.cell import NO_ATTACK
from reproduce.lookup import record_of
from reproduce.report.figures import picture_figure

IMAGES = 4
_WIDTH = 19


def attacked_figure(plan, store):
    """PNG of the first images with, per ball, the version that counts in the worst case.

    `None` where no record holds pictures.
    """
    clean = _first_block(plan, store, NO_ATTACK, 0.0)
    if clean is None:
        return None
    balls = {f"eps {eps:g}": _attacked(plan, store, eps, clean) for eps in plan.eps}
    rows = []
    for image in range(min(IMAGES, len(clean["pictures"]))):
        shown = {
            name: _picture(found, image) for name, found in balls.items() if len(found) > 1
        }
        label = f"test image {clean['image_numbers'][image]}"
        rows.append((label, _picture({NO_ATTACK: clean}, image), shown))
    title = (
        f"{plan.model}: the attack that counts for each image, and how often it is still "
        "recognised in fresh draws"
    )
    return picture_figure(rows, tuple(balls), textwrap.fill(title, 20 * (1 + len(balls))))


def _attacked(plan, store, eps, clean):
    """Arrays of the first block by attack, the originals among them as in the worst case."""
    found = {name: _first_block(plan, store, name, eps) for name in plan.attacks[str(eps)]}
    return {NO_ATTACK: clean, **{name: one for name, one in found.items() if one is not None}}


def _first_block(plan, store, attack, eps):
    cells = plan.cells_of(attack, eps)
    record = record_of(cells[0], plan, store) if cells else None
    arrays = {} if record is None else store.arrays(record)
    return arrays if "pictures" in arrays else None


def _picture(found, image):
    """(pixels, caption) of the version with the fewest right draws where that is chosen."""
    name = min(found, key=lambda attack: found[attack]["selection_share"][image])
    arrays = found[name]
    right = 100 * arrays["hits"][image] / arrays["draws"]
    return arrays["pictures"][image], f"{textwrap.fill(name, _WIDTH)}\nright in {right:.0f} %"
