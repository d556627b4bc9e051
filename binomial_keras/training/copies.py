"""How the noise copies of an image are drawn, weighted and cut into chunks."""

import numbers
from collections.abc import Callable
from typing import Any

from keras import ops

from ..layers.noise import Noise

BASELINES = (None, "leave_one_out")
# Numbers of one chunk, over all layers: about 4 MiB of float32 stay within a processor's cache.
_CHUNK = 2**20


def check_copies(copies: int, baseline: str | None, antithetic: bool) -> int:
    """Raise unless so many copies allow this baseline, with or without antithetic pairs."""
    if baseline not in BASELINES:
        raise ValueError(
            f"Invalid value received for argument `baseline`. Expected one of {BASELINES}. "
            f"Received: baseline={baseline!r}"
        )
    whole = isinstance(copies, numbers.Integral) and not isinstance(copies, bool)
    least = (2 if baseline else 1) * (2 if antithetic else 1)
    if not whole or copies < least or (antithetic and copies % 2):
        expected = "an even integer" if antithetic else "an integer"
        raise ValueError(
            f"Invalid value received for argument `copies`. Expected {expected} >= {least} with "
            f"baseline={baseline!r} and antithetic={antithetic}. Received: copies={copies!r}"
        )
    return int(copies)


def rows_at_once(chunk: int | None, numbers_per_row: int) -> int:
    """The most rows (images x copies) in memory, from the argument `chunk` or from the widths."""
    if chunk is None:
        return max(16, _CHUNK // numbers_per_row)
    if not isinstance(chunk, numbers.Integral) or isinstance(chunk, bool) or chunk < 1:
        raise ValueError(
            "Invalid value received for argument `chunk`. Expected `None` or an integer >= 1, "
            f"rows in memory at once. Received: chunk={chunk!r}"
        )
    return int(chunk)


def parts(copies: int, rows: int, baseline: str | None, antithetic: bool) -> list[int]:
    """Sizes of the groups of copies that one pass takes, as equal as they can be.

    A group holds no more than `rows`, unless pairs or the baseline need more; groups are even
    in size with antithetic pairs.
    """
    unit = 2 if antithetic else 1
    least = unit * (2 if baseline else 1)
    units, most = copies // unit, max(rows, least) // unit
    groups = min(-(-units // most), copies // least)
    small, larger = divmod(units, groups)
    return [unit * (small + (group < larger)) for group in range(groups)]


def draw(
    noise: Noise, images: Any, copies: int, shape: tuple, antithetic: bool, key: Any, number: Any
) -> Any:
    """Noise `(images, copies, *shape)`; copy k + copies / 2 has -z where copy k has z."""
    if not antithetic:
        return noise.sample_with((images, copies, *shape), key, number)
    half = noise.sample_with((images, copies // 2, *shape), key, number)
    return ops.concatenate([half, -half], axis=1)


def centred(losses: Any, baseline: str | None, antithetic: bool) -> Any:
    """Losses `(images, copies)` less a baseline that is independent of the copy's own noise.

    The baseline is the mean loss of the other copies of the image. An antithetic partner
    has the same noise but for the sign, so that pairs leave out the whole pair.
    """
    if baseline is None:
        return losses
    copies = losses.shape[1]
    own, unit = losses, 1
    if antithetic:
        first, second = ops.split(losses, 2, axis=1)
        own, unit = ops.tile(first + second, (1, 2)), 2
    total = ops.sum(losses, axis=1, keepdims=True)
    return losses - (total - own) / (copies - unit)


def over_images(count: Any, size: int, body: Callable[..., tuple], start: tuple) -> tuple:
    """`body(first image, how many, total)` for all images, `size` at a time.

    Args:
        count: number of images; a tensor where it is not known before the step runs.
        size: integer >= 1.
        body: returns the new total, of the same structure.
        start: tuple of tensors, the first total.
    """
    if not isinstance(count, int):
        return ops.while_loop(
            lambda first, *total: first < count,
            lambda first, *total: (
                first + size, *body(first, ops.minimum(size, count - first), total)
            ),
            (ops.convert_to_tensor(0, "int32"), *start),
        )[1:]
    whole, total = count // size, start
    if whole == 1:
        total = body(0, size, total)
    elif whole > 1:
        total = ops.fori_loop(0, whole, lambda i, total: tuple(body(i * size, size, total)), total)
    return body(whole * size, count % size, total) if count % size else total
