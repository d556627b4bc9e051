"""Cutting arrays into batches of a few fixed sizes."""

import numpy as np

_STEPS = 8


def batch_sizes(limit):
    """The sizes used below a limit: powers of two up to limit / 8, then multiples of limit / 8.

    About a dozen sizes, so that nothing is compiled for more shapes than that; yet at most
    half of a batch, and for large batches an eighth of the limit, is padding.
    """
    step = -(-limit // _STEPS)
    powers = {2**k for k in range(step.bit_length()) if 2**k < step}
    return sorted(powers | set(range(step, limit, step)) | {limit})


def in_batches(function, limit, *arrays):
    """Apply a compiled `function` to arrays batch by batch and join the results.

    The last batch is padded to the next of `batch_sizes(limit)` by repeating its last row, and
    the padding is removed from the result.

    Args:
        function: of as many arrays as given, to an array with the same first axis, or to a
            tuple of such arrays.
        limit: largest batch.
        arrays: arrays with a common first axis, not empty.

    Returns:
        Array, or tuple of arrays, of the same length as `arrays`.
    """
    sizes, results = batch_sizes(limit), []
    for start in range(0, len(arrays[0]), limit):
        rows = [array[start : start + limit] for array in arrays]
        length = len(rows[0])
        size = next(s for s in sizes if s >= length)
        padded = [_pad(array, size - length) for array in rows]
        result = function(*padded)
        several = isinstance(result, tuple)
        results.append([part[:length] for part in (result if several else (result,))])
    joined = tuple(p[0] if len(p) == 1 else np.concatenate(p) for p in zip(*results))
    return joined if several else joined[0]


def _pad(array, count):
    if not count:
        return array
    return np.concatenate([array, np.repeat(array[-1:], count, axis=0)])
